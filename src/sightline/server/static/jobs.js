/** Indexing a folder of the server: started, watched live, cancelled. */

import { announce, note } from "./announcements.js";
import { BASE, call } from "./api.js";
import { patiently } from "./connection.js";
import { ui } from "./elements.js";
import { counted, number, sentenceOf } from "./wording.js";

const STAGES = { finding: "Looking for pictures", embedding: "Indexing", indexing: "Finishing" };

export class Jobs {
	id = "";
	/** @type {EventSource|null} */
	events = null;

	/** @param {() => void} onEnded the gallery may have other pictures now */
	constructor(onEnded) {
		this.onEnded = onEnded;
		ui.jobForm.onsubmit = (event) => {
			event.preventDefault();
			this.#start(ui.jobFolder.value.trim());
		};
		ui.jobCancel.onclick = async () => {
			ui.jobCancel.disabled = true;
			await call(`/jobs/${this.id}`, { method: "DELETE" }).catch((error) => note(sentenceOf(error)));
		};
	}

	/** Watch a job that runs already, if there is one. */
	async pickUp() {
		const { jobs } = await patiently(() => call("/jobs"));
		const running = jobs.find((/** @type {Job} */ job) => job.state === "running");
		if (running) this.#watch(running);
	}

	/** @param {string} folder "" for all that is known */
	async #start(folder) {
		const again = ui.jobForce.checked;
		ui.jobFault.textContent = "";
		try {
			this.#watch(await call("/jobs/index", { json: { paths: folder ? [folder] : [], force: again, retry: again } }));
		} catch (error) {
			ui.jobFault.textContent = sentenceOf(error);
		}
	}

	/** @param {Job} job */
	#watch(job) {
		this.id = job.id;
		this.events?.close();
		const events = (this.events = new EventSource(`${BASE}/jobs/${job.id}/events`));
		ui.jobCancel.disabled = false;
		draw(job);
		events.addEventListener("progress", ({ data }) => draw(JSON.parse(data)));
		events.addEventListener("end", ({ data }) => {
			events.close();
			const ended = /** @type {Job} */ (JSON.parse(data));
			draw(ended);
			announce(outcomeOf(ended));
			this.onEnded();
		});
	}
}

/** @param {Job} job */
function draw(job) {
	const { stage, done, total, rate, skipped, state } = job;
	const running = state === "running";
	if (total) ui.jobBar.value = done / total;
	else ui.jobBar.removeAttribute("value");
	const parts = [
		STAGES[stage],
		total ? `${number(done)} of ${number(total)}` : done > 0 && number(done),
		rate && `${number(Math.round(rate))} a second`,
		skipped > 0 && `${number(skipped)} skipped`,
	];
	ui.jobText.textContent = running ? parts.filter(Boolean).join(" · ") : outcomeOf(job);
	ui.job.hidden = false;
	ui.jobCancel.hidden = ui.jobBar.hidden = ui.jobBadge.hidden = !running;
	ui.jobBadge.textContent = total ? `${Math.floor((100 * done) / total)} %` : "…";
}

/** @param {Job} job */
function outcomeOf({ state, error, report, done }) {
	if (state === "failed") return `It failed: ${error}`;
	if (state === "cancelled") return `Cancelled after ${counted(done, "picture")}. What was indexed is kept.`;
	const { added = 0, changed = 0, moved = 0, removed = 0, skipped_count = 0, seconds = 0 } = report ?? {};
	const changes = Object.entries({ added, changed, moved, removed, skipped: skipped_count });
	const told = changes.filter(([, count]) => count).map(([word, count]) => `${number(count)} ${word}`);
	return `Done in ${seconds.toFixed(1)} s: ${told.join(", ") || "nothing had changed"}.`;
}
