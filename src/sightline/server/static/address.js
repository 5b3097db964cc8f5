/**
 * The whole state of a search and its address after the #, which can be reloaded, shared, and
 * walked through with back and forward. Its parameters are those of the HTTP interface.
 */

/** @type {readonly Tab[]} */
export const TABS = ["text", "image", "composed"];
export const LISTS = ["folder", "label", "format"];
const RANGES = ["taken_from", "taken_to", "modified_from", "modified_to", "min_width", "max_width", "min_height", "max_height"];
export const FILTERS = [...LISTS, "orientation", ...RANGES, "min_score"];
const OF_PICTURES = ["picture", "images", "region"];
/** What a composed search asks. Parts of its answer that were edited hold for this question alone. */
const QUESTION = ["text", ...OF_PICTURES];
/** @type {Phrases[]} */
export const PHRASES = ["desired", "preserve", "forbidden"];
export const EDITS = ["caption", "target", ...PHRASES, "paraphrases"];
/** @type {Weight[]} */
export const WEIGHTS = ["target", "desired", "preserve", "image", "forbidden"];
export const COMPOSING = ["mode", "captioner", "composer", "balance", ...WEIGHTS.map((name) => `weight_${name}`), ...EDITS];
const NAMES = [...QUESTION, ...COMPOSING, "excluded_texts", "excluded_images", ...FILTERS];
/** How results are shown, which makes no other search: how many, in which order, which is open, whether they are judged. */
const OF_VIEW = ["k", "sort", "open", "judge"];

/** The most results that one search shows. */
export const MOST = 1000;
/** In order of date the worst match may come first, so fewer are taken unless asked for. */
const MOST_BY_DATE = 100;

/** @param {string} hash such as "#text?text=a+boat" @returns {Ask} */
export function parseAddress(hash) {
	const [name, query] = hash.slice(1).split(/\?(.*)/s);
	const given = new URLSearchParams(query);
	const ask = { tab: TABS.find((tab) => tab === name) ?? /** @type {Tab} */ ("text"), parts: {} };
	return changed(ask, Object.fromEntries([...NAMES, ...OF_VIEW].map((part) => [part, given.getAll(part)])));
}

/** @param {Ask} ask */
export function formatAddress(ask) {
	const query = new URLSearchParams([...searchParts(ask), ...entries(ask, OF_VIEW)]).toString();
	return `#${ask.tab}${query && `?${query}`}`;
}

/** The address of a search of its own. @param {Tab} tab @param {Changes} changes */
export const addressOf = (tab, changes) => formatAddress(changed({ tab, parts: {} }, changes));

/** What distinguishes one search from another, whatever part of it is shown. @param {Ask} ask */
export function searchKey(ask) {
	const whole = one(ask, "sort") && `first ${mostOf(ask)}`;
	return `${ask.tab} ${new URLSearchParams(searchParts(ask))} ${whole}`;
}

/** The parameters that this tab uses. @param {Ask} ask */
export function searchParts(ask) {
	/** @type {Record<Tab, string[]>} */
	const unused = { text: [...OF_PICTURES, ...COMPOSING], image: ["text", ...COMPOSING], composed: [] };
	return entries(ask, NAMES.filter((name) => !unused[ask.tab].includes(name)));
}

/** Another question forgets what was edited for the one before. @param {Ask} ask @param {Changes} changes @returns {Ask} */
export function changed(ask, { tab = ask.tab, ...changes }) {
	const parts = { ...ask.parts };
	for (const [name, value] of Object.entries(changes)) {
		const values = [value].flat().filter((given) => given !== null && given !== "");
		if (values.length) parts[name] = [...new Set(values.map(String))];
		else delete parts[name];
	}
	const after = { tab, parts };
	if (questionOf(after) !== questionOf(ask)) for (const name of EDITS) if (!(name in changes)) delete parts[name];
	return after;
}

/** @param {Ask} ask @param {string} name @returns {string[]} */
export const all = (ask, name) => ask.parts[name] ?? [];

/** @param {Ask} ask @param {string} name @returns {string} "" if it is not there */
export const one = (ask, name) => all(ask, name)[0] ?? "";

/** The picture and the words. @param {Ask} ask */
export const questionOf = (ask) => JSON.stringify(entries(ask, QUESTION));

/** @param {Ask} ask */
export function mostOf(ask) {
	const asked = Math.min(Math.floor(Number(one(ask, "k"))), MOST);
	return asked > 0 ? asked : one(ask, "sort") ? MOST_BY_DATE : MOST;
}

/** @param {Ask} ask */
export const openId = (ask) => Number(one(ask, "open")) || null;

/** @param {Ask} ask */
export const hasPicture = (ask) => one(ask, "picture") !== "" || one(ask, "images") !== "";

/** @param {Ask} ask */
export const filterCount = (ask) => entries(ask, FILTERS).length;

/**
 * Whether there is enough to search for. A composed search without words yet shows what is like
 * the picture.
 * @param {Ask} ask
 */
export const isComplete = (ask) => (ask.tab === "text" ? one(ask, "text") !== "" : hasPicture(ask));

/** @param {Ask} ask @param {string[]} names */
function entries(ask, names) {
	return names.flatMap((name) => all(ask, name).map((value) => [name, value]));
}
