/** Judging answers: one key says relevant, one not, one goes on to the next question. */

import { all, hasPicture, one } from "./address.js";
import { announce, note } from "./announcements.js";
import { call } from "./api.js";
import { isWriting, ui } from "./elements.js";
import { currentAsk, go } from "./navigation.js";
import { counted, sentenceOf } from "./wording.js";

/** @type {Record<string, number|null>} */
const KEYS = { r: 1, n: 0, u: null };

export class Judging {
	/** @type {Map<number, number>} */
	grades = new Map();
	/** @type {Question|null} */
	question = null;
	/** @type {string[]} */
	examples = [];

	/** @param {JudgingCalls} calls */
	constructor(calls) {
		this.calls = calls;
		ui.judge.onclick = () => go({ judge: this.on ? null : 1 }, { replace: true });
		addEventListener("keydown", (event) => this.#onKey(event));
	}

	get on() {
		return one(currentAsk(), "judge") !== "";
	}

	/** What is asked now; what was said of its answers is fetched. @param {Ask} ask */
	async present(ask) {
		const question = this.on ? questionOf(ask) : null;
		const same = JSON.stringify(question) === JSON.stringify(this.question);
		ui.judge.ariaPressed = String(this.on);
		ui.judging.hidden = !this.on;
		if (!same) {
			this.question = question;
			this.grades.clear();
		}
		this.mark();
		if (same || !question) return;
		try {
			/** @type {{grades: Record<string, number>}} */
			const { grades } = await call(`/judgements?${new URLSearchParams(partsOf(question))}`);
			if (question !== this.question) return;
			const said = Object.entries(grades).map(([id, grade]) => /** @type {const} */ ([Number(id), grade]));
			// What was said while this was on its way is newer.
			this.grades = new Map([...said, ...this.grades]);
			this.mark();
		} catch (error) {
			note(sentenceOf(error));
		}
	}

	/** Show on every tile what was said of it. */
	mark() {
		for (const tile of ui.grid.querySelectorAll("li")) {
			const grade = this.grades.get(Number(tile.dataset.id));
			if (grade === undefined) delete tile.dataset.grade;
			else tile.dataset.grade = grade ? "relevant" : "not";
			const link = tile.querySelector("a");
			if (link) link.ariaDescription = grade === undefined ? null : wordFor(grade);
		}
		const relevant = [...this.grades.values()].filter(Boolean).length;
		ui.judged.textContent = this.question
			? `${counted(this.grades.size, "picture")} judged, ${relevant} relevant`
			: "Ask in words, or by a picture of the gallery: such a question can be judged.";
	}

	/** @param {number} image @param {number|null} grade null takes back what was said */
	async say(image, grade) {
		const { question } = this;
		if (!question) return;
		try {
			await call("/judgements", { method: "PUT", json: { ...question, image, grade } });
			if (question !== this.question) return;
			if (grade === null) this.grades.delete(image);
			else this.grades.set(image, grade);
			this.mark();
			announce(grade === null ? "Taken back." : `Judged ${wordFor(grade)}.`);
			this.calls.next(image);
		} catch (error) {
			note(sentenceOf(error));
		}
	}

	/** @param {KeyboardEvent} event */
	#onKey(event) {
		const { key } = event;
		if (!this.on || isWriting() || event.ctrlKey || event.metaKey || event.altKey) return;
		const grade = KEYS[key];
		const image = this.calls.current();
		if (key === "q") this.#nextQuestion();
		else if (grade !== undefined && image) this.say(image, grade);
		else return;
		event.preventDefault();
	}

	/** Go on to another question: one that was judged before, or one worth a try. */
	async #nextQuestion() {
		/** @type {{questions: Question[]}} */
		const { questions } = await call("/judgements/questions");
		const asked = questions.map(({ text, picture }) => ({ text, picture }));
		const tried = this.examples.filter((text) => !asked.some((other) => other.text === text && !other.picture));
		const all = [...asked, ...tried.map((text) => ({ text, picture: null }))];
		const here = all.findIndex((other) => JSON.stringify(other) === JSON.stringify(this.question));
		const next = all[(here + 1) % all.length];
		if (!next) return note("Ask something else: no other question was judged yet.");
		const tab = next.picture === null ? "text" : next.text ? "composed" : "image";
		go({ tab, text: next.text, images: next.picture, picture: null, region: null, open: null });
	}
}

/** @param {number} grade */
const wordFor = (grade) => (grade ? "relevant" : "not relevant");

/** What an address asks, if its answers can be judged: words, one picture of the gallery, or both. @param {Ask} ask @returns {Question|null} */
function questionOf(ask) {
	const text = ask.tab === "image" ? "" : one(ask, "text").trim();
	const images = ask.tab === "text" ? [] : all(ask, "images");
	const plain = ask.tab === "text" || (images.length === 1 && !one(ask, "picture") && !one(ask, "region"));
	const complete = ask.tab === "text" ? text : hasPicture(ask);
	return plain && complete ? { text, picture: images.length ? Number(images[0]) : null } : null;
}

/** @param {Question} question */
function partsOf({ text, picture }) {
	return { text, ...(picture === null ? {} : { picture: String(picture) }) };
}
