/** Text for elsewhere. */

import { note } from "./announcements.js";

/** @param {string} text @param {string} name such as "The path" */
export async function copy(text, name) {
	try {
		await navigator.clipboard.writeText(text);
		note(`${name} is copied.`);
	} catch {
		// Browsers write to the clipboard on secure addresses only; elsewhere it is copied by hand.
		prompt(`${name}, to be copied:`, text);
	}
}
