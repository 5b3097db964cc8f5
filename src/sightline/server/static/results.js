/** The results of the present search: fetched page by page, kept for the way back. */

import { changed, isComplete, MOST, mostOf, one, searchKey } from "./address.js";
import { announce } from "./announcements.js";
import { searchPage } from "./searching.js";
import { counted, score } from "./wording.js";

const PAGE = 60;
const KEPT_SEARCHES = 20;

export class Results {
	/** @type {Map<string, Found>} */
	kept = new Map();
	/** @type {Found|null} */
	found = null;
	/** @type {Ask} */
	ask = { tab: "text", parts: {} };
	running = new AbortController();
	fetching = false;

	/** @param {Drawn} drawn */
	constructor(drawn) {
		this.drawn = drawn;
	}

	/** The hits to show, in order. @returns {Picture[]} */
	get hits() {
		const hits = this.found?.hits.slice(0, mostOf(this.ask)) ?? [];
		const sort = one(this.ask, "sort");
		const turn = sort === "newest" ? -1 : 1;
		return sort ? hits.sort((a, b) => turn * (timeOf(a) - timeOf(b))) : hits;
	}

	/** Whether there is more than is shown. */
	get more() {
		return this.found !== null && (this.found.more || this.found.hits.length > mostOf(this.ask));
	}

	/** Whether scrolling brings it. */
	get growing() {
		const { found, ask } = this;
		return found !== null && !one(ask, "sort") && found.more && found.hits.length < mostOf(ask);
	}

	/** Show a search: at once if it is known, else as soon as it is answered. @param {Ask} ask @param {{fresh?: boolean}} [how] */
	async present(ask, { fresh = false } = {}) {
		const key = searchKey(ask);
		const same = searchKey(this.ask) === key && (this.fetching || this.found) && !fresh;
		const known = fresh ? undefined : this.kept.get(key);
		if (same) this.ask = ask;
		else this.#leave(ask);
		if (same && this.found) this.drawn.show();
		else if (!same && known) this.#show(known);
		else if (!same && isComplete(ask)) await this.#search(null);
	}

	/** Search by a file that the server does not have yet. @param {Ask} ask @param {File} file @returns {Promise<string|null>} the token that it is kept under; null if it was refused */
	async presentFile(ask, file) {
		this.#leave(ask);
		return (await this.#search(file))?.picture?.token ?? null;
	}

	/** Fetch the next page, if there is one to show. */
	async grow() {
		const { found, growing } = this;
		if (!found || !growing || this.fetching) return;
		const offset = found.hits.length;
		// What it was understood as is sent back: nothing is put into words twice.
		const understood = found.answer.composition?.target ? found.answer.composition : null;
		const answer = await this.#fetch({ offset, k: Math.min(PAGE, MOST - offset), understood });
		if (!answer) return;
		found.hits = [...found.hits, ...answer.hits];
		found.more = answer.more && answer.hits.length > 0;
		this.drawn.show();
	}

	/** Forget what was found: the gallery is another one now. */
	forget() {
		this.kept.clear();
	}

	/** Put a picture's new facts in place. @param {Picture} picture */
	replace(picture) {
		for (const found of this.kept.values())
			found.hits = found.hits.map((hit) => (hit.id === picture.id ? { ...hit, ...picture } : hit));
	}

	/** @param {Ask} ask */
	#leave(ask) {
		this.running.abort();
		this.running = new AbortController();
		this.fetching = false;
		if (this.found) this.found.scroll = scrollY;
		this.found = null;
		this.ask = ask;
	}

	/** @param {File|null} file */
	async #search(file) {
		this.drawn.wait();
		const answer = await this.#fetch({ k: one(this.ask, "sort") ? mostOf(this.ask) : PAGE, file });
		if (!answer) return null;
		performance.mark("sightline:answer");
		// A file has a token from now on, and is found again under it.
		if (file) this.ask = changed(this.ask, { picture: answer.picture?.token ?? null });
		const { hits, more } = answer;
		this.#show({ key: searchKey(this.ask), answer, hits, more, scroll: 0 });
		const best = hits[0];
		announce(best ? `${counted(hits.length, "result")}, the best scores ${score(best.score ?? 0)}.` : "Nothing was found.");
		return answer;
	}

	/** @param {Page} page */
	async #fetch(page) {
		const { signal } = this.running;
		this.fetching = true;
		try {
			const answer = await searchPage(this.ask, { ...page, signal });
			return signal.aborted ? null : answer;
		} catch (error) {
			if (!signal.aborted) this.drawn.fail(error);
			return null;
		} finally {
			if (!signal.aborted) this.fetching = false;
		}
	}

	/** @param {Found} found */
	#show(found) {
		this.found = found;
		this.kept.delete(found.key);
		this.kept.set(found.key, found);
		const [oldest = ""] = this.kept.keys();
		if (this.kept.size > KEPT_SEARCHES) this.kept.delete(oldest);
		this.drawn.show();
	}
}

/** @param {Picture} hit */
const timeOf = (hit) => new Date(hit.taken_at ?? hit.modified_at).getTime();
