"""A chart of a backlog over time, as SVG.

Written by hand: for two axes and a line, a plotting library would add tens of megabytes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from .drain import Point

_WIDTH, _HEIGHT = 720, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 24, 56, 52

_UNITS = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"))


_SEVERAL = 2
"""Units that the time axis has at least."""

_FEWEST_TICKS = 4
"""Ticks that an axis has at least."""


def picture(title: str, points: Sequence[Point], *, unpaused: float | None = None) -> str:
    """Return the chart as SVG text.

    Args:
        title: the chart's title.
        points: the backlog's course.
        unpaused: seconds at which the handlers are unpaused, to mark; None for no mark.
    """
    longest = max(point.at for point in points) or 1.0
    highest = max(point.backlog for point in points) or 1.0
    unit, unit_name = next((size, name) for size, name in _UNITS if longest >= _SEVERAL * size or size == 1.0)

    def x(at: float) -> float:
        return _LEFT + at / longest * (_WIDTH - _LEFT - _RIGHT)

    def y(backlog: float) -> float:
        return _HEIGHT - _BOTTOM - backlog / highest * (_HEIGHT - _TOP - _BOTTOM)

    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif"'
        ' font-size="12" fill="#222">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="24" font-size="15">{escape(title)}</text>',
        f'<text x="{_LEFT}" y="42" fill="#666">waiting events</text>',
    ]
    for value in _ticks(highest):
        parts.append(f'<path d="M{_LEFT} {y(value):.1f}H{right}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{_short(value)}</text>')
    for value in _ticks(longest / unit):
        parts.append(f'<path d="M{x(value * unit):.1f} {bottom}v5" stroke="#888"/>')
        parts.append(f'<text x="{x(value * unit):.1f}" y="{bottom + 20}" text-anchor="middle">{_short(value)}</text>')
    parts.append(f'<text x="{right}" y="{bottom + 40}" text-anchor="end" fill="#666">{unit_name}</text>')
    if unpaused:
        parts.append(f'<path d="M{x(unpaused):.1f} {_TOP}V{bottom}" stroke="#888" stroke-dasharray="4 4"/>')
        parts.append(f'<text x="{x(unpaused) - 6:.1f}" y="{bottom - 8}" text-anchor="end" fill="#666">unpaused</text>')
    line = " ".join(f"{x(point.at):.1f},{y(point.backlog):.1f}" for point in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#0a6ebd" stroke-width="2"/>')
    parts.append(f'<path d="M{_LEFT} {bottom}H{right}" stroke="#888"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _ticks(highest: float) -> list[float]:
    """Return four to eight round numbers from 0 up to the highest."""
    size = 10.0 ** math.floor(math.log10(highest))
    step = next(size * part for part in (2, 1, 0.5, 0.25, 0.2) if highest / (size * part) >= _FEWEST_TICKS)
    return [step * index for index in range(int(highest / step + 1e-9) + 1)]


def _short(value: float) -> str:
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
