/** Pictures added to the gallery: each with its own progress, and a reason if it is refused. */

import { addressOf } from "./address.js";
import { announce } from "./announcements.js";
import { upload } from "./api.js";
import { bdi, cross, make, ui } from "./elements.js";
import { bytes, counted, sentenceOf } from "./wording.js";

export class Uploads {
	/** The last of all that was begun: files are sent one after the other. */
	last = Promise.resolve();

	/** @param {() => number} largest_bytes @param {() => void} onAdded the gallery has more pictures */
	constructor(largest_bytes, onAdded) {
		this.largest_bytes = largest_bytes;
		this.onAdded = onAdded;
		ui.addChoose.onclick = () => ui.addFiles.click();
		ui.addFiles.onchange = () => {
			this.add([...(ui.addFiles.files ?? [])]);
			ui.addFiles.value = "";
		};
	}

	/** @param {File[]} files */
	add(files) {
		const label = ui.addLabel.value.trim();
		const rows = files.map((file) => this.#row(file, label));
		this.last = this.last.then(async () => {
			/** @type {string[]} */
			const kinds = [];
			for (const send of rows) kinds.push(await send());
			const [added = 0, known, refused] = ["added", "known", "refused"].map((kind) => kinds.filter((other) => other === kind).length);
			const parts = [`${counted(added, "picture")} added`, known && `${known} here already`, refused && `${refused} refused`];
			ui.uploadsSummary.textContent = `${parts.filter(Boolean).join(", ")}.`;
			announce(ui.uploadsSummary.textContent);
			if (added) this.onAdded();
		});
	}

	/** One file's line, and what sends it. @param {File} file @param {string} label */
	#row(file, label) {
		const stop = new AbortController();
		const bar = make("progress", { max: 1, value: 0, ariaLabel: `Sending ${file.name}` });
		const state = make("span", { className: "upload-state", textContent: bytes(file.size) });
		const away = cross(`Cancel ${file.name}`, () => stop.abort());
		const row = make("li", { className: "upload" }, bdi(file.name), state, bar, away);
		ui.uploads.prepend(row);
		return async () => {
			const { kind, says } = await this.#send(file, label, bar, stop.signal);
			row.classList.add(kind);
			state.replaceChildren(...says);
			bar.remove();
			away.remove();
			return kind;
		};
	}

	/** @param {File} file @param {string} label @param {HTMLProgressElement} bar @param {AbortSignal} signal @returns {Promise<Outcome>} */
	async #send(file, label, bar, signal) {
		const largest = this.largest_bytes();
		const form = new FormData();
		form.append("files", file, file.name);
		if (label) form.append("label", label);
		try {
			signal.throwIfAborted();
			if (file.size > largest) return refused(`larger than ${bytes(largest)}, the most that this server takes`);
			return outcomeOf(await upload(form, (fraction) => advance(bar, fraction), signal));
		} catch (error) {
			return refused(signal.aborted ? "cancelled" : sentenceOf(error));
		}
	}
}

/** @param {HTMLProgressElement} bar @param {number} fraction */
function advance(bar, fraction) {
	// All is sent but not yet read: a bar without a value says that it goes on.
	if (fraction >= 1) bar.removeAttribute("value");
	else bar.value = fraction;
}

/** @param {UploadAnswer} answer of a single file @returns {Outcome} */
function outcomeOf({ added, known, refused: faults }) {
	const picture = added[0] ?? known[0];
	if (!picture) return refused(faults[0]?.reason ?? "refused");
	const link = make("a", { href: addressOf("image", { images: picture.id }), textContent: "find similar" });
	return { kind: added.length ? "added" : "known", says: [added.length ? "added · " : "here already · ", link] };
}

/** @param {string} reason @returns {Outcome} */
const refused = (reason) => ({ kind: "refused", says: [reason] });
