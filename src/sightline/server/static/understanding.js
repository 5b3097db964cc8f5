/** The glass box: how a picture and words became one search, with every part of it to be edited. */

import { all, EDITS, one, PHRASES, questionOf, WEIGHTS } from "./address.js";
import { bdi, cross, factList, make, ui } from "./elements.js";
import { commandOf } from "./command.js";
import { copy } from "./copying.js";
import { keepModelKey, modelKey } from "./model-key.js";
import { currentAsk, go } from "./navigation.js";
import { editsOf } from "./searching.js";
import { milliseconds, number } from "./wording.js";

/** @type {Record<Mode, string>} */
const MODES = {
	roles: "What is wanted, must be there and stays, and the picture, less what is to be gone.",
	published: "What is wanted, in words alone.",
	fusion: "Likeness to the picture times likeness to the words. Nothing is put into words.",
	sum: "The picture and the words as they are, added up.",
	image: "The picture alone.",
	text: "The words alone.",
};
/** @type {Record<Phrases, string>} */
const LISTS = { desired: "Must be there", preserve: "To stay", forbidden: "To be gone" };
/** @type {Record<Weight, [name: string, usual: number]>} */
const WEIGHED = {
	target: ["What is wanted", 1],
	desired: ["What must be there", 0.75],
	preserve: ["What is to stay", 0.25],
	image: ["The picture", 0.5],
	forbidden: ["What is to be gone", 0.5],
};
/** The most that the slider of one weight gives. */
const HEAVIEST = 4;
/** In roles, at least this share is the words': the picture's weight keeps to its slider. */
const LEAST_SHARE = 0.35;

export class Understanding {
	/** @type {Composition|null} */
	composition = null;
	/** What the composition answers. @type {Ask} */
	answered = { tab: "composed", parts: {} };
	/** The last caption that no person gave. */
	foundCaption = "";

	/** @param {() => string} pathOfPicture @param {() => void} again search once more */
	constructor(pathOfPicture, again) {
		this.pathOfPicture = pathOfPicture;
		this.lists = PHRASES.map((list) => this.#addList(list));
		this.weights = WEIGHTS.map(addWeight);
		ui.understood.open = matchMedia("(min-width: 700px)").matches;
		writeInto(ui.caption, () => this.composition?.caption, (caption) => this.#editCaption(caption));
		writeInto(ui.target, () => this.composition?.target, (target) => (target ? this.#edit({ target, paraphrases: [] }) : this.#forgetTarget()));
		ui.captionFound.onclick = () => this.#editCaption("");
		ui.targetFound.onclick = () => this.#forgetTarget();
		for (const select of [ui.mode, ui.captioner, ui.composer]) select.onchange = () => go({ [select.id]: select.value });
		ui.share.onchange = () => this.#share(Number(ui.share.value));
		ui.modelKey.value = modelKey();
		ui.modelKey.onchange = () => {
			if (!ui.modelKey.reportValidity()) return;
			keepModelKey(ui.modelKey.value);
			again();
		};
		ui.commandCopy.onclick = () => copy(ui.command.textContent ?? "", "The command");
	}

	/** Offer what this service composes with. @param {ComposingFacts} facts */
	offer({ modes, captioners, composers, all_captioners, all_composers, language_model }) {
		// Without a choice there is the usual mode, which goes without saying in an address.
		ui.mode.replaceChildren(...modes.map((mode) => make("option", { value: mode === "roles" ? "" : mode, textContent: mode })));
		fill(ui.captioner, all_captioners, captioners);
		fill(ui.composer, all_composers, composers);
		ui.keyPart.hidden = !all_composers.includes("llm");
		const where = language_model?.is_remote ? "on another machine" : "on this machine";
		const model = language_model ? `${language_model.model}, ${where}, is asked` : "None is set up; with a key, OpenAI's is asked";
		ui.modelTold.textContent = `${model}. The picture is sent only if chat captions it. This tab keeps the key until it is closed.`;
		this.#showChoices(currentAsk());
	}

	/** A search is asked: what its answer will replace cannot be edited any more. @param {Ask} ask */
	present(ask) {
		ui.understood.hidden = ask.tab !== "composed" || !this.composition;
		ui.understood.inert = questionOf(ask) !== questionOf(this.answered);
		const isKnown = one(ask, "target") || EDITS.every((name) => String(all(ask, name)) === String(all(this.answered, name)));
		const [, , ...made] = /** @type {Iterable<HTMLElement>} */ (ui.understoodParts.children);
		for (const part of made) part.inert = !isKnown;
		this.#showChoices(ask);
	}

	/** There is no answer. What led to it can be changed, if it is still there. */
	fail() {
		if (ui.understood.inert) ui.understood.hidden = true;
	}

	/** @param {import("./results.js").Results} results */
	show({ ask, found }) {
		const composition = (this.composition = found?.answer.composition ?? null);
		this.answered = ask;
		this.present(ask);
		if (!composition) return;
		const { caption, captioner, target, mode, balance, weights } = composition;
		if (captioner && captioner !== "given") this.foundCaption = caption;
		ui.understoodParts.hidden = !target;
		ui.understoodLine.textContent = target || MODES[mode];
		rewrite(ui.caption, caption);
		rewrite(ui.target, target);
		ui.targetFound.hidden = !one(ask, "target");
		ui.captionFound.hidden = !one(ask, "caption") || caption === this.foundCaption;
		for (const show of this.lists) show(composition);
		const words = weights.target + weights.desired + weights.preserve;
		ui.sharing.hidden = mode !== "sum" && (mode !== "roles" || !words);
		ui.share.min = mode === "roles" ? String(LEAST_SHARE) : "0";
		const share = mode === "roles" ? words / (words + weights.image) : balance;
		ui.share.value = String(share);
		ui.share.ariaValueText = `${Math.round(100 * share)} %`;
		for (const show of this.weights) show(composition);
		ui.fallbacks.replaceChildren(...fallbacksOf(composition).map((textContent) => make("li", { textContent })));
		ui.steps.replaceChildren(...factList(stepsOf(composition)));
		this.tellCommand();
	}

	tellCommand() {
		if (this.composition) ui.command.textContent = commandOf(currentAsk(), this.composition, this.pathOfPicture());
	}

	/** @param {Ask} ask */
	#showChoices(ask) {
		for (const select of [ui.mode, ui.captioner, ui.composer]) select.value = one(ask, select.id);
		ui.modeTold.textContent = MODES[/** @type {Mode} */ (ui.mode.selectedOptions[0]?.textContent)] ?? "";
	}

	/** An edited caption is composed anew. @param {string} caption "" for the one that was found */
	#editCaption(caption) {
		go({ caption, target: null, desired: [], preserve: [], forbidden: [], paraphrases: [] });
	}

	/** Send all parts back, one of them edited. @param {Changes} changes */
	#edit(changes) {
		// Edits that were not answered yet are in the address.
		if (one(currentAsk(), "target")) go(changes);
		else if (this.composition) go({ ...editsOf(this.composition), ...changes });
	}

	/** @param {Phrases} list */
	#phrases(list) {
		const ask = currentAsk();
		return one(ask, "target") ? all(ask, list) : (this.composition?.[list] ?? []);
	}

	#forgetTarget() {
		const caption = one(currentAsk(), "caption");
		this.#editCaption(caption === this.foundCaption ? "" : caption);
	}

	/**
	 * How much the words count beside the picture. In roles they are target, desired and preserve
	 * together, and it is the picture's weight that gives way.
	 * @param {number} share
	 */
	#share(share) {
		if (!this.composition) return;
		const { mode, weights } = this.composition;
		const words = weights.target + weights.desired + weights.preserve;
		if (mode === "sum") go({ balance: unless(share, 0.5) });
		else go({ weight_image: unless((words * (1 - share)) / share, WEIGHED.image[1]) });
	}

	/** A row for phrases, with a field for more of them. @param {Phrases} list @returns {(composition: Composition) => void} shows those of a composition */
	#addList(list) {
		const title = LISTS[list];
		const chips = make("ul");
		const field = make("input", { placeholder: "Add", ariaLabel: `${title}: add`, dir: "auto", maxLength: 500 });
		const form = make("form", {}, field);
		form.onsubmit = (event) => {
			event.preventDefault();
			if (field.value.trim()) this.#edit({ [list]: [...this.#phrases(list), field.value.trim()] });
			field.value = "";
		};
		ui.understoodParts.append(make("span", { textContent: title }), make("div", { className: `row ${list}` }, chips, form));
		/** @param {string} phrase */
		const chip = (phrase) => {
			const away = cross(`${title}: not ${phrase}`, () => {
				this.#edit({ [list]: this.#phrases(list).filter((other) => other !== phrase) });
				field.focus();
			});
			return make("li", { className: "chip" }, bdi(phrase), away);
		};
		return (composition) => chips.replaceChildren(...composition[list].map(chip));
	}
}

/** A slider of its own for one weight. @param {Weight} name @returns {(composition: Composition) => void} shows that of a composition */
function addWeight(name) {
	const [title, usual] = WEIGHED[name];
	const told = make("output");
	const field = make("input", { type: "range", max: String(HEAVIEST), step: "0.05", ariaLabel: title });
	const label = make("label", { className: "minimum" }, make("span", {}, `${title} `, told), field);
	field.oninput = () => (told.textContent = number(Number(field.value)));
	field.onchange = () => go({ [`weight_${name}`]: unless(Number(field.value), usual) });
	ui.weighing.append(label);
	return ({ mode, weights }) => {
		label.hidden = mode !== "roles";
		field.value = String(weights[name]);
		told.textContent = number(weights[name]);
	};
}

/** Say once a text was changed: with Enter, or when the field is left. @param {HTMLTextAreaElement} field @param {() => string|undefined} shown @param {(text: string) => void} onChanged */
function writeInto(field, shown, onChanged) {
	const done = () => {
		const text = field.value.trim();
		if (field.dataset.edited && text !== shown()) onChanged(text);
		delete field.dataset.edited;
		// What was emptied is as it was found again.
		if (!text) field.value = shown() ?? "";
	};
	field.oninput = () => (field.dataset.edited = "yes");
	field.onblur = done;
	field.onkeydown = (event) => {
		if (event.key === "Escape") field.value = shown() ?? "";
		if (event.key !== "Enter" || event.isComposing) return;
		event.preventDefault();
		done();
	};
}

/** What is being written is left alone. @param {HTMLTextAreaElement} field @param {string} text */
function rewrite(field, text) {
	if (!field.dataset.edited) field.value = text;
}

/** @param {HTMLSelectElement} select @param {string[]} offered @param {string[]} usual */
function fill(select, offered, usual) {
	const first = make("option", { value: "", textContent: `As set up: ${usual.join(", then ")}` });
	select.replaceChildren(first, ...offered.map((name) => make("option", { value: name, textContent: name })));
	/** @type {HTMLElement} */ (select.parentElement).hidden = offered.length < 2;
}

/** What is usual is left out of the address. @param {number} value @param {number} usual */
function unless(value, usual) {
	const rounded = Math.round(value * 100) / 100;
	return rounded === usual ? null : rounded;
}

/** @param {Composition} composition */
function fallbacksOf({ fell_back, captioner, composer }) {
	const instead = { caption: captioner, compose: composer };
	return fell_back.map(({ step, name, reason }) => `${instead[step]} is used, not ${name}: ${reason}`);
}

/** @param {Composition} composition @returns {[string, string|false][]} */
function stepsOf({ steps, paraphrases, agreement }) {
	/** @type {[string, string][]} */
	const told = steps.map(({ name, source, milliseconds: ms, tokens_sent, tokens_received }) => {
		const tokens = tokens_sent + tokens_received > 0 && `${number(tokens_sent)} tokens sent, ${number(tokens_received)} received`;
		return [name, [source, milliseconds(ms), tokens].filter(Boolean).join(", ")];
	});
	return [...told, ["in other words", paraphrases.join("; ")], ["agreement", agreement !== null && agreement.toFixed(3)]];
}
