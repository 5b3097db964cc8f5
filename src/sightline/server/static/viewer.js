/** The open picture: large, with its facts, and with ways to go on from it. */

import { announce, note } from "./announcements.js";
import { call } from "./api.js";
import { patiently } from "./connection.js";
import { copy } from "./copying.js";
import { button, factList, isMirrored, isWriting, make, ui } from "./elements.js";
import { showLabels } from "./labels.js";
import { formatRegion, RegionBox } from "./region.js";
import { onSwipe } from "./swipe.js";
import { sourceSet, thumbnailUrl } from "./thumbnails.js";
import { bytes, date, number, score, sentenceOf } from "./wording.js";

const LARGEST_SCALE = 2;

export class Viewer {
	/** @type {Picture|null} */
	picture = null;

	/** @param {Ways} ways */
	constructor(ways) {
		this.ways = ways;
		this.region = new RegionBox(ui.frame, {
			onDrawn: () => this.region.box.focus(),
			onSearch: () => this.#searchPart(),
			onCancel: () => this.#stopDrawing(),
		});
		ui.viewerClose.onclick = () => ways.close();
		ui.viewerBefore.onclick = () => this.step(-1);
		ui.viewerAfter.onclick = () => this.step(1);
		ui.partSearch.onclick = () => this.#searchPart();
		ui.partCancel.onclick = () => this.#stopDrawing();
		ui.viewer.oncancel = (event) => {
			event.preventDefault();
			if (this.region.enabled) this.#stopDrawing();
			else ways.close();
		};
		// A second Escape closes whatever is said to the first.
		ui.viewer.onclose = () => this.picture && ways.close();
		ui.viewer.onkeydown = (event) => this.#onKey(event);
		ui.stage.onclick = ({ target }) => {
			if (target === ui.stage && !this.region.enabled) ways.close();
		};
		onSwipe(ui.stage, () => !this.region.enabled, (step) => this.step(step));
		new ResizeObserver(() => this.#fit()).observe(ui.stage);
	}

	/** Show one picture by its id, or close. @param {number|null} id */
	async present(id) {
		if (id === null) {
			this.picture = null;
			ui.viewer.close();
			return;
		}
		if (this.picture?.id === id) return;
		const known = this.ways.neighbours().find((picture) => picture.id === id);
		try {
			this.#show(known ?? (await patiently(() => call(`/images/${id}`))));
		} catch (error) {
			note(sentenceOf(error));
			this.ways.close();
		}
	}

	/** The list of neighbours became another one. */
	placeAgain() {
		if (this.picture) this.#tellPlace(this.picture);
	}

	/** @param {Picture} picture */
	#show(picture) {
		this.picture = picture;
		if (!ui.viewer.open) ui.viewer.showModal();
		this.#stopDrawing();
		this.#fit();
		// The small one is there already, and stands in until the large one is.
		ui.large.style.backgroundImage = `url("${thumbnailUrl(picture, 320)}")`;
		ui.large.removeAttribute("src");
		const sizes = `${ui.frame.clientWidth}px`;
		Object.assign(ui.large, { sizes, srcset: sourceSet(picture, true), src: thumbnailUrl(picture, 1280), alt: picture.name });
		for (const step of [1, -1]) {
			const near = this.#at(step);
			if (near) Object.assign(new Image(), { sizes, srcset: sourceSet(near, true) });
		}
		this.#describe(picture);
		ui.viewer.scrollTop = 0;
	}

	/** @param {Picture} picture */
	#describe(picture) {
		ui.viewerName.textContent = picture.name;
		ui.facts.replaceChildren(
			...factList([
				["Score", picture.score !== undefined && `${score(picture.score)}, rank ${number(picture.rank ?? 0)}`],
				["Size", `${number(picture.width)} × ${number(picture.height)} pixels`],
				["Taken", picture.taken_at && date(picture.taken_at)],
				["Modified", date(picture.modified_at)],
				["File", `${picture.format}, ${bytes(picture.bytes)}`],
				["Folder", picture.folder],
			]),
		);
		ui.viewerActions.replaceChildren(...this.#actions(picture));
		showLabels(picture, (changed) => {
			this.ways.changed(changed);
			if (this.picture?.id !== changed.id) return;
			this.picture = { ...this.picture, ...changed };
			this.#describe(this.picture);
		});
		this.#tellPlace(picture);
	}

	/** @param {Picture} picture */
	#tellPlace({ id }) {
		const list = this.ways.neighbours();
		const at = list.findIndex((picture) => picture.id === id);
		ui.viewerPlace.textContent = at < 0 ? "" : `${number(at + 1)} of ${number(list.length)}`;
		ui.viewerBefore.disabled = at <= 0;
		ui.viewerAfter.disabled = at < 0 || at === list.length - 1;
		if (document.activeElement?.matches(":disabled")) ui.viewerClose.focus();
		if (at > list.length - 10) this.ways.nearEnd();
	}

	/** @param {Picture} picture @returns {Node[]} */
	#actions({ id, path, file, uploaded, name }) {
		const { ways } = this;
		const original = make("a", { className: "button", href: file, target: "_blank", textContent: "Open original" });
		return [
			button("More like this", () => ways.like(id), { strong: true }),
			button("Like this, but …", () => ways.likeBut(id)),
			...(ways.mayJudge() ? [button("Relevant", () => ways.judge(id, 1)), button("Not relevant", () => ways.judge(id, 0))] : []),
			...(ways.mayExclude() ? [button("Not like this", () => ways.notLike(id))] : []),
			button("Search by a part", () => this.#draw()),
			original,
			button("Copy path", () => copy(path, "The path")),
			...(uploaded ? [button("Remove", () => this.#remove(id, name))] : []),
		];
	}

	/** @param {number} step */
	#at(step) {
		const list = this.ways.neighbours();
		const at = list.findIndex(({ id }) => id === this.picture?.id);
		return at < 0 ? undefined : list[at + step];
	}

	/** @param {number} step */
	step(step) {
		const next = this.#at(step);
		if (!next) return;
		this.ways.open(next.id);
		announce(`${next.name}, ${ui.viewerPlace.textContent}`);
	}

	/** @param {KeyboardEvent} event */
	#onKey({ key, ctrlKey, metaKey, altKey }) {
		if (isWriting() || ctrlKey || metaKey || altKey) return;
		const onward = isMirrored(ui.viewer) ? -1 : 1;
		if (key === "ArrowRight") this.step(onward);
		else if (key === "ArrowLeft") this.step(-onward);
		else if (key === "b") this.#draw();
	}

	/** Make the frame as large as the picture can be shown, before the picture is there. */
	#fit() {
		if (!this.picture || !ui.viewer.open) return;
		const { width, height } = this.picture;
		ui.stage.style.setProperty("--ratio", String(width / height));
		const style = getComputedStyle(ui.stage);
		const wide = ui.stage.clientWidth - 2 * parseFloat(style.paddingInlineStart);
		const high = ui.stage.clientHeight - 2 * parseFloat(style.paddingBlockStart);
		const scale = Math.min(wide / width, high / height, LARGEST_SCALE);
		Object.assign(ui.frame.style, { width: `${width * scale}px`, height: `${height * scale}px` });
	}

	#draw() {
		this.#setDrawing(true);
		this.region.begin();
	}

	#stopDrawing() {
		const hadFocus = this.region.box === document.activeElement;
		this.#setDrawing(false);
		this.region.set(null);
		if (hadFocus) ui.viewerClose.focus();
	}

	/** @param {boolean} drawing */
	#setDrawing(drawing) {
		this.region.enabled = drawing;
		ui.part.hidden = !drawing;
		ui.stage.classList.toggle("drawing", drawing);
	}

	#searchPart() {
		if (this.picture && this.region.region) this.ways.likePart(this.picture.id, formatRegion(this.region.region));
	}

	/** @param {number} id @param {string} name */
	async #remove(id, name) {
		if (!confirm(`Remove ${name} from the gallery, and delete the uploaded file?`)) return;
		try {
			await call(`/images/${id}`, { method: "DELETE" });
			this.ways.close();
			this.ways.removed();
			note(`${name} is removed.`);
		} catch (error) {
			note(sentenceOf(error));
		}
	}
}
