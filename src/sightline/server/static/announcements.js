/** What a screen reader should say, and the short notes that everybody sees. */

import { make, ui } from "./elements.js";

const NOTE_MS = 4000;
let timer = 0;

/** @param {string} sentence */
export function announce(sentence) {
	// A new node each time: the same sentence twice is two events.
	ui.announcement.replaceChildren(make("span", { textContent: sentence }));
}

/** Show a short note at the bottom for a moment, and say it. @param {string} sentence */
export function note(sentence) {
	ui.note.textContent = sentence;
	// Out and in again, so that it lies above a picture that was opened since.
	ui.note.togglePopover(false);
	ui.note.togglePopover(true);
	clearTimeout(timer);
	timer = setTimeout(() => ui.note.togglePopover(false), NOTE_MS);
	announce(sentence);
}
