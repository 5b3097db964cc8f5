/** The server gone and back: a calm banner, trying again by itself, and repeating what failed. */

import { announce } from "./announcements.js";
import { Problem, readiness, Unreachable } from "./api.js";
import { ui } from "./elements.js";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
const SENTENCES = {
	gone: "Sightline does not answer. Trying again until it is back.",
	loading: "Sightline is loading its model. This goes on by itself.",
};

/** @type {Promise<void>|null} All who wait share one wait. */
let waiting = null;

/**
 * Run something that changes nothing, again and again until the server is there to answer.
 * @template T
 * @param {() => Promise<T>} run
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function patiently(run, signal) {
	for (;;) {
		try {
			return await run();
		} catch (error) {
			if (error instanceof Problem && error.status === 503) await paused(error.retryAfter_s * 1000);
			else if (!(error instanceof Unreachable)) throw error;
			await serverBack();
			signal?.throwIfAborted();
		}
	}
}

/** Resolves once the server answers; until then a banner says that it does not. */
export function serverBack() {
	waiting ??= waitForServer().finally(() => (waiting = null));
	return waiting;
}

async function waitForServer() {
	let pause_ms = FIRST_PAUSE_MS;
	for (let state = await readiness(); state !== "ready"; state = await readiness()) {
		ui.bannerText.textContent = SENTENCES[state];
		ui.banner.hidden = false;
		await paused(pause_ms);
		pause_ms = Math.min(pause_ms * 1.6, LONGEST_PAUSE_MS);
	}
	if (!ui.banner.hidden) announce("Sightline is back.");
	ui.banner.hidden = true;
}

/** @param {number} ms @returns {Promise<void>} */
function paused(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}
