/** The pictures as a justified grid that is walked through with the arrow keys. */

import { bdi, isMirrored, make, ui } from "./elements.js";
import { justify } from "./layout.js";
import { addressWith } from "./navigation.js";
import { sourceSet, thumbnailUrl, watchLoading } from "./thumbnails.js";
import { score } from "./wording.js";

// These are asked for at once; the rest when it comes near the window.
const EAGER = 12;
// About a row: these are waited for.
const FIRST = 6;

export class Grid {
	width = 0;
	open = false;
	/** @type {Picture[]} */
	pictures = [];
	/** @type {HTMLLIElement[]} */
	tiles = [];

	/** @param {(id: number) => void} onOpen */
	constructor(onOpen) {
		ui.grid.onclick = (event) => {
			const tile = event.target instanceof Element ? event.target.closest("li") : null;
			if (!tile?.dataset.id || event.ctrlKey || event.metaKey || event.shiftKey) return;
			event.preventDefault();
			onOpen(Number(tile.dataset.id));
		};
		ui.grid.onkeydown = (event) => this.#walk(event);
		new ResizeObserver(() => this.#resized()).observe(ui.grid);
	}

	/** Show pictures; those at the beginning that are there already stay. @param {Picture[]} pictures @param {boolean} open more will come */
	show(pictures, open) {
		const same = this.tiles.findIndex((_, at) => pictures[at] !== this.pictures[at]);
		if (same >= 0) this.#cut(same);
		Object.assign(this, { pictures, open });
		this.#place();
	}

	/** Give up pictures that are still on their way: what comes next is not to wait for them. */
	letGo() {
		const late = this.tiles.findIndex((tile) => tile.querySelector("img:not(.loaded)"));
		if (late < 0) return;
		for (const image of ui.grid.querySelectorAll("img:not(.loaded)")) {
			image.removeAttribute("srcset");
			image.removeAttribute("src");
		}
		// A tile without its picture is made anew if it stays.
		this.pictures = this.pictures.slice(0, late);
	}

	/** Put the focus on a picture's tile. @param {number} id */
	focus(id) {
		this.#focusAt(this.pictures.findIndex((picture) => picture.id === id));
	}

	/** The picture whose tile has the focus, or 0. */
	get focused() {
		return this.pictures[this.tiles.findIndex((tile) => tile.contains(document.activeElement))]?.id ?? 0;
	}

	/** Put the focus on the tile behind a picture's. @param {number} id */
	focusAfter(id) {
		this.#focusAt(this.pictures.findIndex((picture) => picture.id === id) + 1);
	}

	/** @returns {HTMLImageElement[]} */
	firstRow() {
		const row = this.tiles.filter((tile) => tile.style.insetBlockStart === "0px");
		return row.flatMap((tile) => [...tile.querySelectorAll("img")]);
	}

	/** @param {number} count of tiles that stay */
	#cut(count) {
		for (const tile of this.tiles.splice(count)) tile.remove();
	}

	#room() {
		const style = getComputedStyle(ui.grid);
		const [rowHeight, gap] = ["--row", "--gap"].map((name) => parseFloat(style.getPropertyValue(name)));
		return { width: ui.grid.clientWidth, rowHeight: rowHeight ?? 0, gap: gap ?? 0 };
	}

	#place() {
		const room = this.#room();
		this.width = room.width;
		const { boxes, height } = justify(this.pictures.map(({ width, height }) => width / height), room, this.open);
		this.#cut(boxes.length);
		for (const [at, box] of boxes.entries()) {
			const tile = (this.tiles[at] ??= this.#tile(at, box));
			moved(tile, box);
		}
		ui.grid.append(...this.tiles.filter((tile) => !tile.isConnected));
		ui.grid.style.blockSize = `${height}px`;
	}

	/** @param {number} at @param {Box} box */
	#tile(at, box) {
		const picture = /** @type {Picture} */ (this.pictures[at]);
		const image = make("img", { alt: "", decoding: "async", loading: at < EAGER ? "eager" : "lazy", draggable: false });
		image.fetchPriority = at < FIRST ? "high" : "low";
		watchLoading(image);
		Object.assign(image, { sizes: `${box.width}px`, srcset: sourceSet(picture), src: thumbnailUrl(picture, 320) });
		const hidden = make("span", { className: "unseen", textContent: "score " });
		const facts = make(
			"span",
			{ className: "tile-facts" },
			bdi(picture.name),
			picture.score !== undefined && make("span", { className: "tile-score" }, hidden, score(picture.score)),
		);
		const link = make("a", { href: addressWith({ open: picture.id }), tabIndex: at ? -1 : 0 }, image, facts);
		const tile = make("li", { className: "tile" }, link);
		tile.dataset.id = String(picture.id);
		return tile;
	}

	#resized() {
		if (ui.grid.clientWidth === this.width || !this.tiles.length) return;
		const anchor = this.tiles.find((tile) => tile.getBoundingClientRect().bottom > 0);
		const before = anchor?.getBoundingClientRect().top ?? 0;
		this.#place();
		// What was at the top of the window stays there.
		if (anchor && scrollY > 0) scrollBy(0, anchor.getBoundingClientRect().top - before);
	}

	/** @param {KeyboardEvent} event */
	#walk(event) {
		const at = this.tiles.findIndex((tile) => tile.contains(document.activeElement));
		if (at < 0 || event.altKey || event.metaKey || event.ctrlKey) return;
		const onward = isMirrored(ui.grid) ? -1 : 1;
		const to = {
			Home: 0,
			End: this.tiles.length - 1,
			ArrowRight: at + onward,
			ArrowLeft: at - onward,
			ArrowDown: this.#across(at, 1),
			ArrowUp: this.#across(at, -1),
		}[event.key];
		if (to === undefined) return;
		event.preventDefault();
		this.#focusAt(to);
	}

	/** The tile in the next row that lies nearest. @param {number} at @param {1|-1} step */
	#across(at, step) {
		const boxes = this.tiles.map((tile) => tile.getBoundingClientRect());
		const here = /** @type {DOMRect} */ (boxes[at]);
		const beyond = boxes.filter(({ top }) => (top - here.top) * step > 0);
		const row = Math.min(...beyond.map(({ top }) => top * step)) * step;
		/** @param {DOMRect} box */
		const aside = ({ left, width }) => Math.abs(left + width / 2 - here.left - here.width / 2);
		const nearest = beyond.filter(({ top }) => top === row).sort((a, b) => aside(a) - aside(b))[0];
		return nearest ? boxes.indexOf(nearest) : at;
	}

	/** @param {number} at */
	#focusAt(at) {
		const link = this.tiles[at]?.querySelector("a");
		if (!link) return;
		for (const other of ui.grid.querySelectorAll("a")) other.tabIndex = -1;
		link.tabIndex = 0;
		link.focus();
		link.scrollIntoView({ block: "nearest" });
	}
}

/** @param {HTMLLIElement} tile @param {Box} box */
function moved(tile, { x, y, width, height }) {
	const [insetInlineStart, insetBlockStart, inlineSize, blockSize] = [x, y, width, height].map((px) => `${px}px`);
	Object.assign(tile.style, { insetInlineStart, insetBlockStart, inlineSize, blockSize });
	return tile;
}
