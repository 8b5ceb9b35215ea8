"""A hub: its promises with all they rest on, its sites, their PUE and racks, its links and chips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from agent.hubs.units import show
from agent.web import api, cards, heatmap, hubdata, panels, sitelist, sitepage, svg, tell
from agent.web.format import number, percent
from agent.web.markup import Safe, el, join
from agent.web.panels import panel
from agent.web.paths import hub_path, site_path
from agent.web.views import racks

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page

Data = dict[str, Any]

_WHOLE: Final = 3
"""Up to this many sites are shown whole."""


def draw(page: Page, key: str) -> str | None:
    """Return the HTML of `/hubs/HUB`."""
    w, view = page.w, page.view
    hub = hubdata.hub(view, key, page.scoreboard)
    if hub is None:
        return None
    parents = {row["hub"]: row for row in page.scoreboard}
    own = key == view.hub
    main = [
        cards.headline([hub], w),
        cards.card(
            hub,
            w,
            parents=parents,
            own=own,
            link=page.link,
            evidence=lambda row: _evidence(page, hub, row),
        ),
        el("div", _sites(page), class_="sites") if own else None,
        el(
            "div",
            tell.links(hubdata.links(view), w),
            tell.chips(hubdata.chips(view), w),
            class_="machine",
        )
        if own
        else None,
        el(
            "p",
            el("a", w("week.report"), href=page.link(f"{hub_path(key)}/report")),
            class_="to-report",
        ),
        _family(page, hub, parents),
    ]
    return page.document(
        w.pick(hub["name"]), main, crumbs=[] if own else [(w.pick(hub["name"]), hub_path(key))]
    )


def _family(page: Page, hub: Data, parents: dict[str, Data]) -> Safe | None:
    """Return the way to the hub above and to those below."""
    w = page.w
    near = [key for key in (hub["parent"], *hub["children"]) if key in parents]
    if not near:
        return None
    items = [
        el("li", el("a", w.pick(parents[key]["name"]), href=page.link(hub_path(key))))
        for key in near
    ]
    return el(
        "nav",
        el("h2", w("hub.near"), class_="section-title"),
        el("ul", items, class_="near"),
        aria_label=w("hub.near"),
    )


def _sites(page: Page) -> Safe:
    """Draw the agent's sites: up to a few whole; of more a list, and each site's racks as one tile."""
    view = page.view
    by_site = racks.read(view.snapshot, view.hub)
    lines = api.site_lines(view, by_site)
    told = [line for line in lines if sitelist.tells(line)]
    if len(told) <= _WHOLE:
        drawn = [
            sitepage.section(page, line["site"], by_site.get(line["site"], []), n)
            for n, line in enumerate(told)
        ]
        return join([sitelist.table(lines, page) if len(lines) > 1 else None, *drawn])
    show_ = page.query.get("racks", heatmap.SHOWS[0])
    of = [
        heatmap.Block(
            name=line["name"] or line["site"],
            label=line["name"] or line["site"],
            href=page.link(site_path(line["site"])),
            racks=by_site[line["site"]],
        )
        for line in told
        if line["site"] in by_site
    ]
    tiles = el(
        "div",
        el("div", heatmap.blocks(of, page.w, show_, title=page.w("sites.table")), class_="row"),
        class_="rows tiles blocks wide",
    )
    return join(
        [
            sitelist.table(lines, page),
            panel("racks", page.w("racks"), tiles, kind="racks") if of else None,
        ]
    )


# ---------------------------------------------------------------- what a promise rests on


def _evidence(page: Page, hub: Data, row: Data) -> Safe | None:
    """Draw a row's evidence: a curve where there are values for one, and every kind of it in a table, apart."""
    found = row.get("evidence") or []
    found = [item for item in found if not item.get("same") or row["kind"] != "observation"]
    if not found:
        return (
            el("p", page.w("evidence.none"), class_="none")
            if row["kind"] != "observation"
            else None
        )
    return el("div", _chart(page, hub, row), _table(page, row, found), class_="evidence")


def _table(page: Page, row: Data, found: list[Data]) -> Safe:
    w = page.w
    rows = [
        el(
            "tr",
            el("th", w.of("origin", item["kind"]), scope="row", class_=f"origin {item['kind']}"),
            el("td", el("b", cards.tie(item["display"][w.language])), class_="num"),
            el("td", cards.period(item["time"], w)[:16].replace("T", " "), class_="num"),
            el("td", percent(item["coverage"]), class_="num"),
            el("td", _from(item, w)),
        )
        for item in found
    ]
    numeric = {"value", "of", "coverage"}
    heads = ("origin", "value", "of", "coverage", "source")
    head = [
        el("th", w(f"evidence.{key}"), scope="col", class_="num" if key in numeric else None)
        for key in heads
    ]
    caption = w("evidence.table", what=w.pick(row["kpi_name"]))
    table = el(
        "table",
        el("caption", caption, class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", rows),
        class_="plain evidence",
    )
    return el("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _from(item: Data, w: Words) -> str:
    if item["kind"] == "registered":
        return f"{w.pick(item['source'])}, {item['published']}"
    return (
        w("evidence.history", count=number(len(item["history"])))
        if len(item["history"]) > 1
        else w("evidence.now")
    )


def _chart(page: Page, hub: Data, row: Data) -> Safe | None:
    """Draw a promise over time: measured, published, and what the present pace leads to with its range."""
    found = hubdata.trend(page.view, hub["hub"], row["id"], hub)
    if found is None:
        return None
    w, trend, series = page.w, found["trend"], found["trend"]["series"]
    unit = _unit(page, hub["hub"], row["id"])
    times, step = trend["times"], trend["step_seconds"]
    span = len(times) * step
    name = w.of("origin", found["kind"])
    lines = [svg.Line(name=name, kind="c-facility", values=series["value"])]
    bands = []
    if "expected" in series:
        lines.append(
            svg.Line(name=w("evidence.forecast"), kind="forecast", values=series["expected"])
        )
        bands = [svg.Band(lower=series["lower"], upper=series["upper"], kind="forecast")]
    dots = [
        svg.Dot(
            at=(one["time_seconds"] - times[0] + step / 2) / span,
            value=one["value"],
            name=one["display"][w.language],
        )
        for one in found["registered"]
    ]
    limit = found["limit"]
    known = [value for value in series["value"] if value is not None]
    drawn = svg.chart(
        svg.Chart(
            title=f"{w.pick(row['kpi_name'])}, {w.pick(hub['name'])}",
            description=w(
                "evidence.desc",
                what=w.pick(row["kpi_name"]),
                low=_tick(min(known), unit, w),
                high=_tick(max(known), unit, w),
            ),
            lines=lines,
            bands=bands,
            dots=dots,
            rules=[svg.Rule(value=limit, name=w("pue.limit", value=_tick(limit, unit, w)))]
            if limit is not None
            else [],
            x_labels=panels.time_labels(trend, page.zone),
            tick=lambda value: _tick(value, unit, w),
            source=f"/api{hub_path(hub['hub'])}/trends/{row['id']}",
        )
    )
    return el("figure", drawn)


def _unit(page: Page, hub: str, target: str) -> str:
    known = page.view.registry.hubs[hub]
    return next(fact.unit for fact in known.facts if fact.id == target)


def _tick(value: float, unit: str, w: Words) -> str:
    said = show(value, unit, "zh" if w.language == "zh" else "en")
    return said.split(" ")[0] if unit == "ratio" else said
