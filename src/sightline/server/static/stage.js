/** The lower half of the page: results, or the honest reason why there are none. */

import { button, make, ui } from "./elements.js";
import { Grid } from "./grid.js";
import { emptiness, ending, summary, times } from "./telling.js";

const BUSY_AFTER_MS = 150;

export class Stage {
	timer = 0;
	/** Whether nothing is asked. */
	resting = false;
	marked = "";

	/** @param {(id: number) => void} onOpen @param {() => void} onEnd the end of what is shown is near @param {Remedies} remedies */
	constructor(onOpen, onEnd, remedies) {
		this.grid = new Grid(onOpen);
		this.remedies = remedies;
		const isNear = (/** @type {IntersectionObserverEntry[]} */ entries) => entries.some((entry) => entry.isIntersecting);
		this.watch = new IntersectionObserver((entries) => isNear(entries) && onEnd(), { rootMargin: "1000px" });
		this.watch.observe(ui.end);
	}

	/** Nothing is asked: some pictures to begin with, if there are any. @param {Picture[]} pictures */
	rest(pictures) {
		this.#settle();
		this.grid.show(pictures, false);
		this.resting = true;
		ui.newestHeading.hidden = !pictures.length;
	}

	/** A search is under way. */
	wait() {
		ui.message.replaceChildren();
		ui.newestHeading.hidden = true;
		clearTimeout(this.timer);
		this.grid.letGo();
		if (this.resting) this.grid.show([], false);
		this.resting = false;
		// A quick answer replaces what is there; only a slow one shows that it is waited for.
		this.timer = setTimeout(() => (ui.grid.ariaBusy = "true"), BUSY_AFTER_MS);
	}

	/** @param {import("./results.js").Results} results */
	show({ ask, found, hits, more, growing }) {
		if (!found) return;
		const { answer, key } = found;
		this.#settle();
		this.grid.show(hits, growing);
		ui.summary.textContent = summary(ask, answer, hits.length, more);
		const [total = "", steps = ""] = times(answer);
		ui.took.replaceChildren(total, make("span", { className: "steps", textContent: steps }));
		ui.notes.replaceChildren(...answer.notes.map((textContent) => make("li", { textContent })));
		if (hits.length && !growing) ui.end.textContent = ending(ask, answer, hits.length, more);
		if (hits.length) this.#markWhenSeen(key);
		else this.#explain(...emptiness(ask, answer));
		// The observer tells of changes only; an end that is still near has to be told again.
		this.watch.unobserve(ui.end);
		this.watch.observe(ui.end);
	}

	/** @param {string} title @param {string} text @param {() => void} again */
	fail(title, text, again) {
		this.#settle();
		this.grid.show([], false);
		this.#say(title, text, button("Try again", again));
	}

	/** @param {string} title @param {string} text @param {Remedy} remedy */
	#explain(title, text, remedy) {
		this.#say(title, text, button(...this.remedies[remedy], { strong: true }));
	}

	/** @param {string} title @param {string} text @param {HTMLButtonElement} way */
	#say(title, text, way) {
		ui.message.replaceChildren(make("h2", { textContent: title }), make("p", { textContent: text }), way);
	}

	#settle() {
		clearTimeout(this.timer);
		this.resting = false;
		ui.grid.ariaBusy = "false";
		ui.newestHeading.hidden = true;
		for (const place of [ui.message, ui.notes, ui.summary, ui.took, ui.end]) place.replaceChildren();
	}

	/** Mark the moment when the first row is on the screen. @param {string} key */
	async #markWhenSeen(key) {
		if (this.marked === key) return;
		this.marked = key;
		await Promise.allSettled(this.grid.firstRow().map((image) => image.decode()));
		requestAnimationFrame(() => performance.mark("sightline:first-results"));
	}
}
