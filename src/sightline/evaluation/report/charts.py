"""Charts as inline SVG: lines and histograms, in the colours of the page around them.

All is laid out in a box of 420 x 270 units, which the page scales. Colours are classes, so that one
drawing serves the light and the dark theme; lines differ in their dashes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from sightline.evaluation.curves import Curve, Spread

_WIDTH, _HEIGHT = 420.0, 270.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 14.0, 30.0, 44.0
_TICKS = 5
_KEY_PX = 7.0  # how wide a letter of the key is, roughly


@dataclass(frozen=True, slots=True)
class Axes:
    """The ranges of a chart, and what stands beside its axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    x_label: str
    y_label: str
    x_is_whole: bool = False
    y_is_percent: bool = True

    def px(self, x: float) -> float:
        """Return where an x lies."""
        low, high = self.x
        return _LEFT + (x - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def py(self, y: float) -> float:
        """Return where a y lies."""
        low, high = self.y
        return _HEIGHT - _BOTTOM - (y - low) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)


def line_chart(title: str, curves: Sequence[Curve], axes: Axes) -> str:
    """Return a chart of lines, with a key if there are several."""
    lines = [
        f'<polyline class="line c{number}" points="{_points(curve.x, curve.y, axes)}"/>'
        for number, curve in enumerate(curves)
    ]
    key = _key([curve.name for curve in curves]) if len(curves) > 1 else ""
    return _svg(title, _grid(axes) + "".join(lines) + key)


def histogram(title: str, spread: Spread, axes: Axes) -> str:
    """Return two histograms over each other: of relevant results, and of all others."""
    areas = [
        f'<path class="area c{number}" d="{_steps(spread.edges, shares, axes)}"/>'
        for number, shares in ((1, spread.irrelevant), (0, spread.relevant))
    ]
    key = _key(["relevant", "not relevant"])
    return _svg(title, _grid(axes) + "".join(areas) + key)


def _svg(title: str, inside: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )


def _points(x: NDArray[np.float64], y: NDArray[np.float64], axes: Axes) -> str:
    pairs = zip(x.tolist(), y.tolist(), strict=True)
    return " ".join(f"{axes.px(a):.1f},{axes.py(b):.1f}" for a, b in pairs)


def _steps(edges: NDArray[np.float64], shares: NDArray[np.float64], axes: Axes) -> str:
    floor = axes.py(axes.y[0])
    parts = [f"M{axes.px(float(edges[0])):.1f} {floor:.1f}"]
    for left, right, share in zip(edges[:-1], edges[1:], shares, strict=True):
        top = axes.py(float(share))
        parts.append(f"L{axes.px(float(left)):.1f} {top:.1f}L{axes.px(float(right)):.1f} {top:.1f}")
    parts.append(f"L{axes.px(float(edges[-1])):.1f} {floor:.1f}Z")
    return "".join(parts)


def _grid(axes: Axes) -> str:
    parts = []
    for y in np.linspace(*axes.y, _TICKS):
        at = axes.py(float(y))
        parts.append(
            f'<line class="grid" x1="{_LEFT:g}" x2="{_WIDTH - _RIGHT:g}" y1="{at:.1f}" '
            f'y2="{at:.1f}"/><text class="tick" x="{_LEFT - 6:g}" y="{at + 4:.1f}" '
            f'text-anchor="end">{_tick(float(y), axes.y, percent=axes.y_is_percent)}</text>'
        )
    for x in _x_ticks(axes):
        parts.append(
            f'<text class="tick" x="{axes.px(x):.1f}" y="{_HEIGHT - _BOTTOM + 17:g}" '
            f'text-anchor="middle">{_tick(x, axes.x, percent=False)}</text>'
        )
    parts.append(
        f'<text class="label" x="{(_LEFT + _WIDTH - _RIGHT) / 2:g}" y="{_HEIGHT - 8:g}" '
        f'text-anchor="middle">{escape(axes.x_label)}</text>'
        f'<text class="label" x="4" y="15">{escape(axes.y_label)}</text>'
    )
    return "".join(parts)


def _x_ticks(axes: Axes) -> list[float]:
    if not axes.x_is_whole:
        return [float(x) for x in np.linspace(*axes.x, _TICKS)]
    first, last = (int(x) for x in axes.x)
    step = max(1, last // _TICKS)
    return [float(x) for x in (first, *range(first - 1 + step, last + 1, step)) if x >= first]


def _tick(value: float, span: tuple[float, float], *, percent: bool) -> str:
    if percent:
        places = 0 if span[1] - span[0] > 0.1 else 1
        return f"{100 * value:.{places}f} %"
    return f"{value:.0f}" if value == round(value) and span[1] - span[0] > 2 else f"{value:.2f}"


def _key(names: Sequence[str]) -> str:
    """Return the key, at the top on the right."""
    widths = [42 + _KEY_PX * len(name) for name in names]
    at = _WIDTH - _RIGHT - sum(widths)
    parts = []
    for number, (name, width) in enumerate(zip(names, widths, strict=True)):
        parts.append(
            f'<line class="line c{number}" x1="{at:g}" x2="{at + 20:g}" y1="11" y2="11"/>'
            f'<text class="key" x="{at + 25:g}" y="15">{escape(name)}</text>'
        )
        at += width
    return "".join(parts)
