/** The three ways in, and the field for words. */

import { hasPicture, isComplete, one, TABS } from "./address.js";
import { ui } from "./elements.js";
import { addressWith, currentAsk, go } from "./navigation.js";

const TITLES = {
	text: "Describe the picture you are looking for",
	image: "Find pictures like this one",
	composed: "Start from a picture, and say what should differ",
};
let example = "two dogs in the snow";
let shownText = "";

/** @param {(words: string) => void} search Enter was pressed */
export function startAsking(search) {
	ui.ask.onsubmit = (event) => {
		event.preventDefault();
		search(ui.words.value.trim());
	};
	for (const tab of TABS)
		linkTo(tab).onclick = (event) => {
			if (event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			// The field may hold words that were not searched for yet.
			go({ tab, text: ui.words.value.trim(), open: null });
		};
	ui.wordsClear.onclick = () => {
		ui.words.value = "";
		tidy();
		ui.words.focus();
	};
	ui.words.oninput = tidy;
}

/** @param {Ask} ask @param {boolean} start nothing is searched for yet */
export function showAsking(ask, start) {
	const text = one(ask, "text");
	document.body.classList.toggle("start", start);
	document.body.dataset.tab = ask.tab;
	for (const tab of TABS) {
		linkTo(tab).href = addressWith({ tab, open: null });
		linkTo(tab).ariaCurrent = tab === ask.tab ? "page" : null;
	}
	ui.title.textContent = TITLES[ask.tab];
	ui.ask.hidden = ask.tab === "image";
	// Words that are being written are left alone while something else of the search changes.
	if (text !== shownText) ui.words.value = shownText = text;
	ui.words.placeholder = ask.tab === "text" ? example : hasPicture(ask) ? "but at night" : "at night";
	document.title = [ask.tab !== "image" && isComplete(ask) && text, "Sightline"].filter(Boolean).join(" · ");
	tidy();
}

/** @param {GalleryFacts} facts */
export function suggest(facts) {
	example = facts.examples[0] ?? example;
	ui.wordsOnly.hidden = facts.can_text;
	if (currentAsk().tab === "text") ui.words.placeholder = example;
}

export function focusWords() {
	scrollTo(0, 0);
	ui.words.focus();
	ui.words.select();
}

/** @param {Tab} tab */
const linkTo = (tab) => ({ text: ui.tabText, image: ui.tabImage, composed: ui.tabComposed })[tab];

function tidy() {
	ui.wordsClear.hidden = !ui.words.value;
}
