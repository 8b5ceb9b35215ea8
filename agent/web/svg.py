"""Inline SVG: marks for states, line charts, bars, and racks as a heat map. Colours come from the style sheet's classes.

Nothing here knows what it draws. Charts scale with the page while their text does not: positions are percentages, and only
the curves lie in a stretched view box. Every picture has a title and a description.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.web.markup import Safe, el, join, raw

MARKS: Final = {
    # A state is told by its shape as well: circles are fine, a triangle warns, an octagon has failed, dashes do not know.
    "met": '<circle cx="8" cy="8" r="7"/><path class="i" d="M4.6 8.3l2.4 2.4 4.5-5"/>',
    "on_track": '<circle class="o" cx="8" cy="8" r="6.2"/><path class="s" d="M5.2 10.8l5.2-5.4M6.6 5.2h4v4"/>',
    "at_risk": '<path d="M8 .9l7.4 13.4H.6z"/><path class="i" d="M8 5.6v4.2M8 11.6v.9"/>',
    "missed": '<path d="M4.9.6h6.2l4.3 4.3v6.2l-4.3 4.3H4.9L.6 11.1V4.9z"/><path class="i" d="M5.2 5.2l5.6 5.6M10.8 5.2l-5.6 5.6"/>',
    "unknown": '<circle class="o d" cx="8" cy="8" r="6.2"/><path class="s" d="M6 6.3c.3-2.6 4.1-2.4 4 0-.1 1.4-2 1.500-2 2.900M8 11.200v.7"/>',
    "expired_unreported": '<path class="o d" d="M2 2h12v12H2z"/><path class="s" d="M8 4.600v4.200M8 11v.7"/>',
    "stated_only": '<path class="o" d="M8 1.500L14.500 8 8 14.500 1.500 8z"/>',
    "none": '<path class="s" d="M3.500 8h9"/>',
    "over": '<path d="M8 1.500l6.500 12h-13z"/>',
    "failover": '<path d="M8 1l7 7-7 7-7-7z"/>',
    "hot": '<circle cx="8" cy="8" r="6"/>',
    "silent": '<path class="s w" d="M3 3l10 10M13 3L3 13"/>',
    "ok": '<circle cx="8" cy="8" r="4"/>',
}


def symbols() -> Safe:
    """Return the marks once, to be used by reference."""
    drawn = [
        raw(f'<symbol id="m-{name}" viewBox="0 0 16 16">{body}</symbol>')
        for name, body in MARKS.items()
    ]
    return el(
        "svg",
        join(drawn),
        class_="symbols",
        width=0,
        height=0,
        aria_hidden="true",
        focusable="false",
    )


def mark(name: str) -> Safe:
    """Return one mark; what it means stands beside it in words, so it is hidden from readers of the page."""
    known = name if name in MARKS else "unknown"
    return raw(
        f'<svg class="m m-{known}" aria-hidden="true" focusable="false"><use href="#m-{known}"/></svg>'
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A curve: a value for every time of the chart, None where nothing is known: the curve is broken there."""

    name: str
    kind: str
    """The style sheet's class: colour and dash."""
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A horizontal line that means something: a limit."""

    value: float
    name: str
    kind: str = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What lies between two curves: a range; None where nothing is known of it."""

    lower: Sequence[float | None]
    upper: Sequence[float | None]
    kind: str = "doubt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A single value at a place along the axis (0 to 1): a published figure among measured ones."""

    at: float
    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A time chart: evenly spaced times, curves, limits, and below them a strip of coverage from 0 to 1."""

    title: str
    description: str
    lines: Sequence[Line]
    x_labels: Sequence[tuple[float, str]]
    """Where along the axis (0 to 1), and what is written there."""
    tick: Callable[[float], str]
    rules: Sequence[Rule] = ()
    bands: Sequence[Band] = ()
    dots: Sequence[Dot] = ()
    coverage: Sequence[float | None] = ()
    coverage_name: str = ""
    floor: float | None = None
    source: str = ""
    """The path of the API that has the values: the page's script reads it for the hover."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What the API's keys are called in the page's language."""


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """Return round values that enclose a range: steps of 1, 2, 2.5 or 5 times a power of ten."""
    span = high - low or abs(high) or 1.0
    raw_step = span / count
    magnitude = 10.0 ** math.floor(math.log10(raw_step))
    step = next(
        factor * magnitude
        for factor in (1, 2, 2.5, 5, 10)
        if factor * magnitude >= raw_step * 0.999
    )
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


_TOP: Final = 6.0
_BOTTOM: Final = 86.0
_BOTTOM_WITH_STRIP: Final = 74.0
_STRIP: Final = (79.0, 86.0)
_GAP: Final = 7.5
"""Per cent of the height a label needs."""


def chart(of: Chart) -> Safe:
    """Draw a time chart: a gutter with the scale, the plot, and a gutter with the curves' names."""
    known = [value for line in of.lines for value in line.values if value is not None]
    known += [rule.value for rule in of.rules] + [dot.value for dot in of.dots]
    known += [
        value for band in of.bands for value in (*band.lower, *band.upper) if value is not None
    ]
    if not known:
        return raw("")
    low, high = min(known), max(known)
    marks = ticks(low if of.floor is None else min(of.floor, low), high)
    bottom = _BOTTOM_WITH_STRIP if of.coverage else _BOTTOM
    low, high = marks[0], marks[-1]

    def y(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - _TOP)

    scale = [
        el("text", of.tick(value), x="100%", y=f"{y(value):.2f}%", dy="0.32em", text_anchor="end")
        for value in marks
    ]
    parts = [el("title", of.title), el("desc", of.description)]
    parts += [
        el("line", class_="grid", x1="0", x2="100%", y1=f"{y(v):.2f}%", y2=f"{y(v):.2f}%")
        for v in marks
    ]
    parts += _strip(of)
    curves = [raw(f'<path class="band {band.kind}" d="{_area(band, y)}"/>') for band in of.bands]
    curves += [
        raw(f'<path class="line {line.kind}" d="{_path(line.values, y)}"/>') for line in of.lines
    ]
    parts.append(
        el(
            "svg",
            join(curves),
            x="0",
            y="0",
            width="100%",
            height="100%",
            viewBox="0 0 1000 100",
            preserveAspectRatio="none",
        )
    )
    for rule in of.rules:
        at = f"{y(rule.value):.2f}%"
        parts.append(el("line", class_=f"rule {rule.kind}", x1="0", x2="100%", y1=at, y2=at))
    for dot in of.dots:
        place = {"cx": f"{dot.at * 100:.2f}%", "cy": f"{y(dot.value):.2f}%"}
        parts.append(el("circle", el("title", dot.name), class_="dot", r="4", **place))
    for where, label in of.x_labels:
        anchor = "start" if where < 0.04 else "end" if where > 0.96 else "middle"  # noqa: PLR2004 - at either edge
        parts.append(el("text", label, x=f"{where * 100:.2f}%", y="97%", text_anchor=anchor))
    parts.append(raw('<line class="cross" x1="0" x2="0" y1="0" y2="86%" visibility="hidden"/>'))
    plot = el(
        "svg",
        join(parts),
        class_="chart",
        role="img",
        tabindex="0" if of.source else None,
        data_source=of.source or None,
        **{f"data_{key}": name for key, name in of.names.items()},
    )
    return el(
        "div",
        el("svg", join(scale), class_="scale", aria_hidden="true", focusable="false"),
        plot,
        el("svg", join(_names(of, y)), class_="names", aria_hidden="true", focusable="false"),
        class_="plot",
    )


def _path(values: Sequence[float | None], y: Callable[[float], float]) -> str:
    """Return a path of the values, each in the middle of its time, broken where one is missing; a lone one is a short dash."""
    step = 1000 / len(values)
    found, pen, half = [], "M", step * 0.4
    for index, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        alone = pen == "M" and (index + 1 >= len(values) or values[index + 1] is None)
        x, at = (index + 0.5) * step, y(value)
        found.append(
            f"M{max(0.0, x - half):.1f} {at:.2f}H{min(1000.0, x + half):.1f}"
            if alone
            else f"{pen}{x:.1f} {at:.2f}"
        )
        pen = "L"
    return "".join(found)


def _area(band: Band, y: Callable[[float], float]) -> str:
    """Return a path around each unbroken stretch of a band."""
    step = 1000 / len(band.lower)
    found: list[str] = []
    stretch: list[tuple[float, float, float]] = []
    pairs = [*zip(band.lower, band.upper, strict=True), (None, None)]
    for index, (low, high) in enumerate(pairs):
        if low is not None and high is not None:
            stretch.append(((index + 0.5) * step, y(low), y(high)))
        elif stretch:
            there = "L".join(f"{x:.1f} {top:.2f}" for x, _, top in stretch)
            back = "L".join(f"{x:.1f} {bottom:.2f}" for x, bottom, _ in reversed(stretch))
            found.append(f"M{there}L{back}Z")
            stretch = []
    return "".join(found)


def _strip(of: Chart) -> Iterable[Safe]:
    if not of.coverage:
        return
    top, bottom = _STRIP
    width = 100 / len(of.coverage)
    yield el("rect", class_="strip", x="0", y=f"{top}%", width="100%", height=f"{bottom - top}%")
    for index, share in enumerate(of.coverage):
        if share:
            height = (bottom - top) * min(1.0, share)
            kind = "covered" if share >= 0.95 else "covered thin"  # noqa: PLR2004 - a day may lack an hour
            yield raw(
                f'<rect class="{kind}" x="{index * width:.2f}%" y="{bottom - height:.2f}%" width="{width * 0.86:.2f}%" height="{height:.2f}%"/>'
            )


def _names(of: Chart, y: Callable[[float], float]) -> Iterable[Safe]:
    """Write each curve's and each limit's name beside its end, moved apart where names would lie on each other."""
    ends = [(y(rule.value), rule.name, rule.kind) for rule in of.rules]
    if len(of.lines) > 1:  # a lone curve is named by the heading
        for line in of.lines:
            last = next((value for value in reversed(line.values) if value is not None), None)
            if last is not None:
                ends.append((y(last), line.name, line.kind))
    if of.coverage:
        ends.append((sum(_STRIP) / 2, of.coverage_name, "strip-name"))
    placed = -100.0
    for at, name, kind in sorted(ends):
        placed = max(at, placed + _GAP)
        yield el("text", name, class_=f"label {kind}", x="0", y=f"{placed:.2f}%", dy="0.32em")


def bar(share: float, *, kind: str = "", limit: float | None = None) -> Safe:
    """Draw a horizontal bar from 0 to 1, with a tick where its limit is; what it says stands beside it as a number."""
    width = max(0.0, min(1.0, share)) * 100
    parts = [
        el("rect", class_="track", x="0", y="0", width="100%", height="100%"),
        el("rect", class_="fill", x="0", y="0", width=f"{width:.2f}%", height="100%"),
    ]
    if limit is not None:
        at = f"{max(0.0, min(1.0, limit)) * 100:.2f}%"
        parts.append(el("line", class_="rule", x1=at, x2=at, y1="0", y2="100%"))
    return el(
        "svg", join(parts), class_=f"bar {kind}".strip(), aria_hidden="true", focusable="false"
    )


def cells(classes: Sequence[str], marks: Sequence[str], *, wrap: int, title: str) -> Safe:
    """Draw many small squares, one path for each class of colour: 10 units a square, in lines of `wrap`.

    `classes` and `marks` go by square; a mark that is not empty is drawn on top of its square.
    """
    paths: dict[str, list[str]] = {}
    over: list[str] = []
    for index, (kind, sign) in enumerate(zip(classes, marks, strict=True)):
        x, y = index % wrap * 10, index // wrap * 10
        paths.setdefault(kind, []).append(f"M{x} {y}h9v9h-9z")
        if sign:
            over.append(
                f'<use href="#m-{sign}" class="m-{sign}" x="{x + 1}" y="{y + 1}" width="7" height="7"/>'
            )
    across, down = min(wrap, len(classes)), -(-len(classes) // wrap)
    body = "".join(
        [f'<path class="{kind}" d="{"".join(d)}"/>' for kind, d in paths.items()]
    ) + "".join(over)
    return el(
        "svg",
        el("title", title),
        raw(body),
        class_="cells",
        role="img",
        viewBox=f"0 0 {across * 10 - 1} {down * 10 - 1}",
        width=f"{across * 0.625:g}em",
        height=f"{down * 0.625:g}em",
        data_wrap=wrap,
    )
