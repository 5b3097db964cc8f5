/** The picture that is searched by: its place when it is missing, its box when it is there. */

import { hasPicture, one } from "./address.js";
import { BASE, call } from "./api.js";
import { patiently } from "./connection.js";
import { ui } from "./elements.js";
import { formatRegion, parseRegion, RegionBox } from "./region.js";
import { thumbnailOf } from "./thumbnails.js";

export class QueryPicture {
	/** @type {Region|null} The one that is searched by; a box may be on its way to another. */
	part = null;
	/** Where a picture of the gallery lies; "" for others, and until it is known. */
	path = "";

	/** @param {(changes: Changes) => void} go @param {() => void} onPath the path is known */
	constructor(go, onPath) {
		this.onPath = onPath;
		const search = () => this.region.region && go({ region: formatRegion(this.region.region) });
		this.region = new RegionBox(ui.queryFrame, {
			onDrawn: search,
			onSearch: search,
			onCancel: () => {
				this.region.set(this.part);
				(this.part ? ui.queryWhole : ui.queryPart).focus();
			},
		});
		ui.queryPart.onclick = () => this.region.begin();
		ui.queryWhole.onclick = () => go({ region: null });
		ui.queryRemove.onclick = () => go({ picture: null, images: [], region: null });
		for (const choose of [ui.queryReplace, ui.queryChoose]) choose.onclick = () => ui.queryFile.click();
		for (const shoot of [ui.queryPhoto, ui.queryRephoto]) shoot.onclick = () => ui.queryCamera.click();
	}

	/** @param {Ask} ask */
	show(ask) {
		const there = hasPicture(ask);
		ui.queryPanel.hidden = ask.tab === "text";
		ui.queryEmpty.hidden = there;
		ui.queryThere.hidden = !there;
		this.part = parseRegion(one(ask, "region"));
		this.region.set(this.part);
		ui.queryWhole.hidden = !this.part;
		ui.queryPart.hidden = Boolean(this.part);
		if (ask.tab === "text") return;
		const [token, first] = [one(ask, "picture"), one(ask, "images")];
		if (token) this.#load(`${BASE}/queries/${token}`, "Your picture");
		else this.#load(first ? thumbnailOf(first, 640) : "", "A picture of the gallery");
		if (first && !token) this.#name(first);
	}

	/** Show a file that is on its way to the server. @param {File} file */
	preview(file) {
		ui.queryEmpty.hidden = true;
		ui.queryThere.hidden = false;
		this.region.set(null);
		const url = URL.createObjectURL(file);
		this.#load(url, "Your picture");
		ui.queryImage.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
	}

	/** @param {string} source @param {string} name */
	#load(source, name) {
		if (ui.queryImage.getAttribute("src") === source) return;
		if (source) ui.queryImage.src = source;
		else ui.queryImage.removeAttribute("src");
		ui.queryImage.alt = ui.queryName.textContent = name;
		this.path = "";
	}

	/** @param {string} id */
	async #name(id) {
		const { src } = ui.queryImage;
		// Without a name it can be shown all the same; that it is gone is said by the search.
		const picture = await patiently(() => call(`/images/${id}`)).catch(() => null);
		if (!picture || ui.queryImage.src !== src) return;
		ui.queryImage.alt = ui.queryName.textContent = picture.name;
		this.path = picture.path;
		this.onPath();
	}
}
