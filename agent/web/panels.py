"""A site's panels: PUE, power from utility to chip. They draw what the API says, and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from agent.web import axis, svg
from agent.web.format import MISSING, THIN, common, local, number, percent, quantity, short
from agent.web.markup import Safe, el, join
from collectors.catalogue.limits import INCOMING

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

Data = dict[str, Any]

_ENOUGH: Final = 0.95
"""Coverage below this is drawn as thin: a day may lack an hour."""


def ratio(value: float | None, decimals: int = 2) -> str:
    """Write a PUE: two decimals, as limits are stated."""
    return MISSING if value is None else number(value, decimals)


def panel(
    key: str,
    title: str,
    *body: Safe | str | None,
    lead: Safe | str | None = None,
    kind: str = "",
    level: int = 3,
) -> Safe:
    """Frame one panel, with a heading that names it; `level` is the heading's, on a page where no other stands above it."""
    heading = el(f"h{level}", title, id=f"p-{key}", class_="h3" if level != 3 else None)  # noqa: PLR2004 - most are h3
    head = el("header", heading, el("p", lead, class_="lead") if lead else None)
    return el(
        "section",
        head,
        *body,
        class_=f"card panel {kind}".strip(),
        aria_labelledby=f"p-{key}",
        data_key=f"panel-{key}",
    )


def empty(said: str) -> Safe:
    """Say that there is nothing to show, and why."""
    return el("p", said, class_="none")


# ---------------------------------------------------------------- PUE


def pue(data: Data, w: Words, zone: dt.tzinfo) -> Safe:
    """Draw the PUE: the longest window that has a value in large, its trend against its limit, and every window in a table."""
    windows = data["windows"]
    limit = min((entry["value"] for entry in data["limits"]), default=None)
    valued = [window for window in windows if window["pue"] is not None]
    if not windows or (not valued and not data["trend"]):
        return panel(
            f"pue-{data['site']}", w("pue"), empty(w("pue.none")), _limits(data, w), kind="pue"
        )
    return panel(
        f"pue-{data['site']}",
        w("pue"),
        _lead_number(_telling(valued), limit, w) if valued else None,
        _limits(data, w),
        _trend(data, limit, w, zone),
        _windows(windows, limit, w),
        kind="pue",
    )


def _telling(valued: Sequence[Data]) -> Data:
    """Return the window to show large: the longest that is covered well enough, else the one that is covered best."""
    good = [window for window in valued if window["state"] == "valid"]
    return good[-1] if good else max(valued, key=lambda window: window["coverage_ratio"] or 0.0)


def _lead_number(window: Data, limit: float | None, w: Words) -> Safe:
    valid = window["state"] == "valid"
    name = [w.of("window", window["window"])]
    if not valid:
        name.append(f"{w.of('pue.state', window['state'])}, {percent(window['coverage_ratio'])}")
    if window["category"]:
        name.append(w("pue.category", category=window["category"]))
    if window["interim"]:
        name.append(w("pue.interim"))
    state = (
        None
        if limit is None
        else "unknown"
        if not valid
        else "at_risk"
        if window["pue"] > limit
        else "met"
    )
    return el(
        "p",
        svg.mark(state) if state else None,
        el("b", ratio(window["pue"], 3), class_="big"),
        _doubt(window, w),
        el("small", " · ".join(name)),
        class_=f"lead-number s-{state}" if state else "lead-number",
    )


def _limits(data: Data, w: Words) -> Safe:
    if not data["limits"]:
        return el("p", w("pue.no_limit"), class_="quiet")
    said = [
        w("pue.limit.of", limit=f"≤{THIN}{number(entry['value'], 2)}", name=w.pick(entry["name"]))
        for entry in data["limits"]
    ]
    if data["required_ratio"] is not None:
        said.append(w("pue.required", value=number(data["required_ratio"], 3)))
    return el("p", w("sentence").join(said), class_="limits")


def _trend(data: Data, limit: float | None, w: Words, zone: dt.tzinfo) -> Safe | None:
    trend = data["trend"]
    if not trend or not any(value is not None for value in trend["pue"]):
        return None
    known = [value for value in trend["pue"] if value is not None]
    first, last = _day(trend["times"][0], zone), _day(trend["times"][-1], zone)
    drawn = svg.chart(
        svg.Chart(
            title=f"{w('pue.trend')}, {data['site']}",
            description=w(
                "pue.desc", first=first, last=last, low=ratio(min(known)), high=ratio(max(known))
            ),
            lines=[svg.Line(name=w("pue"), kind="c-facility", values=trend["pue"])],
            rules=[svg.Rule(value=limit, name=w("pue.limit", value=number(limit, 2)))]
            if limit is not None
            else [],
            bands=_doubts(trend),
            coverage=trend["coverage"],
            coverage_name=w("coverage"),
            x_labels=time_labels(trend, zone),
            tick=lambda value: number(value, 2),
            floor=1.0,
            source=f"/api/sites/{quote(data['site'], safe='')}/pue",
            names={"coverage": w("coverage")},
        )
    )
    doubts = trend.get("uncertainty") or [None] * len(trend["pue"])
    rows = [
        (
            _moment(at, trend["step_seconds"], zone),
            ratio(value, 3),
            _plus_minus(value, doubt),
            percent(share),
        )
        for at, value, doubt, share in zip(
            trend["times"], trend["pue"], doubts, trend["coverage"], strict=True
        )
    ]
    heads = [w("col.time"), w("col.pue"), w("col.uncertainty"), w("col.coverage")]
    return el("figure", drawn, values(f"pue-{data['site']}", w, heads, rows))


def _plus_minus(value: float | None, doubt: float | None) -> str:
    return MISSING if value is None or not doubt else f"±{THIN}{ratio(value * doubt, 3)}"


def _doubts(trend: Data) -> list[svg.Band]:
    """Return the band that a PUE lies in by its uncertainty (k = 2, about 95 %), where that is known."""
    doubts = trend.get("uncertainty")
    if not doubts or not any(doubts):
        return []
    pairs = [
        (None, None)
        if value is None or doubt is None
        else (value * (1 - doubt), value * (1 + doubt))
        for value, doubt in zip(trend["pue"], doubts, strict=True)
    ]
    return [svg.Band(lower=[low for low, _ in pairs], upper=[high for _, high in pairs])]


def _doubt(window: Data, w: Words) -> Safe | None:
    """Return the uncertainty of a PUE as plus or minus of its value."""
    if window["pue"] is None or not window["uncertainty_ratio"]:
        return None
    return el(
        "span",
        " ",
        w("pue.uncertainty", value=ratio(window["pue"] * window["uncertainty_ratio"], 3)),
        class_="quiet doubt",
    )


def _windows(windows: Sequence[Data], limit: float | None, w: Words) -> Safe:
    keys = ("window", "pue", "coverage", "facility", "it")
    renewable = any(window["renewable_energy_ratio"] is not None for window in windows)
    heads = [*keys, "ref"] if renewable else list(keys)
    rows = []
    for window in windows:
        over = limit is not None and window["pue"] is not None and window["pue"] > limit
        doubt = window["state"] not in ("valid", "")
        share = window["coverage_ratio"]
        cells = [
            el("th", w.of("window", window["window"]), scope="row"),
            el(
                "td",
                svg.mark("at_risk") if over else None,
                el("b", ratio(window["pue"], 3)) if window["pue"] is not None else None,
                _doubt(window, w),
                el("small", w.of("pue.state", window["state"]), class_="s-unknown")
                if doubt
                else None,
                class_="num",
            ),
            el(
                "td",
                percent(share),
                class_="num" if share is None or share >= _ENOUGH else "num thin",
            ),
            el("td", quantity(window["facility_joules"], "J"), class_="num"),
            el("td", quantity(window["it_joules"], "J"), class_="num"),
            el("td", percent(window["renewable_energy_ratio"]), class_="num")
            if renewable
            else None,
        ]
        rows.append(el("tr", [cell for cell in cells if cell is not None]))
    head = [
        el("th", w(f"col.{key}"), scope="col", class_=None if key == "window" else "num")
        for key in heads
    ]
    return el(
        "div",
        el(
            "table",
            el("caption", w("pue.table"), class_="hidden"),
            el("thead", el("tr", head)),
            el("tbody", rows),
            class_="plain",
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=w("pue.table"),
    )


# ---------------------------------------------------------------- power

_CHAIN: Final = ("ups_output", "pdu_output", "it_input")
"""What feeds what: here, and only here, the difference between two stages is a loss."""
_CURVE: Final = {
    "facility": "c-facility",
    "utility": "c-facility",
    "ups_output": "c-ups",
    "pdu_output": "c-pdu",
    "it_input": "c-it",
    "it": "c-it",
    "nodes": "c-it",
    "chips": "c-chips",
}


def power(data: Data, w: Words, zone: dt.tzinfo) -> Safe:
    """Draw the power: every stage now as a bar of the facility's, then the curves."""
    now = _worth_showing(data["now"])
    if not now and not data["trend"]:
        return panel(f"power-{data['site']}", w("power"), empty(w("power.none")), kind="power")
    return panel(
        f"power-{data['site']}",
        w("power"),
        _stages(now, w) if now else None,
        _power_trend(data, w, zone),
        kind="power",
    )


def _worth_showing(stages: Sequence[Data]) -> list[Data]:
    """Leave out what would be said twice: the only supply beside the facility, and IT beside the stage it is metered at."""
    points = {stage["point"] for stage in stages}
    twice = {"it"} if points & set(_CHAIN) else set()
    supplies = points.intersection(INCOMING)
    if "facility" in points and len(supplies) == 1:
        twice |= supplies
    return [stage for stage in stages if stage["point"] not in twice]


def _stages(now: Sequence[Data], w: Words) -> Safe:
    most = max((stage["watts"] or 0.0 for stage in now), default=0.0) or 1.0
    whole = next(
        (
            s["watts"]
            for s in now
            if s["point"] in ("facility", "utility") and s["complete"] and s["watts"]
        ),
        None,
    )
    before: float | None = None
    write, unit = common((stage["watts"] for stage in now), "W")
    rows = []
    for stage in now:
        watts, point = stage["watts"], stage["point"]
        note: str | None = None
        if watts is None:
            note = w("power.silent", meters=stage["meters"])
        elif not stage["complete"]:
            note = w("power.part", answering=stage["answering"], meters=stage["meters"])
        elif point in _CHAIN and before is not None and before > watts:
            note = f"{number(-(before - watts) / before * 100, 1)}{THIN}%"
        if point in _CHAIN:
            before = watts if stage["complete"] else None
        rows.append(
            el(
                "tr",
                el("th", w.of("stage", point), el("small", note) if note else None, scope="row"),
                el(
                    "td",
                    svg.bar((watts or 0.0) / most, kind=_CURVE.get(point, "c-other")),
                    class_="barcell",
                ),
                el("td", _watts(stage, write, unit), class_="num"),
                el(
                    "td",
                    percent(watts / whole, 1) if watts is not None and whole else MISSING,
                    class_="num share",
                ),
                class_=" ".join(_row_classes(stage, now)) or None,
            )
        )
    head = [("stage", ""), ("bar", "barcell"), ("now", "num"), ("share", "num share")]
    return el(
        "table",
        el("caption", w("power.now"), class_="hidden"),
        el(
            "thead",
            el(
                "tr",
                [
                    el(
                        "th",
                        w(f"col.{key}") if key != "bar" else "",
                        scope="col",
                        class_=kind or None,
                    )
                    for key, kind in head
                ],
            ),
        ),
        el("tbody", rows),
        class_="plain stages",
    )


def _watts(stage: Data, write: Callable[[float], str], unit: str) -> Safe | str:
    if stage["watts"] is None:
        return MISSING
    least = "" if stage["complete"] else f"≥{THIN}"
    return join([el("b", least + write(stage["watts"])), f"{THIN}{unit}"])


def _row_classes(stage: Data, now: Sequence[Data]) -> list[str]:
    kinds = [] if stage["complete"] else ["part"]
    if stage["point"] in INCOMING and any(other["point"] == "facility" for other in now):
        kinds.append("within")
    return kinds


_TREND: Final = (("facility", "c-facility"), ("ups", "c-ups"), ("pdu", "c-pdu"), ("it", "c-it"))


def _power_trend(data: Data, w: Words, zone: dt.tzinfo) -> Safe | None:
    trend = data["trend"]
    if not trend:
        return None
    present = [
        (key, kind)
        for key, kind in _TREND
        if any(v is not None for v in trend["series"].get(key, ()))
    ]
    if not present:
        return None
    lines = [
        svg.Line(name=w(f"curve.{key}"), kind=kind, values=trend["series"][key])
        for key, kind in present
    ]
    drawn = svg.chart(
        svg.Chart(
            title=f"{w('power.trend')}, {data['site']}",
            description=w(
                "power.desc",
                first=_day(trend["times"][0], zone),
                last=_day(trend["times"][-1], zone),
            ),
            lines=lines,
            x_labels=time_labels(trend, zone),
            tick=lambda value: short(value, "W") if value else "0",
            floor=0.0,
            source=f"/api/sites/{quote(data['site'], safe='')}/power",
            names={key: w(f"curve.{key}") for key, _ in present},
        )
    )
    rows = [
        (
            _moment(at, trend["step_seconds"], zone),
            *(quantity(line.values[index], "W", digits=4) for line in lines),
        )
        for index, at in enumerate(trend["times"])
    ]
    return el(
        "figure",
        drawn,
        values(f"power-{data['site']}", w, [w("col.time"), *(line.name for line in lines)], rows),
    )


# ---------------------------------------------------------------- what both share


def values(key: str, w: Words, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Safe:
    """Return a chart's values as a table, folded: for who cannot see the curve, and for who wants the number."""
    head = [
        el("th", name, scope="col", class_=None if index == 0 else "num")
        for index, name in enumerate(heads)
    ]
    body = [
        el("tr", el("th", row[0], scope="row"), [el("td", cell, class_="num") for cell in row[1:]])
        for row in reversed(rows)
    ]
    table = el(
        "table",
        el("thead", el("tr", head)),
        el("tbody", body),
        class_="plain",
        aria_label=w("values"),
    )
    return el(
        "details",
        el("summary", w("values")),
        el("div", table, class_="scroll tall", tabindex="0", role="region", aria_label=w("values")),
        data_key=f"values-{key}",
        class_="values",
    )


def _day(seconds: float, zone: dt.tzinfo) -> str:
    return local(seconds, zone).strftime("%Y-%m-%d %H:%M")


def _moment(seconds: float, step: float, zone: dt.tzinfo) -> str:
    return local(seconds, zone).strftime("%Y-%m-%d" if step >= 86400 else "%m-%d %H:%M")  # noqa: PLR2004 - a day


def time_labels(trend: Data, zone: dt.tzinfo, count: int = 5) -> list[tuple[float, str]]:
    """Return what is written below a trend."""
    return axis.time_labels(trend["times"], trend["step_seconds"], zone, count)
