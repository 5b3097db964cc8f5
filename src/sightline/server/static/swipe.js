/** A swipe of one finger or pen to either side. */

import { isMirrored } from "./elements.js";

const FAR_ENOUGH_PX = 48;

/** @param {HTMLElement} place @param {() => boolean} isAllowed @param {(step: number) => void} onDone 1 is on to the next, -1 back */
export function onSwipe(place, isAllowed, onDone) {
	/** @type {PointerEvent|null} */
	let start = null;
	place.onpointerdown = (event) => {
		start = event.pointerType !== "mouse" && event.isPrimary && isAllowed() ? event : null;
	};
	place.onpointermove = ({ clientX }) => {
		if (start) place.style.setProperty("--swiped", `${clientX - start.clientX}px`);
	};
	place.onpointerup = place.onpointercancel = ({ type, clientX, clientY }) => {
		if (!start) return;
		const [x, y] = [clientX - start.clientX, Math.abs(clientY - start.clientY)];
		start = null;
		place.style.removeProperty("--swiped");
		if (type === "pointerup" && Math.abs(x) > Math.max(FAR_ENOUGH_PX, 2 * y)) onDone(x < 0 === isMirrored(place) ? -1 : 1);
	};
}
