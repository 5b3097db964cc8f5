/** Before the first search: what one could ask this gallery. */

import { addressOf } from "./address.js";
import { make, ui } from "./elements.js";
import { searchPage } from "./searching.js";
import { sourceSet, thumbnailUrl } from "./thumbnails.js";

const SHOWN_EACH = 3;

/** Make a card of each example, with the pictures that it finds. @param {string[]} examples */
export async function showExamples(examples) {
	ui.examplesPart.hidden = !examples.length;
	const cards = examples.map((text) => {
		const pictures = make("span", { className: "example-pictures" });
		const card = make("a", { className: "example", href: addressOf("text", { text }) }, pictures, make("span", { textContent: text }));
		return { text, pictures, item: make("li", {}, card) };
	});
	ui.examples.replaceChildren(...cards.map(({ item }) => item));
	await Promise.all(
		cards.map(async ({ text, pictures }) => {
			const { hits } = await searchPage({ tab: "text", parts: { text: [text] } }, { k: SHOWN_EACH });
			pictures.replaceChildren(...hits.map(small));
		}),
	);
}

/** @param {Picture} picture @param {number} at */
function small(picture, at) {
	const sizes = at ? "120px" : "260px";
	return make("img", { alt: "", decoding: "async", sizes, srcset: sourceSet(picture), src: thumbnailUrl(picture, 320) });
}
