/** The page put together: what one part tells, another part hears. */

import { all, changed, isComplete, openId, searchKey } from "./address.js";
import { announce } from "./announcements.js";
import { call, Problem } from "./api.js";
import { focusWords, showAsking, startAsking, suggest } from "./asking.js";
import { patiently } from "./connection.js";
import { icon, isWriting, ui } from "./elements.js";
import { noFilters, offerFilters, showFilters, startFilters } from "./filters.js";
import { showGallery } from "./gallery-panel.js";
import { startIntake } from "./intake.js";
import { Jobs } from "./jobs.js";
import { Judging } from "./judging.js";
import { closeOpen, currentAsk, go, startNavigation } from "./navigation.js";
import { QueryPicture } from "./query-picture.js";
import { showRefining, startRefining } from "./refining.js";
import { Results } from "./results.js";
import { newestPictures } from "./searching.js";
import { openSheet, startSheets } from "./sheets.js";
import { startSigningIn } from "./signing-in.js";
import { Stage } from "./stage.js";
import { showExamples } from "./start.js";
import { Understanding } from "./understanding.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";
import { sentenceOf } from "./wording.js";

const NEWEST = 60;

/** @type {GalleryFacts|null} */
let facts = null;
/** @type {Picture[]} */
let newest = [];
let shownKey = "";

const stage = new Stage((id) => go({ open: id }), () => results.grow(), {
	add: ["Add pictures", () => openSheet(ui.add)],
	gallery: ["Open the gallery panel", () => openSheet(ui.gallery)],
	clearFilters: ["Clear the filters", () => go(noFilters())],
	noMinimum: ["Show the nearest anyway", () => go({ min_score: null })],
});

const results = new Results({
	show: () => {
		stage.show(results);
		understanding.show(results);
		judging.mark();
		viewer.placeAgain();
	},
	wait: () => stage.wait(),
	fail: showFault,
});

const viewer = new Viewer({
	neighbours: () => (isComplete(currentAsk()) ? results.hits : newest),
	mayExclude: () => isComplete(currentAsk()),
	open: (id) => go({ open: id }, { replace: true }),
	close: closeOpen,
	like: (id) => goLike("image", id, {}),
	likeBut: (id) => {
		goLike("composed", id, { text: null });
		focusWords();
	},
	likePart: (id, region) => goLike("image", id, { region }),
	notLike: (id) => go({ open: null, excluded_images: [...all(currentAsk(), "excluded_images"), id] }),
	changed: (picture) => {
		results.replace(picture);
		newest = newest.map((other) => (other.id === picture.id ? picture : other));
		loadGallery();
	},
	removed: galleryChanged,
	judge: (id, grade) => judging.say(id, grade),
	mayJudge: () => judging.question !== null,
	nearEnd: () => results.grow(),
});

const queryPicture = new QueryPicture(go, () => understanding.tellCommand());
const understanding = new Understanding(() => queryPicture.path, again);
const judging = new Judging({
	current: () => viewer.picture?.id ?? stage.grid.focused,
	next: (id) => (viewer.picture ? viewer.step(1) : stage.grid.focusAfter(id)),
});
const uploads = new Uploads(() => facts?.max_upload_bytes ?? Infinity, galleryChanged);
const jobs = new Jobs(galleryChanged);

/** @param {Ask} ask */
function present(ask) {
	const opened = viewer.picture?.id;
	const start = !isComplete(ask);
	const key = start ? `start ${ask.tab}` : searchKey(ask);
	showAsking(ask, start);
	queryPicture.show(ask);
	showFilters(ask);
	showRefining(ask);
	understanding.present(ask);
	judging.present(ask);
	results.present(ask);
	if (start) stage.rest(newest);
	viewer.present(openId(ask));
	if (key !== shownKey) scrollTo(0, results.found?.scroll ?? 0);
	else if (opened && !openId(ask)) stage.grid.focus(opened);
	shownKey = key;
}

/** Enter was pressed. @param {string} text */
function search(text) {
	performance.mark("sightline:enter");
	const before = searchKey(currentAsk());
	go({ text, open: null });
	// Asked again on purpose: the gallery may be another one now.
	if (searchKey(currentAsk()) === before) again();
}

/** @param {File} file */
async function searchByFile(file) {
	performance.mark("sightline:enter");
	for (const dialog of [ui.gallery, ui.add, ui.viewer]) dialog.close();
	viewer.picture = null;
	const tab = currentAsk().tab === "composed" ? "composed" : "image";
	const alone = { images: [], picture: null, region: null, open: null };
	const ask = changed(currentAsk(), { ...alone, tab });
	showAsking(ask, false);
	queryPicture.show(ask);
	understanding.present(ask);
	queryPicture.preview(file);
	announce("Searching by your picture.");
	const picture = await results.presentFile(ask, file);
	if (picture) go({ ...alone, tab, picture });
}

/** @param {Tab} tab @param {number} id @param {Changes} changes */
function goLike(tab, id, changes) {
	const rest = { picture: null, region: null, open: null, excluded_texts: [], excluded_images: [], min_score: null };
	go({ ...rest, tab, images: id, ...changes });
}

/** @param {unknown} error */
function showFault(error) {
	const title = error instanceof Problem ? "That cannot be searched for" : "Something went wrong in this page";
	understanding.fail();
	stage.fail(title, sentenceOf(error), again);
	announce(sentenceOf(error));
}

/** The same search once more: what it is asked of has changed. */
function again() {
	results.present(currentAsk(), { fresh: true });
}

async function loadGallery() {
	facts = /** @type {GalleryFacts} */ (await patiently(() => call("/gallery")));
	showGallery(facts);
	offerFilters(facts);
	suggest(facts);
	understanding.offer(facts.composing);
	judging.examples = facts.examples;
	ui.jobPart.hidden = !facts.may_index;
	ui.welcome.hidden = facts.images > 0;
	return facts;
}

async function loadStart() {
	const { images, examples } = await loadGallery();
	newest = images ? await newestPictures(NEWEST) : [];
	if (stage.resting) stage.rest(newest);
	await showExamples(images ? examples : []);
}

async function galleryChanged() {
	results.forget();
	await loadStart();
	if (isComplete(currentAsk())) again();
}

for (const place of document.querySelectorAll("[data-icon]"))
	place.prepend(icon(/** @type {HTMLElement} */ (place).dataset.icon ?? ""));
startSigningIn();
startSheets();
startFilters();
startRefining();
startAsking(search);
startIntake(searchByFile, (files) => {
	openSheet(ui.add);
	uploads.add(files);
});
addEventListener("keydown", (event) => {
	if (event.key !== "/" || isWriting() || document.querySelector("dialog[open]")) return;
	event.preventDefault();
	focusWords();
});
ui.skip.onclick = (event) => {
	// Its address would be another search.
	event.preventDefault();
	ui.grid.querySelector("a")?.focus();
};
history.scrollRestoration = "manual";
startNavigation(present);
await Promise.all([loadStart(), jobs.pickUp()]);
