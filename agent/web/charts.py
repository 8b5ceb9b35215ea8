"""Time charts as inline SVG: curves, limits, ranges, and a strip of coverage below them.

Nothing here depends on what a chart is about. A chart scales with the page while its text does not:
positions are percentages, and only the curves lie in a stretched view box of 1000 by 100. Colours
come from the style sheet's classes. This module computes the geometry, and the template
`chart.html` writes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from agent.messages.catalogue import Words
from agent.web.chart_model import Band, Chart
from agent.web.render import ENOUGH, render

_TOP: Final = 6.0
_BOTTOM: Final = 86.0
_BOTTOM_WITH_STRIP: Final = 74.0
_STRIP_TOP: Final = 79.0
_STRIP_BOTTOM: Final = 86.0
"""Where the plot and the strip lie, in percent of the height."""
_NAME_GAP: Final = 9.0
"""Percent of the height that a name needs."""
_EDGE: Final = 0.04
"""Labels this near to an end of the axis are aligned to the end."""
_MIDDLE: Final = 0.5
"""A mark to the right of this has its name on the left of its line, so that it stays inside."""
_WIDTH: Final = 1000.0
_ROUND: Final = (1, 2, 2.5, 5, 10)


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round values that enclose a range, in steps of 1, 2, 2.5 or 5 times a power of ten."""
    raw_step = (high - low or abs(high) or 1.0) / count
    magnitude = 10.0 ** math.floor(math.log10(raw_step))
    step = next(factor * magnitude for factor in _ROUND if factor * magnitude >= raw_step * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A text and its place.

    `at` is in percent: of the height for names and the scale, of the width for times and marks.
    """

    at: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A curve, the outline of a range, or a limit."""

    kind: str
    where: str
    """The path in the view box; for a limit its height, percent from the top."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar of the strip of coverage; places and sizes are percentages."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A dot, percentages."""

    x: str
    y: str
    name: str


class Drawing:
    """A chart's geometry. `chart.html` reads it."""

    def __init__(self, of: Chart) -> None:
        """Choose the scale; the chart must have a value."""
        self.of = of
        values = list(_values(of))
        low, high = min(values), max(values)
        self._ticks = ticks(low if of.floor is None else min(of.floor, low), high)
        self.bottom = _BOTTOM_WITH_STRIP if of.coverage else _BOTTOM

    def y(self, value: float) -> float:
        """Return the height of a value, percent from the top."""
        low, high = self._ticks[0], self._ticks[-1]
        return self.bottom - (value - low) / (high - low) * (self.bottom - _TOP)

    @property
    def scale(self) -> list[Written]:
        """The round values beside the plot, where its grid lies."""
        return [Written(at=_two(self.y(one)), text=self.of.tick(one)) for one in self._ticks]

    @property
    def curves(self) -> list[Path]:
        """Ranges, and over them the curves, in the stretched view box."""
        bands = [Path(kind=f"band {one.kind}", where=self._area(one)) for one in self.of.bands]
        lines = [
            Path(kind=f"line {one.kind}", where=self._path(one.values)) for one in self.of.lines
        ]
        return [*bands, *lines]

    @property
    def rules(self) -> list[Path]:
        """The limits."""
        return [Path(kind=one.kind, where=_two(self.y(one.value))) for one in self.of.rules]

    @property
    def dots(self) -> list[Point]:
        """The single values."""
        return [
            Point(x=_two(one.at * 100), y=_two(self.y(one.value)), name=one.name)
            for one in self.of.dots
        ]

    @property
    def marks(self) -> list[Written]:
        """The moments of change, percent of the width; a name is written inwards from its line."""
        return [
            Written(
                at=_two(one.at * 100), text=one.name, kind="end" if one.at > _MIDDLE else "start"
            )
            for one in self.of.marks
        ]

    @property
    def times(self) -> list[Written]:
        """The labels of the axis; those at an end are aligned to it."""
        return [
            Written(
                at=_two(where * 100),
                text=label,
                kind="start" if where < _EDGE else "end" if where > 1 - _EDGE else "middle",
            )
            for where, label in self.of.x_labels
        ]

    @property
    def strip(self) -> list[Bar]:
        """The coverage of each interval; no bar where it is zero or not known."""
        width = 100 / len(self.of.coverage) if self.of.coverage else 0.0
        found = []
        for index, share in enumerate(self.of.coverage):
            if share:
                height = (_STRIP_BOTTOM - _STRIP_TOP) * min(1.0, share)
                bar = Bar(
                    kind="covered" if share >= ENOUGH else "covered thin",
                    x=_two(index * width),
                    y=_two(_STRIP_BOTTOM - height),
                    width=_two(width * 0.86),
                    height=_two(height),
                )
                found.append(bar)
        return found

    @property
    def names(self) -> list[Written]:
        """The name of each curve and limit, beside its end; moved down where two would overlap."""
        ends: list[tuple[float, str, str]] = [
            (self.y(rule.value), rule.name, rule.kind) for rule in self.of.rules
        ]
        if len(self.of.lines) > 1:  # a lone curve is named by the heading
            for line in self.of.lines:
                last = next((one for one in reversed(line.values) if one is not None), None)
                if last is not None:
                    ends.append((self.y(last), line.name, line.kind))
        if self.of.coverage:
            middle = (_STRIP_TOP + _STRIP_BOTTOM) / 2
            ends.append((middle, self.of.coverage_name, "strip-name"))
        placed, found = -100.0, []
        for at, name, kind in sorted(ends):
            placed = max(at, placed + _NAME_GAP)
            found.append(Written(at=_two(placed), text=name, kind=kind))
        return found

    def _path(self, values: Sequence[float | None]) -> str:
        """Return a path of values, each in the middle of its interval; a lone one is a dash."""
        step = _WIDTH / len(values)
        half = step * 0.4
        found, pen = [], "M"
        for index, value in enumerate(values):
            if value is None:
                pen = "M"
                continue
            x, at = (index + 0.5) * step, self.y(value)
            followed = index + 1 < len(values) and values[index + 1] is not None
            if pen == "M" and not followed:
                left, right = max(0.0, x - half), min(_WIDTH, x + half)
                found.append(f"M{left:.1f} {at:.2f}H{right:.1f}")
            else:
                found.append(f"{pen}{x:.1f} {at:.2f}")
            pen = "L"
        return "".join(found)

    def _area(self, band: Band) -> str:
        """Return a path around each unbroken stretch of a range."""
        step = _WIDTH / len(band.lower)
        found: list[str] = []
        above: list[str] = []
        below: list[str] = []
        pairs = [*zip(band.lower, band.upper, strict=True), (None, None)]
        for index, (low, high) in enumerate(pairs):
            if low is not None and high is not None:
                x = (index + 0.5) * step
                above.append(f"{x:.1f} {self.y(high):.2f}")
                below.append(f"{x:.1f} {self.y(low):.2f}")
            elif above:
                found.append(f"M{'L'.join(above)}L{'L'.join(reversed(below))}Z")
                above, below = [], []
        return "".join(found)


def _values(of: Chart) -> Iterator[float]:
    """Yield every value that the scale must hold."""
    for line in of.lines:
        yield from (value for value in line.values if value is not None)
    yield from (rule.value for rule in of.rules)
    yield from (dot.value for dot in of.dots)
    for band in of.bands:
        yield from (value for value in (*band.lower, *band.upper) if value is not None)


def _two(value: float) -> str:
    return f"{value:.2f}"


def chart(of: Chart, w: Words) -> Markup:
    """Draw a time chart: the scale, the plot, and the names of the curves.

    A chart without any value gives empty markup.
    """
    if next(_values(of), None) is None:
        return Markup()
    return render("chart.html", w, chart=of, drawing=Drawing(of))
