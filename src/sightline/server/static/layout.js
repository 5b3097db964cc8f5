/**
 * A justified grid: rows of equal height across the whole width, aspect ratios kept.
 * Rows are filled from the front, so pictures that are appended never move those before them.
 */

// A strip or a splinter is cropped rather than shown a few pixels thin.
const NARROWEST = 0.4;
const WIDEST = 4;

/**
 * Boxes of the first pictures, and how high all are together.
 * @param {number[]} ratios width / height of each picture @param {Room} room
 * @param {boolean} open more will come: a last row that is not full waits for them
 */
export function justify(ratios, room, open) {
	const { width, rowHeight, gap } = room;
	const kept = ratios.map((ratio) => Math.min(Math.max(ratio, NARROWEST), WIDEST));
	/** @type {Box[]} */
	const boxes = [];
	let y = 0;
	while (boxes.length < kept.length) {
		const { count, full } = nextRow(kept.slice(boxes.length), room);
		if (!full && open) break;
		const row = kept.slice(boxes.length, boxes.length + count);
		const fitting = Math.round(heightOf(row, width, gap));
		const height = full ? fitting : Math.min(fitting, rowHeight);
		let x = 0;
		for (const [i, ratio] of row.entries()) {
			// The last one takes what rounding left over, so that the right edge is straight.
			const box = { x, y, width: full && i === count - 1 ? width - x : Math.round(ratio * height), height };
			boxes.push(box);
			x += box.width + gap;
		}
		y += height + gap;
	}
	return { boxes, height: Math.max(0, y - gap) };
}

/** How many pictures fill the next row. @param {number[]} ratios @param {Room} room */
function nextRow(ratios, { width, rowHeight, gap }) {
	let before = Infinity;
	for (let count = 1; count <= ratios.length; count++) {
		const height = heightOf(ratios.slice(0, count), width, gap);
		if (height <= rowHeight) {
			// The nearer of the two heights: with this picture, or without it.
			const without = count > 1 && before - rowHeight < rowHeight - height;
			return { count: without ? count - 1 : count, full: true };
		}
		before = height;
	}
	return { count: ratios.length, full: false };
}

/** @param {number[]} row @param {number} width @param {number} gap */
function heightOf(row, width, gap) {
	return (width - gap * (row.length - 1)) / row.reduce((sum, ratio) => sum + ratio, 0);
}
