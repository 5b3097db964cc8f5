/** Finding and making elements. Outside text goes in as text, never as markup. */

/** The elements of index.html by their ids. @type {Ui} */
export const ui = new Proxy(/** @type {any} */ ({}), {
	get(known, id) {
		known[id] ??= document.getElementById(String(id));
		if (!known[id]) throw new Error(`index.html has no #${String(id)}`);
		return known[id];
	},
});

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Partial<HTMLElementTagNameMap[K]>} [properties]
 * @param {...(Node|string|false|null|undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
	const element = document.createElement(tag);
	Object.assign(element, properties);
	for (const child of children) if (child) element.append(child);
	return element;
}

/** Text of unknown direction. @param {string} text */
export const bdi = (text) => make("bdi", { textContent: text });

/** A drawing of the sprite in index.html, as decoration. @param {string} name */
export function icon(name) {
	const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
	const use = document.createElementNS(drawing.namespaceURI, "use");
	use.setAttribute("href", `#i-${name}`);
	drawing.setAttribute("class", "icon");
	drawing.ariaHidden = "true";
	drawing.append(use);
	return drawing;
}

/** @param {string} textContent @param {() => void} onclick @param {{strong?: boolean}} [look] */
export function button(textContent, onclick, { strong = false } = {}) {
	return make("button", { className: strong ? "strong" : "", textContent, onclick });
}

/** A small cross. @param {string} label what it takes away @param {() => void} onclick */
export function cross(label, onclick) {
	return make("button", { className: "cross", title: label, ariaLabel: label, onclick }, icon("close"));
}

/** Names and values as a <dl> wants them; what has no value is left out. @param {[string, string|false|null][]} facts */
export function factList(facts) {
	return facts.flatMap(([name, value]) =>
		value ? [make("dt", { textContent: name }), make("dd", {}, bdi(value))] : [],
	);
}

/** Whether the person is writing, so that a key is a letter and not a command. */
export function isWriting() {
	return document.activeElement?.matches("select, textarea, input:not([type=range], [type=checkbox])") ?? false;
}

/** Whether writing goes from right to left. @param {Element} place */
export const isMirrored = (place) => getComputedStyle(place).direction === "rtl";
