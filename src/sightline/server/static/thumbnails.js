/** Which sizes of a picture to load, and what to do when one does not come. */

import { BASE } from "./api.js";
import { serverBack } from "./connection.js";

const SIZES = [160, 320, 640, 1280];
const SHOWN_BY_BROWSERS = ["JPEG", "PNG", "GIF", "WEBP", "AVIF", "BMP"];
const LARGEST_ORIGINAL_BYTES = 20e6;

/** @param {{thumbnail: string}} picture @param {number} longest_px */
export function thumbnailUrl({ thumbnail }, longest_px) {
	return `${thumbnail}${thumbnail.includes("?") ? "&" : "?"}size=${longest_px}`;
}

/** The same where only the id is known. @param {string|number} id @param {number} longest_px */
export const thumbnailOf = (id, longest_px) => thumbnailUrl({ thumbnail: `${BASE}/images/${id}/thumbnail` }, longest_px);

/** Every size with its width, as srcset wants it. @param {Picture} picture @param {boolean} [original] whether that is one of them */
export function sourceSet(picture, original = false) {
	const longest = Math.max(picture.width, picture.height);
	const sets = SIZES.map((size) => {
		const width = Math.round(picture.width * Math.min(1, size / longest));
		return `${thumbnailUrl(picture, size)} ${Math.max(1, width)}w`;
	});
	const isShown = SHOWN_BY_BROWSERS.includes(picture.format) && picture.bytes < LARGEST_ORIGINAL_BYTES;
	if (original && isShown && longest > 1280) sets.push(`${picture.file} ${picture.width}w`);
	return sets.join(", ");
}

/** Show a picture once it is there; if the server went away meanwhile, load it when it is back. @param {HTMLImageElement} image */
export function watchLoading(image) {
	image.onload = () => image.classList.add("loaded");
	image.onerror = async () => {
		image.onerror = () => image.classList.add("broken");
		await serverBack();
		image.src = String(image.src);
	};
}
