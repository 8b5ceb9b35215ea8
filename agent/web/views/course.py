"""The course of a promise: its values so far, its forecast, and figures published in that time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.hubs.model import Fact
from agent.hubs.text import in_each_language
from agent.hubs.units import Language, show
from agent.targets.forecast import DAY
from agent.targets.model import EvidenceKind
from agent.targets.views import ExpectedView
from agent.web.format import MISSING
from agent.web.view import BoardView
from agent.web.views.evidence import HubDetailView, Moment, PromiseView

_CELLS: Final = 160
_LEAST: Final = 3
"""A curve needs this many values."""
_AHEAD: Final = 3.0
"""A forecast takes at most this many times the time of the values, to keep these readable."""

Curve = list[float | None]
"""A value for every cell; None where nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvesView:
    """Curves over evenly spaced times (the middle of each cell, seconds since the epoch)."""

    times: Sequence[float]
    step_seconds: float
    series: Mapping[str, Curve]
    """`value`, and where a forecast is drawn `expected`, `lower` and `upper`, in the KPI's unit."""
    texts: Mapping[Language, Sequence[str]]
    """The text shown beside the pointer, by cell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedView:
    """A published figure within the time of the curves."""

    time_seconds: float
    value: float
    display: Mapping[Language, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """`/api/hubs/{hub}/trends/{target}`."""

    hub: str
    target: str
    kind: EvidenceKind
    limit: float | None
    trend: CurvesView
    registered: Sequence[PublishedView]


def read(view: BoardView, hub: HubDetailView, target: str) -> CourseView | None:
    """Return the course of one target of a hub; None where there are too few values for a curve.

    Of a time between two that the reader chose there is no forecast.
    """
    row = next((one for one in hub.targets if one.target.id == target), None)
    if row is None:
        return None
    known = max(row.evidence, key=lambda one: len(one.history), default=None)
    history = _chosen(view, known.history) if known is not None else ()
    if known is None or len(history) < _LEAST:
        return None
    key = hub.hub.hub
    fact = next(fact for fact in view.registry.hubs[key].facts if fact.id == target)
    first, last = history[0].time, history[-1].time
    is_forecast = row.target.expected is not None and view.over.ends is None
    due = fact.due[1] if fact.due is not None and is_forecast else None
    end = last if due is None else min(due, last + _AHEAD * (last - first))
    step = (end - first) / _CELLS or DAY
    times = [first + (n + 0.5) * step for n in range(_CELLS)]
    values: Curve = [None] * _CELLS
    for at, value in history:
        values[min(_CELLS - 1, int((at - first) / step))] = value
    series = {"value": _joined(values)}
    if row.target.expected is not None and due is not None and due > last:
        now = (last, history[-1].value)
        series |= _forecast(row.target.expected, now, due, times)
    return CourseView(
        hub=key,
        target=target,
        kind=known.kind,
        limit=row.target.limit,
        trend=CurvesView(
            times=times,
            step_seconds=step,
            series=series,
            texts=in_each_language(lambda language: _texts(series, fact, language)),
        ),
        registered=_published(row, first, end),
    )


def _chosen(view: BoardView, history: Sequence[Moment]) -> Sequence[Moment]:
    """Return the values of the time that the reader chose; all of them without a choice."""
    if not view.over.is_chosen:
        return history
    start, end = view.over.bounds(view.now(), 0.0)
    return [one for one in history if start <= one.time <= end]


def _published(row: PromiseView, first: float, end: float) -> list[PublishedView]:
    return [
        PublishedView(time_seconds=one.time_seconds, value=one.value, display=one.display)
        for one in row.evidence
        if one.kind == "registered" and first <= one.time_seconds <= end
    ]


def _joined(values: Curve) -> Curve:
    """Fill the cells between two readings: history keeps one a day, and cells may be shorter."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    gaps = sorted(b - a for (a, _), (b, _) in pairwise(known))
    usual = 2 * gaps[len(gaps) // 2] if gaps else 1
    for (a, low), (b, high) in pairwise(known):
        if b - a <= usual:
            for index in range(a + 1, b):
                values[index] = low + (high - low) * (index - a) / (b - a)
    return values


def _forecast(
    expected: ExpectedView, now: tuple[float, float], due: float, times: Sequence[float]
) -> dict[str, Curve]:
    """Return straight lines from the last value to those expected at the deadline."""
    last, value = now

    def line(to: float) -> Curve:
        return [
            value + (to - value) * (at - last) / (due - last) if last <= at else None
            for at in times
        ]

    return {
        "expected": line(expected.expected),
        "lower": line(expected.lower),
        "upper": line(expected.upper),
    }


def _texts(series: Mapping[str, Curve], fact: Fact, language: Language) -> list[str]:
    def said(index: int) -> str:
        value = series["value"][index]
        if value is not None:
            return show(float(f"{value:.6g}"), fact.unit, language)
        known = [series[name][index] for name in ("expected", "lower", "upper") if name in series]
        shown = [show(float(f"{one:.4g}"), fact.unit, language) for one in known if one is not None]
        if not shown:
            return MISSING
        middle, low, high = shown
        return f"{middle} ({low} – {high})"

    return [said(index) for index in range(_CELLS)]
