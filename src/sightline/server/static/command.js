/** The command that makes a composed search again, outside of the page. */

import { all, one, WEIGHTS } from "./address.js";
import { editsOf } from "./searching.js";

/** Filters by their options; a pair is a range. @type {Record<string, string[]>} */
const FILTERS = {
	folder: ["folder"],
	label: ["label"],
	format: ["format"],
	orientation: ["orientation"],
	taken: ["taken_from", "taken_to"],
	modified: ["modified_from", "modified_to"],
	width: ["min_width", "max_width"],
	height: ["min_height", "max_height"],
	"min-score": ["min_score"],
};

/** @param {Ask} ask @param {Composition} composition @param {string} path of the picture */
export function commandOf(ask, composition, path) {
	const { mode, instruction, weights, balance, paraphrases, ...rest } = composition;
	const parts = rest.target ? { ...editsOf(composition), paraphrase: paraphrases, paraphrases: [] } : {};
	const options = {
		image: path || "YOUR-PICTURE",
		region: one(ask, "region"),
		mode,
		...parts,
		weights: mode === "roles" && WEIGHTS.map((name) => `${name}=${weights[name]}`).join(),
		balance: mode === "sum" && String(balance),
		not: all(ask, "excluded_texts"),
		...Object.fromEntries(Object.entries(FILTERS).map(([name, fields]) => [name, filterOf(ask, fields)])),
	};
	const words = Object.entries(options).flatMap(([name, values]) =>
		[values].flat().flatMap((value) => (value ? [`--${name}`, quoted(value)] : [])),
	);
	return ["sightline search", ...words, instruction.startsWith("-") && "--", quoted(instruction)].filter(Boolean).join(" ");
}

/** @param {Ask} ask @param {string[]} fields */
function filterOf(ask, [from = "", to]) {
	if (!to) return all(ask, from);
	return one(ask, from) || one(ask, to) ? `${one(ask, from)}..${one(ask, to)}` : "";
}

/** A word as a shell takes it. @param {string} word */
const quoted = (word) => (/^[\w.,:=@%+/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
