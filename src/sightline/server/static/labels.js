/** The labels of the open picture: shown, added, taken away. */

import { note } from "./announcements.js";
import { call } from "./api.js";
import { bdi, cross, make, ui } from "./elements.js";
import { sentenceOf } from "./wording.js";

/** @param {Picture} picture @param {(picture: Picture) => void} onChanged */
export function showLabels(picture, onChanged) {
	/** @param {string[]} labels */
	const save = async (labels) => {
		try {
			const changed = await call(`/images/${picture.id}/labels`, { method: "PUT", json: { labels } });
			onChanged(changed);
			ui.labels.querySelector("input")?.focus();
		} catch (error) {
			note(sentenceOf(error));
		}
	};
	const chips = picture.labels.map((label) => {
		const others = picture.labels.filter((other) => other !== label);
		return make("li", { className: "chip" }, bdi(label), cross(`Remove the label ${label}`, () => save(others)));
	});
	const input = make("input", { placeholder: "Add a label", ariaLabel: "Add a label", dir: "auto", maxLength: 100 });
	input.setAttribute("list", "knownLabels");
	const form = document.createElement("form");
	form.append(input);
	form.onsubmit = (event) => {
		event.preventDefault();
		if (input.value.trim()) save([...new Set([...picture.labels, input.value.trim()])]);
	};
	ui.labels.replaceChildren(make("ul", { className: "row" }, ...chips), form);
}
