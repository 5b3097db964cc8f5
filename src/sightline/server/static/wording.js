/** Numbers, sizes, dates and faults as people read them. */

const days = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** @param {number} value */
export const number = (value) => value.toLocaleString("en");

/** @param {number} count @param {string} one */
export const counted = (count, one) => `${number(count)} ${one}${count === 1 ? "" : "s"}`;

/** @param {number} value */
export const score = (value) => value.toFixed(3).replace("-", "\u2212");

/** @param {number} ms */
export const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;

/** @param {number} size_bytes */
export function bytes(size_bytes) {
	const units = ["bytes", "KB", "MB", "GB", "TB"];
	const power = Math.max(0, Math.min(Math.floor(Math.log10(size_bytes) / 3), units.length - 1));
	const value = size_bytes / 1000 ** power;
	return `${value.toFixed(power && value < 100 ? 1 : 0)} ${units[power]}`;
}

/** @param {string} iso a time; without a zone it is local */
export function date(iso) {
	const time = new Date(iso);
	return Number.isNaN(time.getTime()) ? iso : days.format(time);
}

/** @param {string} path of any system */
export const lastPart = (path) => path.split(/[\\/]/).findLast(Boolean) ?? path;

/** @param {unknown} error */
export const sentenceOf = (error) => (error instanceof Error ? error.message : String(error));
