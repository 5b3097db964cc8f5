/** The panels at the side: the gallery, and adding to it. */

import { ui } from "./elements.js";

/** @param {HTMLDialogElement} sheet */
export function openSheet(sheet) {
	for (const other of [ui.gallery, ui.add]) if (other !== sheet) other.close();
	if (!sheet.open) sheet.showModal();
}

export function startSheets() {
	ui.galleryOpen.onclick = () => openSheet(ui.gallery);
	for (const way of [ui.addOpen, ui.galleryAdd, ui.welcomeAdd]) way.onclick = () => openSheet(ui.add);
	ui.galleryClose.onclick = () => ui.gallery.close();
	ui.addClose.onclick = () => ui.add.close();
	for (const sheet of [ui.gallery, ui.add])
		sheet.onclick = ({ target }) => {
			// The sheet fills its dialog, so a click on the dialog is one beside it. Links lead to searches.
			if (target === sheet || (target instanceof Element && target.closest("a"))) sheet.close();
		};
}
