/** One page of a search, asked of the server in the way that its parts need. */

import { all, COMPOSING, EDITS, FILTERS, hasPicture, one, searchParts } from "./address.js";
import { call } from "./api.js";
import { patiently } from "./connection.js";
import { modelKey } from "./model-key.js";

/** @param {Ask} ask @param {Page} page @returns {Promise<Answer>} */
export function searchPage(ask, { offset = 0, k, file = null, understood = null, signal }) {
	const composed = ask.tab === "composed" && one(ask, "text") !== "" && (file || hasPicture(ask));
	const unused = !composed ? COMPOSING : understood ? EDITS : [];
	const parts = searchParts(ask).filter(([name = ""]) => !unused.includes(name));
	const known = composed && understood ? Object.entries(editsOf(understood)).flatMap(([name, value]) => [value].flat().map((one) => [name, one])) : [];
	const fields = [...parts, ...known, ["offset", String(offset)], ["k", String(k)]];
	const path = pathOf(ask, fields);
	const form = file || composed ? formOf(fields, file) : null;
	const where = composed ? "/search/composed" : "/search/image";
	return patiently(() => (form ? call(where, { form, signal, modelKey: composed ? modelKey() : "" }) : call(path, { signal })), signal);
}

/** The parts of an answer that a search can send back, so that nothing makes them again. @param {Composition} composition */
export function editsOf({ caption, target, desired, preserve, forbidden, paraphrases }) {
	return { caption, target, desired, preserve, forbidden, paraphrases };
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
