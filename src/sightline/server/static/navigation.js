/** Where the page is: the one search that address, form and results show. */

import { addressOf, changed, formatAddress, openId, parseAddress } from "./address.js";

/** @type {Ask} */
let ask = { tab: "text", parts: {} };
/** @type {(ask: Ask) => void} */
let listener = () => {};

export const currentAsk = () => ask;

/** Go on to another search. @param {Changes} changes @param {{replace?: boolean}} [how] replace leaves no step for the back button */
export function go(changes, { replace = false } = {}) {
	ask = changed(ask, changes);
	const address = formatAddress(ask);
	const step = !replace && address !== location.hash;
	const opened = openId(ask) !== null && (step || history.state?.opened === true);
	history[step ? "pushState" : "replaceState"]({ opened }, "", address);
	listener(ask);
}

/** The address of a search that differs from the present one. @param {Changes} changes */
export const addressWith = (changes) => formatAddress(changed(ask, changes));

/** Close the open picture: a step back if it was a step to open it. */
export function closeOpen() {
	if (openId(ask) === null) return;
	if (history.state?.opened) history.back();
	else go({ open: null }, { replace: true });
}

/** @param {(ask: Ask) => void} present called with every new search, and now */
export function startNavigation(present) {
	listener = present;
	// Enter was pressed before this script was there: the form was sent in the old way.
	const early = new URLSearchParams(location.search).get("text");
	if (early !== null) history.replaceState(null, "", `/${addressOf("text", { text: early })}`);
	addEventListener("hashchange", follow);
	follow();
}

function follow() {
	const next = parseAddress(location.hash);
	const { text, picture, images, region } = ask.parts;
	// What this tab does not use is not in its address; it is kept for the tab that does.
	const kept = { image: { text }, text: { picture, images, region }, composed: {} }[next.tab];
	ask = changed(next, Object.fromEntries(Object.entries(kept).map(([name, value]) => [name, value ?? []])));
	listener(ask);
}
