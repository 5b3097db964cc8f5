/** One page of a search, asked of the server in the way that its parts need. */

import { all, FILTERS, hasPicture, one, searchParts } from "./address.js";
import { call } from "./api.js";
import { patiently } from "./connection.js";

/** @param {Ask} ask @param {Page} page @returns {Promise<Answer>} */
export function searchPage(ask, { offset = 0, k, file = null, signal }) {
	const composed = ask.tab === "composed" && one(ask, "text") !== "" && (file || hasPicture(ask));
	const parts = searchParts(ask).filter(([name]) => composed || name !== "text_weight");
	if (composed) {
		const weight = Number(one(ask, "text_weight") || 0.5);
		parts.push(["image_weight", (1 - weight).toFixed(2)]);
	}
	const fields = [...parts, ["offset", String(offset)], ["k", String(k)]];
	const path = pathOf(ask, fields);
	const form = file || composed ? formOf(fields, file) : null;
	const where = composed ? "/search/composed" : "/search/image";
	return patiently(() => (form ? call(where, { form, signal }) : call(path, { signal })), signal);
}

/** The newest pictures, without a search. @param {number} k @returns {Promise<Picture[]>} */
export async function newestPictures(k) {
	return (await patiently(() => call(`/images?k=${k}`))).images;
}

/** A picture of the gallery and nothing else is left out of its own results. @param {Ask} ask @param {string[][]} fields */
function pathOf(ask, fields) {
	const plain = fields.filter(([name]) => name !== "images");
	const only = plain.every(([name = ""]) => ["offset", "k", ...FILTERS].includes(name));
	const images = ask.tab === "text" ? [] : all(ask, "images");
	if (only && images.length === 1) return `/images/${images[0]}/similar?${new URLSearchParams(plain)}`;
	return `/search?${new URLSearchParams(fields)}`;
}

/** @param {string[][]} fields @param {File|null} file */
function formOf(fields, file) {
	const form = new FormData();
	for (const [name = "", value = ""] of fields) form.append(name, value);
	if (file) form.append("image", file, file.name || "picture");
	return form;
}
