/** Pictures come in by file dialog, camera, paste, and by being dropped anywhere. */

import { note } from "./announcements.js";
import { ui } from "./elements.js";

/** @param {(file: File) => void} onQuery search by this picture @param {(files: File[]) => void} onAdd add these to the gallery */
export function startIntake(onQuery, onAdd) {
	for (const input of [ui.queryFile, ui.queryCamera])
		input.onchange = () => {
			const file = input.files?.[0];
			if (file) onQuery(file);
			// The same file may be chosen again.
			input.value = "";
		};
	/** @param {File[]} files @param {boolean} adds */
	const take = (files, adds) => {
		const [file] = files;
		if (!file) note("Only picture files can be dropped here.");
		else if (adds || files.length > 1) onAdd(files);
		else onQuery(file);
	};
	addEventListener("paste", (event) => {
		const files = [...(event.clipboardData?.files ?? [])];
		if (!files.length) return;
		event.preventDefault();
		take(files, ui.add.open);
	});
	startDropping(take);
}

/** @param {(files: File[], adds: boolean) => void} take */
function startDropping(take) {
	// Entering a child comes before leaving its parent, so the depth is 0 only outside of the window.
	let depth = 0;
	/** @param {DragEvent} event */
	const carriesFiles = ({ dataTransfer }) => dataTransfer?.types.includes("Files") ?? false;
	addEventListener("dragenter", (event) => {
		if (!carriesFiles(event)) return;
		depth++;
		ui.dropQuery.hidden = ui.add.open || (event.dataTransfer?.items.length ?? 0) > 1;
		ui.drop.togglePopover(true);
	});
	addEventListener("dragleave", () => {
		depth = Math.max(0, depth - 1);
		if (!depth) ui.drop.togglePopover(false);
	});
	addEventListener("dragover", (event) => {
		if (!carriesFiles(event)) return;
		event.preventDefault();
		for (const zone of [ui.dropQuery, ui.dropAdd]) zone.classList.toggle("over", zone === event.target);
	});
	addEventListener("drop", (event) => {
		if (!carriesFiles(event)) return;
		event.preventDefault();
		depth = 0;
		ui.drop.togglePopover(false);
		take([...(event.dataTransfer?.files ?? [])], ui.dropQuery.hidden === true || event.target === ui.dropAdd);
	});
}
