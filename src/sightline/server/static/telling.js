/** Honest sentences about what was found, and what was not. */

import { filterCount, MOST, mostOf, one } from "./address.js";
import { counted, milliseconds, number, score } from "./wording.js";

/** @param {Ask} ask @param {Answer} answer @param {number} shown @param {boolean} more */
export function summary(ask, answer, shown, more) {
	const sort = one(ask, "sort");
	const best = more || shown < answer.considered ? "Best " : "";
	const order = sort && `, ${sort} first`;
	return shown ? `${best}${number(shown)} of ${number(answer.considered)} compared${order}` : "";
}

/** What took how long: in all, and by steps. @param {Answer} answer */
export function times({ cached, milliseconds: { total, decode, compose, embed, search } }) {
	if (cached) return [milliseconds(total), ", known from before"];
	const steps = /** @type {[number, string][]} */ ([[decode, "reading the picture"], [compose, "understanding"], [embed, "embedding"], [search, "searching"]]);
	const told = steps.filter(([ms]) => ms >= 0.1).map(([ms, step]) => `${milliseconds(ms)} ${step}`);
	return [milliseconds(total), told.length ? `: ${told.join(", ")}` : ""];
}

/** Why there is nothing to show. @param {Ask} ask @param {Answer} answer @returns {[title: string, text: string, remedy: Remedy]} */
export function emptiness(ask, answer) {
	const minimum = one(ask, "min_score");
	if (!answer.total)
		return ["This gallery is empty", "Add pictures, or index a folder of the machine that Sightline runs on.", "add"];
	if (!answer.considered && filterCount(ask) > (minimum ? 1 : 0))
		return ["The filters leave no picture", `None of ${counted(answer.total, "picture")} passes all of them.`, "clearFilters"];
	if (!answer.considered)
		return ["Nothing can be compared yet", `No picture has a vector of ${answer.model}. Index them again.`, "gallery"];
	if (minimum)
		return [
			`Nothing reaches ${score(Number(minimum))}`,
			`${counted(answer.considered, "picture")} compared, and all score less than your minimum.`,
			"noMinimum",
		];
	return ["Nothing was found", "There is no other picture to compare with.", "add"];
}

/** What stands below the last picture. @param {Ask} ask @param {Answer} answer @param {number} shown @param {boolean} more */
export function ending(ask, answer, shown, more) {
	const minimum = one(ask, "min_score");
	if (more && mostOf(ask) >= MOST) return `The best ${number(shown)}. One search shows no more than that.`;
	if (more) return `The best ${number(shown)}, as many as you asked for. The slider above shows more.`;
	if (minimum && shown < answer.considered)
		return `All ${number(shown)} that score ${score(Number(minimum))} or more. ${number(answer.considered - shown)} others score less.`;
	return `All ${counted(shown, "picture")} that could be compared.`;
}
