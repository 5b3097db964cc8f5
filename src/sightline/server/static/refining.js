/** The row under the search: what is left out, which filters hold, how many and in which order. */

import { all, FILTERS, MOST, mostOf, one } from "./address.js";
import { bdi, cross, make, ui } from "./elements.js";
import { currentAsk, go } from "./navigation.js";
import { thumbnailOf } from "./thumbnails.js";
import { lastPart, number, score } from "./wording.js";

const AMOUNTS = [10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 400, 500, 750, MOST];
/** @type {Record<string, (value: string) => string>} */
const WORDS = {
	folder: (value) => `in ${lastPart(value)}`,
	taken_from: (value) => `taken from ${value}`,
	taken_to: (value) => `taken until ${value}`,
	modified_from: (value) => `changed from ${value}`,
	modified_to: (value) => `changed until ${value}`,
	min_width: (value) => `width from ${value}`,
	max_width: (value) => `width up to ${value}`,
	min_height: (value) => `height from ${value}`,
	max_height: (value) => `height up to ${value}`,
	min_score: (value) => `score from ${score(Number(value))}`,
};

export function startRefining() {
	ui.notForm.onsubmit = (event) => {
		event.preventDefault();
		go({ excluded_texts: [...all(currentAsk(), "excluded_texts"), ui.notWord.value.trim()] });
		ui.notWord.value = "";
	};
	ui.sort.onchange = () => go({ sort: ui.sort.value });
	ui.most.max = String(AMOUNTS.length - 1);
	ui.most.oninput = () => tellAmount(amount());
	ui.most.onchange = () => go({ k: amount() });
}

/** @param {Ask} ask */
export function showRefining(ask) {
	ui.sort.value = one(ask, "sort");
	const most = mostOf(ask);
	ui.most.value = String(AMOUNTS.findIndex((amount) => amount >= most));
	tellAmount(most);
	const names = ["excluded_texts", "excluded_images", ...FILTERS];
	ui.chips.replaceChildren(...names.flatMap((name) => all(ask, name).map((value) => chip(ask, name, value))));
}

/** @param {Ask} ask @param {string} name @param {string} value */
function chip(ask, name, value) {
	const isPicture = name === "excluded_images";
	const isNot = isPicture || name === "excluded_texts";
	const words = isPicture ? "what is like this picture" : (WORDS[name]?.(value) ?? value);
	const away = cross(isNot ? `Stop leaving out ${words}` : `Remove the filter ${words}`, () => {
		go({ [name]: all(ask, name).filter((other) => other !== value) });
		(ui.chips.querySelector("button") ?? ui.filtersToggle).focus();
	});
	return make(
		"li",
		{ className: isNot ? "chip not" : "chip" },
		isNot && make("span", { className: "chip-sign", textContent: "not" }),
		isPicture ? make("img", { src: thumbnailOf(value, 160), alt: words }) : bdi(words),
		away,
	);
}

const amount = () => AMOUNTS[Number(ui.most.value)] ?? MOST;

/** @param {number} most */
function tellAmount(most) {
	ui.mostValue.textContent = ui.most.ariaValueText = number(most);
}
