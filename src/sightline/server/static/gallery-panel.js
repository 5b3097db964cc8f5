/** What the gallery holds: how many, by which model, what could not be read and why. */

import { bdi, factList, make, ui } from "./elements.js";
import { bytes, counted, date, number } from "./wording.js";

/** @param {GalleryFacts} facts */
export function showGallery(facts) {
	const { first, last } = facts.taken;
	const models = facts.models.map(
		({ name, vectors, dimensions, precision }) => `${name}: ${counted(vectors, "vector")} of ${dimensions} dimensions, ${precision}`,
	);
	ui.galleryCount.textContent = counted(facts.images, "picture");
	ui.galleryFacts.replaceChildren(
		...factList([
			["Pictures", number(facts.images)],
			["Model", models.join("; ") || facts.model],
			["It knows", facts.knows],
			["Words", !facts.can_text && "this model takes pictures only"],
			["No vector", facts.missing > 0 && `${counted(facts.missing, "picture")}, which no search finds: index again`],
			["Taken", first && last && `${date(first)} to ${date(last)}`],
			["Search index", facts.index_state],
			["On disk", bytes(facts.bytes_on_disk)],
			["Place", facts.path],
			["Sightline", facts.version],
		]),
	);
	const folders = facts.folders.map((folder) => make("li", {}, bdi(folder)));
	ui.galleryFolders.replaceChildren(...(folders.length ? folders : [make("li", { className: "quiet", textContent: "None yet." })]));
	showFaults(facts.faults);
}

/** @param {GalleryFacts["faults"]} faults */
function showFaults({ count, reasons, first }) {
	ui.faultsNone.hidden = count > 0;
	const groups = reasons.map(({ reason, count: many }) => make("li", {}, make("strong", { textContent: number(many) }), ` ${reason}`));
	const files = make("ul", { className: "paths" }, ...first.map(faultLine));
	const rest = count - first.length;
	if (rest) files.append(make("li", { textContent: `and ${number(rest)} more, which sightline status --skipped lists` }));
	const which = make("details", { hidden: !count }, make("summary", { textContent: "Which files" }), files);
	ui.faults.replaceChildren(make("ul", { className: "paths" }, ...groups), which);
}

/** @param {Fault} fault */
const faultLine = ({ path, reason }) => make("li", {}, bdi(path), make("span", { className: "quiet", textContent: reason }));
