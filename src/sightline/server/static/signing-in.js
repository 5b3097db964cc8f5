/** The token, asked for when the server wants one. */

import { call, whenLocked } from "./api.js";
import { ui } from "./elements.js";
import { sentenceOf } from "./wording.js";

export function startSigningIn() {
	/** @type {Promise<void>|null} All who were refused wait for one answer. */
	let asking = null;
	whenLocked(() => (asking ??= askForToken().finally(() => (asking = null))));
	// Escape is no way around it.
	ui.signIn.onclose = () => {
		if (asking) ui.signIn.showModal();
	};
}

/** Resolves once a token was taken. @returns {Promise<void>} */
function askForToken() {
	ui.signIn.showModal();
	return new Promise((resolve) => {
		ui.signInForm.onsubmit = async (event) => {
			event.preventDefault();
			try {
				await call("/session", { json: { token: ui.token.value.trim() } });
			} catch (error) {
				ui.signInFault.textContent = sentenceOf(error);
				ui.token.select();
				return;
			}
			ui.token.value = ui.signInFault.textContent = "";
			resolve();
			// Once those who waited have gone on, so that closing is no Escape.
			setTimeout(() => ui.signIn.close());
		};
	});
}
