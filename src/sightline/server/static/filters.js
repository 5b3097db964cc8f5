/** The filters: fields that show and change what the address says. */

import { all, FILTERS, filterCount, LISTS, one } from "./address.js";
import { make, ui } from "./elements.js";
import { currentAsk, go } from "./navigation.js";
import { number, score } from "./wording.js";

export function startFilters() {
	ui.filtersToggle.onclick = () => open(ui.filters.hidden === true);
	ui.filtersDone.onclick = () => open(false);
	ui.filtersClear.onclick = () => go(noFilters());
	ui.filters.onkeydown = ({ key }) => {
		if (key === "Escape") open(false);
	};
	ui.minScore.oninput = tellMinimum;
	ui.filters.onchange = ({ target }) => {
		const { name, value } = /** @type {HTMLInputElement} */ (target);
		if (!(/** @type {HTMLInputElement} */ (target).reportValidity())) return;
		if (LISTS.includes(name)) go({ [name]: [...all(currentAsk(), name), value] });
		else go({ [name]: name === "min_score" && value === "0" ? null : value });
	};
}

export const noFilters = () => Object.fromEntries(FILTERS.map((name) => [name, null]));

/** @param {Ask} ask */
export function showFilters(ask) {
	const count = filterCount(ask);
	ui.filtersCount.textContent = count ? String(count) : "";
	ui.filtersClear.hidden = !count;
	for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (ui.filters.querySelectorAll("[name]")))
		field.value = LISTS.includes(field.name) ? "" : one(ask, field.name) || (field.type === "range" ? "0" : "");
	tellMinimum();
}

/** Offer what this gallery has. @param {GalleryFacts} facts */
export function offerFilters({ folders, labels, formats }) {
	fill("folder", folders.map((folder) => [folder, folder]));
	fill("label", labels.map(({ label, count }) => [label, `${label} (${number(count)})`]));
	fill("format", formats.map(({ format, count }) => [format, `${format} (${number(count)})`]));
	ui.knownLabels.replaceChildren(...labels.map(({ label }) => make("option", { value: label })));
}

/** @param {string} name @param {[value: string, text: string][]} options */
function fill(name, options) {
	const select = /** @type {HTMLSelectElement} */ (ui.filters.querySelector(`[name=${name}]`));
	const first = make("option", { value: "", textContent: options.length ? "Any" : "None yet" });
	select.replaceChildren(first, ...options.map(([value, textContent]) => make("option", { value, textContent })));
	select.disabled = !options.length;
}

function tellMinimum() {
	const value = Number(ui.minScore.value);
	ui.minScoreValue.textContent = ui.minScore.ariaValueText = value ? score(value) : "none";
}

/** @param {boolean} isOpen */
function open(isOpen) {
	ui.filters.hidden = !isOpen;
	ui.filtersToggle.ariaExpanded = String(isOpen);
	const first = ui.filters.querySelector("select:enabled");
	if (isOpen && first instanceof HTMLElement) first.focus();
	else ui.filtersToggle.focus();
}
