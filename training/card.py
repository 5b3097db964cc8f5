"""Writes measured figures into the model card that ships beside the weights.

    python card.py ../benchmarks/results/mini_quality.jsonl

The last measurement of each figure counts; all must be of the same weights.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

CARD = Path(__file__).parents[1] / "src/sightline/encoders/mini/MODEL_CARD.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
NAMES = {
    "text_to_picture_recall_at_1": "text to picture, R@1",
    "text_to_picture_recall_at_10": "text to picture, R@10",
    "picture_to_picture_recall_at_1": "picture to picture, R@1",
    "swapped_attributes_right": "swapped attributes, right",
    "terse_caption_precision_at_10": "captions of a few words, precision@10",
    "pictures_per_second": "pictures embedded per second",
}


def table(lines: list[dict[str, Any]]) -> str:
    """Return the figures as Markdown.

    Raises:
        ValueError: the figures are not all there, or are of different weights.
    """
    last = {line["figure"]: line for line in lines}
    if set(last) != set(NAMES) or len({line["weights"] for line in last.values()}) != 1:
        raise ValueError("measure all figures on the same weights first")
    rows = ["| | value | 95 % interval | bar |", "|---|---|---|---|"]
    for figure, name in NAMES.items():
        line = last[figure]
        interval = " to ".join(f"{end:.3f}" for end in line.get("interval", []))
        digits = 0 if figure == "pictures_per_second" else 3
        value, bar = f"{line['value']:.{digits}f}", line.get("bar", "")
        rows.append(f"| {name} | {value} | {interval} | {bar} |")
    one = last["text_to_picture_recall_at_1"]
    rows.append(
        f"\n{one['scenes']} scenes of seed {one['seed']}, measured on {one['date']} with "
        f"`benchmarks/mini_quality.py` on {one['cores']} cores ({one['processor']}). "
        f"Weights `{one['weights'][:16]}`."
    )
    return "\n".join(rows)


def main() -> None:
    """Replace what stands between the marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    options = parser.parse_args()
    lines = [json.loads(line) for line in options.results.read_text("utf-8").splitlines()]
    before, rest = CARD.read_text("utf-8").split(BEGIN)
    after = rest.split(END)[1]
    CARD.write_text(f"{before}{BEGIN}\n{table(lines)}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
