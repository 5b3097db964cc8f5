/** A box on a picture, drawn with pointer or keys, that says by which part to search. */

import { make } from "./elements.js";

const LEAST = 0.04;
const STEP = 0.02;
const CENTRE = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.75 };
/** @type {Record<string, [x: number, y: number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** @param {string} text such as "0.1,0.2,0.5,0.9" @returns {Region|null} */
export function parseRegion(text) {
	const [left = NaN, top = NaN, right = NaN, bottom = NaN] = text.split(",").map(Number);
	const isInside = left >= 0 && top >= 0 && right <= 1 && bottom <= 1;
	return isInside && left < right && top < bottom ? { left, top, right, bottom } : null;
}

/** @param {Region} region */
export function formatRegion({ left, top, right, bottom }) {
	return [left, top, right, bottom].map((side) => Math.round(side * 1000) / 1000).join();
}

export class RegionBox {
	/** @type {Region|null} */
	region = null;
	enabled = true;

	/** @param {HTMLElement} frame lies exactly over the picture @param {BoxCalls} calls */
	constructor(frame, calls) {
		this.frame = frame;
		this.calls = calls;
		this.box = make("button", { className: "region", hidden: true });
		this.box.onkeydown = (event) => this.#onKey(event);
		frame.append(this.box);
		frame.addEventListener("pointerdown", (event) => this.#onPress(event));
	}

	/** @param {Region|null} region */
	set(region) {
		this.region = region;
		this.box.hidden = !region;
		if (!region) return;
		const { left, top, right, bottom } = region;
		const [x, y, width, height] = [left, top, right - left, bottom - top].map((part) => `${(part * 100).toFixed(1)}%`);
		// A picture is not mirrored in right-to-left writing, so these sides are physical.
		Object.assign(this.box.style, { left: x, top: y, width, height });
		this.box.ariaLabel =
			`Part to search by, ${width} by ${height}, ${x} from the left, ${y} from the top. ` +
			"Arrows move it, with Shift they resize it, Enter searches.";
	}

	/** Put a box in the middle, for keys to move. */
	begin() {
		if (!this.region) this.set(CENTRE);
		this.box.focus();
	}

	/** @param {PointerEvent} event */
	#onPress(event) {
		if (!this.enabled || event.button) return;
		event.preventDefault();
		event.stopPropagation();
		const { frame, region: before } = this;
		const from = this.#pointOf(event);
		const moves = event.target === this.box;
		frame.setPointerCapture(event.pointerId);
		const stop = new AbortController();
		const { signal } = stop;
		/** @param {PointerEvent} moved */
		const drag = (moved) => {
			const to = this.#pointOf(moved);
			if (moves && before) this.set(shifted(before, to.x - from.x, to.y - from.y));
			else this.set(spanning(from, to));
		};
		const end = () => {
			stop.abort();
			const { region } = this;
			const isTiny = region && (region.right - region.left < LEAST || region.bottom - region.top < LEAST);
			if (isTiny) this.set(before);
			else if (region !== before) this.calls.onDrawn();
		};
		frame.addEventListener("pointermove", drag, { signal });
		frame.addEventListener("pointerup", end, { signal });
		frame.addEventListener("pointercancel", end, { signal });
	}

	/** @param {PointerEvent} event */
	#pointOf({ clientX, clientY }) {
		const { left, top, width, height } = this.frame.getBoundingClientRect();
		return { x: clamp((clientX - left) / width), y: clamp((clientY - top) / height) };
	}

	/** @param {KeyboardEvent} event */
	#onKey(event) {
		const { region, calls } = this;
		const step = ARROWS[event.key];
		if (!region) return;
		if (step) this.set(event.shiftKey ? resized(region, ...step) : shifted(region, ...step));
		else if (event.key === "Enter") calls.onSearch();
		else if (event.key === "Escape") calls.onCancel();
		else return;
		event.preventDefault();
		event.stopPropagation();
	}
}

/** @param {{x: number, y: number}} a @param {{x: number, y: number}} b @returns {Region} */
function spanning(a, b) {
	const [left, right] = a.x < b.x ? [a.x, b.x] : [b.x, a.x];
	const [top, bottom] = a.y < b.y ? [a.y, b.y] : [b.y, a.y];
	return { left, top, right, bottom };
}

/** @param {Region} region @param {number} x @param {number} y */
function shifted({ left, top, right, bottom }, x, y) {
	const dx = Math.min(Math.max(x, -left), 1 - right);
	const dy = Math.min(Math.max(y, -top), 1 - bottom);
	return { left: left + dx, top: top + dy, right: right + dx, bottom: bottom + dy };
}

/** @param {Region} region @param {number} x @param {number} y */
function resized({ left, top, right, bottom }, x, y) {
	const [farRight, farBottom] = [clamp(right + x), clamp(bottom + y)];
	return { left, top, right: Math.max(left + LEAST, farRight), bottom: Math.max(top + LEAST, farBottom) };
}

/** @param {number} value */
const clamp = (value) => Math.min(Math.max(value, 0), 1);
