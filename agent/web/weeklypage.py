"""The weekly report: one A4 sheet, as a page of the agent or as a file that needs nothing but itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from agent import __version__
from agent.web import svg
from agent.web.format import MISSING, THIN, local, number, offset, percent, quantity, zone
from agent.web.markup import Safe, el, join, raw
from agent.web.paths import hub_path
from agent.web.tables import NUM, table
from collectors.base import ConfigError

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.report.weekly import Week
    from agent.web.page import Page
    from agent.web.view import BoardView

Data = dict[str, Any]

_SITES: Final = 5
_RACKS: Final = 6
_METERS: Final = 6
_HEARD: Final = 0.995
_ROOMY: Final = 8
"""More promises and sites than these are set smaller, so that the sheet stays one."""


def document(
    data: Data,
    w: Words,
    week: Week,
    *,
    hub_name: str,
    simulated: bool = False,
    links: Safe | None = None,
    linked: bool = False,
) -> str:
    """Return the report's HTML. `linked`: its style is the agent's own file, not part of the page; `links`: the way to other pages."""
    title = f"{hub_name} · {w('week.title', week=data['week'])}"
    dense = len(data["promises"]) + min(len(data["sites"]), _SITES + 1) > _ROOMY
    kind = "sheet dense" if dense else "sheet"
    sheet = el(
        "main", _head(data, w, week, hub_name, simulated=simulated), *_parts(data, w), class_=kind
    )
    return _html(w, title, join([svg.symbols(), links, sheet]), linked=linked)


def _html(w: Words, title: str, body: Safe, *, linked: bool, again: bool = False) -> str:
    head = join(
        [
            raw('<meta charset="utf-8">'),
            el("title", title),
            raw('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            raw('<meta name="color-scheme" content="light dark">'),
            raw('<meta http-equiv="refresh" content="3">') if again else None,
            raw('<link rel="icon" href="/static/icon.svg" type="image/svg+xml">')
            if linked
            else None,
            raw('<link rel="stylesheet" href="/static/report.css">')
            if linked
            else el("style", raw(_style())),
        ]
    )
    return f"<!doctype html>\n{el('html', el('head', head), el('body', body), lang=w.html)}\n"


def draw(page: Page, hub: str) -> str | None:
    """Return the HTML of `/hubs/HUB/report`: the week asked for, else the last whole one; None for a hub that is not known."""
    view, w = page.view, page.w
    known = view.registry.hubs.get(hub)
    if known is None:
        return None
    week, data = asked(view, hub, page.query.get("week", ""))
    links = _ways(page, hub, week)
    if data is None:
        said = w("week.none") if view.past is None else w("week.making")
        main = el(
            "main",
            el("h1", w("week.title", week=week.name), class_="full"),
            el("p", said, role="status"),
            class_="sheet",
        )
        return _html(
            w,
            w("week.title", week=week.name),
            join([links, main]),
            linked=True,
            again=view.past is not None,
        )
    hub_name = w.pick({"en": known.name.en, "zh": known.name.zh})
    return document(
        data, w, week, hub_name=hub_name, simulated=view.simulated, links=links, linked=True
    )


def asked(view: BoardView, hub: str, name: str) -> tuple[Week, Data | None]:
    """Return the week of a hub's that is asked for, and what is known of it: None without a ledger, or until it is read.

    Raises ValueError for what is no week.
    """
    from agent.report import weekly  # noqa: PLC0415 - only where a report is asked for

    where, now = zone(view.registry.hubs[hub].timezone), view.now()
    try:
        week = weekly.week_of(name or weekly.last_week(where, now), where, now)
    except ConfigError as error:
        raise ValueError(error.message) from None  # the server answers that the request is wrong
    own = view.inventory if hub == view.hub else None
    return week, view.past.week(view.registry, hub, own, week) if view.past is not None else None


def _ways(page: Page, hub: str, week: Week) -> Safe:
    w, path = page.w, f"{hub_path(hub)}/report"
    monday = local(week.start, week.zone)
    before, after = (f"{monday + dt.timedelta(days=days):%G-W%V}" for days in (-7, 7))
    ways = [
        el("a", w("week.back"), href=page.link(hub_path(hub))),
        el("a", w("week.previous"), href=page.link(path, week=before), rel="prev"),
        el("a", w("week.next"), href=page.link(path, week=after), rel="next")
        if week.whole
        else None,
        *(
            el(
                "a",
                other.name,
                href=page.link(path, week=week.name, lang=other.key),
                hreflang=other.key,
                lang=other.html,
            )
            for other in w.others()
        ),
    ]
    return el("nav", ways, aria_label=w("nav.pages"), class_="ways")


def _style() -> str:
    return files("agent.web").joinpath("static", "report.css").read_text("utf-8")


def _head(data: Data, w: Words, week: Week, hub_name: str, *, simulated: bool) -> Safe:
    zone = week.zone
    first, end = f"{local(data['start'], zone):%Y-%m-%d}", local(data["end"], zone)
    if data["whole"]:
        days = w("week.days", first=first, last=f"{local(data['end'] - 1, zone):%Y-%m-%d}")
    else:
        days = w("week.so_far", first=first, time=f"{end:%Y-%m-%d %H:%M}")
    made = w(
        "week.made", time=f"{local(data['made'], zone):%Y-%m-%d %H:%M} {offset(zone, data['made'])}"
    )
    return el(
        "header",
        el("h1", hub_name, el("span", f" {w('week.title', week=data['week'])}")),
        el("p", f"{days} · {made} · hubgauge {__version__}"),
        el("p", svg.mark("stated_only"), w("simulated"), class_="banner") if simulated else None,
        el(
            "p",
            svg.mark("at_risk"),
            w("week.unsummed", count=number(data["unsummed_hours"])),
            class_="banner",
        )
        if data["unsummed_hours"]
        else None,
    )


def _parts(data: Data, w: Words) -> list[Safe]:
    return [
        _section("week.promises", w, _promises(data["promises"], w), kind="full"),
        _section("week.pue", w, _pue(data, w), kind="full"),
        _section("week.days.title", w, _days(data["days"], w)),
        _section("week.overhead", w, _overheads(data["overheads"], w)),
        _section("week.racks", w, _racks(data, w)),
        _section("week.meters", w, _meters(data, w)),
        el("footer", el("p", w("week.method")), _notes(data["sites"])),
    ]


def _section(key: str, w: Words, body: Safe, *, kind: str = "half") -> Safe:
    name = key.replace(".", "-")
    return el("section", el("h2", w(key), id=name), body, class_=kind, aria_labelledby=name)


# ---------------------------------------------------------------- promises


def _promises(rows: Sequence[Data], w: Words) -> Safe:
    if not rows:
        return el("p", w("week.promises.none"))
    heads = [
        (w("col.state"), ""),
        (w("col.promise"), ""),
        (w("col.value"), NUM),
        (w("col.limit"), NUM),
        (w("col.deadline"), NUM),
        (w("col.distance"), NUM),
        (w("week.change"), ""),
    ]
    body = []
    for row in rows:
        shown = row["display"][w.language]
        scope = row["scope_name"] if row["scope"] != "hub" else None
        body.append(
            [
                el(
                    "span",
                    svg.mark(row["state"]),
                    w.pick(row["state_name"]),
                    class_=f"state s-{row['state']}",
                ),
                join([el("b", w.pick(row["kpi_name"])), f" {w.pick(scope)}" if scope else None]),
                _value(row, shown, w),
                shown["limit"],
                _unbroken(shown["deadline"]),
                shown["distance"],
                _change(row, w),
            ]
        )
    return table(w("week.promises.table"), heads, body, kind="promises")


def _unbroken(said: str) -> Safe:
    """Keep each word of a text whole: a date has hyphens."""
    return join([el("span", word, class_="nb") for word in said.split(" ")], " ")


def _value(row: Data, shown: Data, w: Words) -> str:
    if not shown["value"]:
        return MISSING
    kind = row["value_kind"]
    return (
        shown["value"]
        if kind in (None, "measured")
        else f"{shown['value']} ({w.of('origin', kind)})"
    )


def _change(row: Data, w: Words) -> Safe | str:
    before = row["before"]
    if before is None:
        return w("week.new")
    said = []
    if before["state"] != row["state"]:
        said.append(w("week.was", state=w.pick(before["state_name"])))
    was, now = before["display"][w.language]["value"], row["display"][w.language]["value"]
    if was != now and was:
        said.append(w("week.value_was", value=was))
    return el("b", w("comma").join(said)) if said else w("week.same")


# ---------------------------------------------------------------- energy


def _pue(data: Data, w: Words) -> Safe:
    sites = data["sites"]
    if not sites:
        return el("p", w("week.pue.none"))
    windows = ("week", "before", "30d", "ytd")
    heads = [
        (w("site_of"), ""),
        *((w(f"week.{name}"), NUM) for name in windows),
        (w("col.facility"), NUM),
        (w("col.it"), NUM),
    ]
    body = [
        [
            site["name"],
            *(_figure(site["pue"][name], w) for name in windows),
            *_energies(site["pue"]["week"]),
        ]
        for site in sites[:_SITES]
    ]
    if len(sites) > 1:
        hub = data["hub_pue"]
        week = hub["week"]
        name = (
            w("week.hub")
            if week is None or week["sites"] == week["of"]
            else w("week.hub.part", sites=week["sites"], of=week["of"])
        )
        more = (
            el("small", w("week.more_sites", count=number(len(sites) - _SITES)))
            if len(sites) > _SITES
            else None
        )
        body.append(
            [
                join([el("b", name), more]),
                *(_figure(hub[name], w) for name in windows),
                *_energies(week),
            ]
        )
    return table(w("week.pue.table"), heads, body, kind="pue")


def _figure(window: Data | None, w: Words) -> Safe | str:
    if window is None:
        return MISSING
    covered = percent(window["coverage"], 1)
    if window["state"] == "valid":
        share = el("small", w("week.coverage", share=covered))
    else:  # what is wrong with it in words, so that colour is not all there is
        share = el("small", f"{w.of('pue.state', window['state'])}, {covered}", class_="thin")
    if window["pue"] is None:
        return join([MISSING, share])
    doubt = (
        f"{THIN}±{THIN}{number(window['uncertainty'] * window['pue'], 3)}"
        if window["uncertainty"] is not None
        else ""
    )
    return join([el("b", number(window["pue"], 3)), doubt, share])


def _energies(window: Data | None) -> list[str]:
    if window is None:
        return [MISSING, MISSING]
    return [
        quantity(window["facility_joules"], "J", digits=4),
        quantity(window["it_joules"], "J", digits=4),
    ]


def _days(days: Sequence[Data], w: Words) -> Safe:
    most = max((day["facility_joules"] for day in days), default=0.0) or 1.0
    heads = [
        (w("week.day"), ""),
        ("", "barcell"),
        (w("col.facility"), NUM),
        (w("col.it"), NUM),
        (w("col.pue"), NUM),
        (w("col.coverage"), NUM),
    ]
    body: list[Sequence[Safe | str | None]] = [
        [
            _weekday(day["day"], w),
            join(
                [
                    svg.bar(day["facility_joules"] / most, kind="c-facility"),
                    svg.bar(day["it_joules"] / most, kind="c-it"),
                ]
            ),
            quantity(day["facility_joules"], "J", digits=4) if day["facility_joules"] else MISSING,
            quantity(day["it_joules"], "J", digits=4) if day["it_joules"] else MISSING,
            MISSING if day["pue"] is None else number(day["pue"], 3),
            el(
                "span",
                percent(day["coverage"]),
                class_="thin" if day["coverage"] < _HEARD else None,
            ),
        ]
        for day in days
    ]
    keys = [
        el("li", el("i", class_=f"key c-{key}"), w(f"curve.{key}")) for key in ("facility", "it")
    ]
    return join([table(w("week.days.table"), heads, body), el("ul", keys, class_="keys quiet")])


_WEEKDAYS: Final = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}


def _weekday(day: str, w: Words) -> str:
    return f"{_WEEKDAYS[w.language][dt.date.fromisoformat(day).weekday()]} {day[5:]}"


def _overheads(rows: Sequence[Data], w: Words) -> Safe:
    if not any(row["joules"] for row in rows):
        return el("p", w("week.overhead.none"))
    heads = [(w("col.what"), ""), ("", "barcell"), (w("week.energy"), NUM), (w("col.share"), NUM)]
    body = [
        [
            w.of("overhead", row["subsystem"]),
            svg.bar(max(0.0, row["share"] or 0.0), kind="c-other"),
            quantity(row["joules"], "J", digits=3),
            percent(row["share"]),
        ]
        for row in rows
        if row["joules"]
    ]
    return table(w("week.overhead.table"), heads, body)


# ---------------------------------------------------------------- racks and meters


def _racks(data: Data, w: Words) -> Safe:
    rows = data["racks_needing"]
    if not data["racks"]:
        return el("p", w("week.racks.unmetered"))
    if not rows:
        return el(
            "p", svg.mark("met"), w("week.racks.none", count=number(data["racks"])), class_="s-met"
        )
    heads = [
        (w("col.rack"), ""),
        (w("week.over"), NUM),
        (w("week.failover"), NUM),
        (w("week.silent"), NUM),
        (w("week.peak"), NUM),
        (w("col.rated"), NUM),
    ]
    body = [
        [
            row["rack"],
            *(_hours(row[key], w) for key in ("over_hours", "failover_hours", "silent_hours")),
            quantity(row["peak_watts"], "W"),
            quantity(row["rated_watts"], "W"),
        ]
        for row in rows[:_RACKS]
    ]
    return join(
        [
            table(w("week.racks.table"), heads, body),
            _more(len(rows) - _RACKS, w, w("week.racks.note")),
        ]
    )


def _hours(count: float, w: Words) -> str:
    return f"{number(count)}{THIN}{w('unit.h')}" if count else MISSING


def _meters(data: Data, w: Words) -> Safe:
    rows = data["meters_lost"]
    if not data["meters"]:
        return el("p", w("week.meters.unknown"))
    if not rows:
        return el(
            "p",
            svg.mark("met"),
            w("week.meters.none", count=number(data["meters"])),
            class_="s-met",
        )
    many = len({row["site"] for row in rows}) > 1
    heads = [
        (w("col.meter"), ""),
        (w("col.point"), ""),
        (w("col.coverage"), NUM),
        (w("week.lost"), NUM),
    ]
    body = [
        [
            join([row["meter"], f" · {row['site']}" if many else None]),
            w.of("stage", row["point"]),
            percent(row["coverage"], 1),
            f"{number(row['lost_hours'], 1)}{THIN}{w('unit.h')}",
        ]
        for row in rows[:_METERS]
    ]
    return join([table(w("week.meters.table"), heads, body), _more(len(rows) - _METERS, w, "")])


def _more(count: int, w: Words, note: str) -> Safe | None:
    said = [w("week.more", count=number(count))] if count > 0 else []
    return (
        el("p", " · ".join([*said, *filter(None, [note])]), class_="quiet")
        if said or note
        else None
    )


def _notes(sites: Sequence[Data]) -> Safe | None:
    """Say what a reader of the figures must know, as the ledger put it."""
    notes = list(
        dict.fromkeys(f"{site['name']}: {note}" for site in sites for note in site["notes"])
    )
    return el("p", "; ".join(notes[:4]), lang="en") if notes else None
