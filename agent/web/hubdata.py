"""A hub with all that its promises rest on: what is measured, registered and derived, apart; earlier values; links and chips."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from agent.hubs.model import end_of
from agent.hubs.units import LANGUAGES, show
from agent.targets import wording
from agent.targets.forecast import DAY
from agent.targets.model import Key
from agent.targets.scoreboard import known_by
from agent.web import api
from agent.web.format import MISSING
from collectors.base import Metric
from collectors.catalogue import node, site

if TYPE_CHECKING:
    from agent.hubs.model import Fact, Hub
    from agent.targets.model import Evidence
    from agent.web.view import BoardView

Data = dict[str, Any]

_MOST_POINTS: Final = 400
"""So many earlier values of a KPI are given, the newest always: more than a year of days."""


def hub(view: BoardView, key: str, scoreboard: Sequence[Data] | None = None) -> Data | None:
    """Return `/api/hubs/{hub}`: its line of the scoreboard, each row with its evidence; None for a hub nobody knows."""
    rows = api.hubs(view) if scoreboard is None else scoreboard
    found = next((row for row in rows if row["hub"] == key), None)
    known = view.registry.hubs.get(key)
    if found is None or known is None:
        return None
    evidence, now = api.evidence(view), view.now()
    facts = {fact.id: fact for fact in (*known.facts, *known.policy)}
    published = _published(known, now)
    whole = {
        name: [
            {**row, "evidence": _evidence(facts[row["id"]], evidence, published, now)}
            for row in found[name]
        ]
        for name in ("targets", "policy")
    }
    return {
        **found,
        **whole,
        "children": [each.key for each in view.registry.hubs.values() if each.parent == key],
    }


def _published(known: Hub, now: float) -> dict[Key, list[Fact]]:
    """Return the registered observations of a hub by what they speak of, the oldest first."""
    found: dict[Key, list[Fact]] = defaultdict(list)
    for fact in sorted(known_by(known.facts, now), key=lambda fact: fact.stated.last):
        if fact.kind != "target" and fact.value is not None:
            found[Key(fact.hub, fact.kpi.key, fact.scope)].append(fact)
    return found


def _evidence(
    fact: Fact,
    measured: Mapping[Key, Sequence[Evidence]],
    published: Mapping[Key, Sequence[Fact]],
    now: float,
) -> list[Data]:
    """Return what a figure is judged by, one object a kind of evidence; published figures one by one."""
    key = Key(fact.hub, fact.kpi.key, fact.scope)
    found = [_measured(fact, item, now) for item in measured.get(key, ()) if item.points(now)]
    return found + [_registered(fact, one) for one in published.get(key, ())]


def _measured(fact: Fact, item: Evidence, now: float) -> Data:
    points = item.points(now)
    last = points[-1]
    return {
        "kind": item.kind,
        "value": last.value,
        "at_least": item.at_least,
        "coverage": last.coverage,
        "time": wording.moment_text(last.time, fact.timezone),
        "time_seconds": last.time,
        "display": {
            language: _written(last.value, fact, language, bound=item.at_least)
            for language in LANGUAGES
        },
        "history": [[point.time, point.value] for point in points[-_MOST_POINTS:]],
    }


def _registered(fact: Fact, one: Fact) -> Data:
    assert one.value is not None  # noqa: S101 - for the type checker: only those are asked for
    return {
        "kind": "registered",
        "value": one.value,
        "at_least": one.at_least,
        "coverage": None,
        "time": one.stated.text,
        "time_seconds": end_of(one.stated.last, one.timezone) - DAY / 2,
        "display": {language: wording.stated_text(one, language) for language in LANGUAGES},
        "source": {language: one.source.publisher[language] for language in LANGUAGES},
        "published": one.source.date.text,
        "same": one.id == fact.id,
        "history": [],
    }


def _written(value: float, fact: Fact, language: Any, *, bound: bool) -> str:  # noqa: ANN401 - a Language
    said = show(value, fact.unit, language)
    if not bound:
        return said
    return f"at least {said}" if language == "en" else f"至少 {said}"


# ---------------------------------------------------------------- a promise over time

_CELLS: Final = 160
_LEAST: Final = 3
"""Fewer values make no curve."""
_AHEAD: Final = 3.0
"""A forecast is drawn for at most so many times as long as there are values, so that these stay readable."""


def trend(view: BoardView, key: str, target: str, whole: Data | None = None) -> Data | None:
    """Return `/api/hubs/{hub}/trends/{target}`: the values, the forecast with its range, and the published figures between them.

    Times are evenly spaced; a cell without a value is null. None where there are too few values for a curve.
    """
    found = hub(view, key) if whole is None else whole
    row = next((row for row in (found or {"targets": []})["targets"] if row["id"] == target), None)
    if row is None:
        return None
    known = max(
        (item for item in row["evidence"]), key=lambda item: len(item["history"]), default=None
    )
    if known is None or len(known["history"]) < _LEAST:
        return None
    fact = next(fact for fact in view.registry.hubs[key].facts if fact.id == target)
    history = known["history"]
    first, last = history[0][0], history[-1][0]
    end = (
        min(fact.due[1], last + _AHEAD * (last - first))
        if fact.due is not None and row["expected"]
        else last
    )
    step = (end - first) / _CELLS or DAY
    times = [first + (n + 0.5) * step for n in range(_CELLS)]
    values: list[float | None] = [None] * _CELLS
    for at, value in history:
        values[min(_CELLS - 1, int((at - first) / step))] = value
    series = {"value": _joined(values), **_forecast(row, fact, last, history[-1][1], times)}
    return {
        "hub": key,
        "target": target,
        "kind": known["kind"],
        "limit": row["limit"],
        "trend": {
            "times": times,
            "step_seconds": step,
            "series": series,
            "texts": {language: _texts(series, fact, language) for language in LANGUAGES},
        },
        "registered": [
            {
                "time_seconds": item["time_seconds"],
                "value": item["value"],
                "display": item["display"],
            }
            for item in row["evidence"]
            if item["kind"] == "registered" and first <= item["time_seconds"] <= end
        ],
    }


def _joined(values: list[float | None]) -> list[float | None]:
    """Carry values over cells between two readings of one day or so: history keeps one a day, and cells may be shorter."""
    known = [index for index, value in enumerate(values) if value is not None]
    gaps = sorted(b - a for a, b in pairwise(known))
    usual = 2 * gaps[len(gaps) // 2] if gaps else 1
    for a, b in pairwise(known):
        if b - a <= usual:
            for index in range(a + 1, b):
                low, high = values[a], values[b]
                values[index] = (
                    None
                    if low is None or high is None
                    else low + (high - low) * (index - a) / (b - a)
                )
    return values


def _forecast(
    row: Data, fact: Fact, last: float, value: float, times: Sequence[float]
) -> dict[str, list[float | None]]:
    """Return what the present pace leads to, from the last value to the deadline, with its range."""
    if not row["expected"] or fact.due is None or fact.due[1] <= last:
        return {}
    ahead = fact.due[1] - last

    def line(to: float) -> list[float | None]:
        return [value + (to - value) * (at - last) / ahead if last <= at else None for at in times]

    return {name: line(row["expected"][name]) for name in ("expected", "lower", "upper")}


def _texts(series: Mapping[str, Sequence[float | None]], fact: Fact, language: Any) -> list[str]:  # noqa: ANN401 - a Language
    """Return what stands beside the pointer, for each cell."""

    def said(index: int) -> str:
        value = series["value"][index]
        if value is not None:
            return show(float(f"{value:.6g}"), fact.unit, language)
        known = [series[name][index] for name in ("expected", "lower", "upper") if name in series]
        if not known or known[0] is None:
            return MISSING
        middle, low, high = (
            show(float(f"{each:.4g}"), fact.unit, language) for each in known if each is not None
        )
        return f"{middle} ({low} – {high})"

    return [said(index) for index in range(len(series["value"]))]


# ---------------------------------------------------------------- links and chips


def links(view: BoardView, where: str = "") -> list[Data]:
    """Return the links of the hub, or of one site, to named peers: round trip by quantile, loss, how it is measured."""
    found: dict[tuple[str, str], Data] = {}

    def of(values: Sequence[str]) -> Data | None:
        if values[0] != view.hub or where not in ("", values[1]):
            return None
        fresh: Data = {
            "site": values[1],
            "peer": values[2],
            "method": "",
            "loss_ratio": None,
            "round_trip_seconds": {},
        }
        return found.setdefault((values[1], values[2]), fresh)

    for series, value in view.snapshot.family(site.LINK_ROUND_TRIP).items():
        if (link := of(series.values)) is not None:
            link["round_trip_seconds"][series.values[3]] = value
    for series, value in view.snapshot.family(site.LINK_LOSS).items():
        if (link := of(series.values)) is not None:
            link["loss_ratio"] = value
    for series in view.snapshot.family(site.LINK_PROBE_INFO):
        if (link := of(series.values)) is not None:
            link["method"] = series.values[3]
    return [found[key] for key in sorted(found)]


def chips(view: BoardView, where: str = "") -> list[Data]:
    """Return the accelerator chips of the hub, or of one site, by maker and model: how many there are, answer and do well."""
    models: dict[tuple[str, ...], tuple[str, str]] = {}
    found: dict[tuple[str, str], Data] = {}
    for metric in (
        node.ACCELERATOR_INFO,
        node.ACCELERATOR_UP,
        node.ACCELERATOR_POWER,
    ):  # one that is lost tells no model
        for series in view.snapshot.family(metric):
            chip = series.values[:6]
            if chip[0] == view.hub and where in ("", chip[1]) and chip not in models:
                model = models[chip] = (series.label("vendor"), series.label("model"))
                fresh = {
                    "vendor": model[0],
                    "model": model[1],
                    "chips": 0,
                    "silent": 0,
                    "unhealthy": 0,
                }
                found.setdefault(model, fresh)["chips"] += 1
    _count(view, models, found, node.ACCELERATOR_UP, "silent")
    _count(view, models, found, node.ACCELERATOR_HEALTHY, "unhealthy")
    sums = (
        (node.ACCELERATOR_POWER, "power_watts", sum),
        (node.ACCELERATOR_UTILIZATION, "utilization_ratio", _mean),
        (node.ACCELERATOR_TEMPERATURE, "temperature_celsius", max),
        (node.ACCELERATOR_MEMORY_USED, "memory_used_bytes", sum),
        (node.ACCELERATOR_MEMORY_TOTAL, "memory_total_bytes", sum),
    )
    for metric, name, together in sums:
        values: dict[tuple[str, str], list[float]] = defaultdict(list)
        for series, value in view.snapshot.family(metric).items():
            if (model_ := models.get(series.values[:6])) is not None:
                values[model_].append(value)
        for model, one in found.items():
            one[name] = together(values[model]) if model in values else None
    return [found[key] for key in sorted(found)]


def _count(
    view: BoardView,
    models: Mapping[tuple[str, ...], tuple[str, str]],
    found: Mapping[tuple[str, str], Data],
    metric: Metric,
    name: str,
) -> None:
    for series, value in view.snapshot.family(metric).items():
        model = models.get(series.values[:6])
        if model is not None and not value:
            found[model][name] += 1


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)
