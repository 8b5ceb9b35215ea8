"""The racks' panel: a heat map, the way into it, and beside it the few racks that need someone.

What is drawn follows from how many racks there are, and from what the address asks for: a row, every rack, or a rack by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from agent.web import heatmap, svg
from agent.web.format import MISSING, THIN, number, percent, quantity
from agent.web.heatmap import SHOWS, row_name, shown
from agent.web.markup import Safe, el, join, raw
from agent.web.panels import panel
from agent.web.paths import rack_path, site_path
from agent.web.views import racks as racks_view
from agent.web.views import search
from agent.web.views.rack import urgent

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page
    from agent.web.views.rack import RackView

MAPS: Final = ("rows", "racks")
TILES: Final = 160
"""Up to this many racks each is a tile with its name."""
SQUARES: Final = 2000
"""Up to this many each is a square; more are drawn by row."""
_LISTED: Final = 12
_TABLE: Final = 200
_WIDE: Final = 400
"""More racks than this take the whole width even of a wall screen."""


def racks(
    page: Page, site: str, all_racks: Sequence[RackView], data: dict[str, Any], *, whole: bool
) -> Safe:
    """Draw a site's racks, coloured by what the address asks for; `whole` on the site's own page, where one may look closer."""
    if not all_racks:
        return raw("")
    w = page.w
    show = page.query.get("racks", SHOWS[0])
    by_row = racks_view.by_row(all_racks)
    near = heatmap.asked_for(page.query.get("row", ""), list(by_row)) if whole else ()
    rows = {row: by_row[row] for row in near} if near else by_row
    members = [one for found in rows.values() for one in found] if near else all_racks
    sought = search.find(page.view, page.query.get("find", ""), site) if whole else []
    kind = _kind(page, members)
    drawn = _map(page, site, rows, kind, show, sought)
    # Behind a map of thousands nobody would find the few that need someone: they go before it.
    body = [el("div", drawn, _legend(w, show, kind), class_="map"), _attention(page, site, members)]
    return panel(
        f"racks-{site}",
        w("racks"),
        _occupancy(data, w),
        _tools(page, site, show, len(all_racks), whole=whole),
        _found(page, sought) if page.query.get("find") and whole else None,
        _way(page, site, near, by_row) if near else None,
        el(
            "div",
            body if kind == "tiles" else reversed(body),
            class_=f"racks-body {'stacked' if kind == 'tiles' else 'far'}",
        ),
        _table(page, site, members, heatmap.stretch_key(near) if near else ""),
        lead=_counts(data, w),
        kind="racks" if len(members) <= _WIDE else "racks wide",
    )


def _kind(page: Page, members: Sequence[RackView]) -> str:
    """Return how racks are drawn: as tiles, as squares, or by row as blocks."""
    if len(members) <= TILES:
        return "tiles"
    asked = page.query.get("map") or ("racks" if len(members) <= SQUARES else "rows")
    return "squares" if asked == "racks" else "blocks"


def _map(
    page: Page,
    site: str,
    by_row: dict[str, list[RackView]],
    kind: str,
    show: str,
    sought: Sequence[tuple[RackView, str]],
) -> Safe:
    if kind == "tiles":
        found = frozenset(one.rack for one, _ in sought)
        longest = max(map(len, by_row.values()))
        rows = [
            heatmap.tiles(page, site, row, members, show, found=found)
            for row, members in by_row.items()
        ]
        return el("div", rows, class_=f"rows tiles c{longest}")
    if kind == "squares":
        return el(
            "div",
            [heatmap.squares(page, site, row, members, show) for row, members in by_row.items()],
            class_="rows squares",
        )
    return el("div", _blocks(page, site, by_row, show), class_="rows tiles blocks")


def _blocks(page: Page, site: str, by_row: dict[str, list[RackView]], show: str) -> list[Safe]:
    w = page.w
    drawn = []
    for hall, stretches in heatmap.stretches(by_row, TILES):
        of = [
            heatmap.Block(
                name=heatmap.stretch_key(rows).replace("..", THIN + "…" + THIN) or MISSING,
                label=heatmap.stretch_name(rows, w),
                href=page.link(site_path(site), row=heatmap.stretch_key(rows)),
                racks=[one for row in rows for one in by_row[row]],
            )
            for rows in stretches
        ]
        title = el("h4", w("racks.hall", hall=hall)) if hall else None
        drawn.append(
            el(
                "div",
                title,
                heatmap.blocks(of, w, show, title=w("racks.rows_of", place=hall or site)),
                class_="row",
            )
        )
    return drawn


def _way(page: Page, site: str, near: heatmap.Stretch, by_row: dict[str, list[RackView]]) -> Safe:
    """Return the way from some rows back to all of them, and on to their neighbours."""
    w = page.w
    found = [rows for _, cut in heatmap.stretches(by_row, TILES) for rows in cut]
    if near not in found:
        found = [(row,) for row in by_row]
    at = found.index(near) if near in found else None
    before = found[at - 1] if at else None
    after = found[at + 1] if at is not None and at + 1 < len(found) else None

    def link(to: heatmap.Stretch, before: str, after: str, rel: str) -> Safe:
        name = f"{before}{heatmap.stretch_name(to, w)}{after}"
        return el("a", name, href=page.here(row=heatmap.stretch_key(to), find=None), rel=rel)

    links = [
        el("a", w("racks.all_rows"), href=page.here(row=None)),
        link(before, "← ", "", "prev") if before is not None else None,
        el("b", heatmap.stretch_name(near, w), aria_current="location"),
        link(after, "", " →", "next") if after is not None else None,
    ]
    return el(
        "nav",
        [one for one in links if one is not None],
        class_="way",
        aria_label=w("racks.rows_of", place=site),
    )


def _tools(page: Page, site: str, show: str, count: int, *, whole: bool) -> Safe:
    maps = None
    if count > TILES and "row" not in page.query and whole:
        now = _kind_asked(page, count)
        maps = el(
            "p",
            el("span", page.w("racks.map_as"), " "),
            _links(page, "map", MAPS, now),
            class_="choices",
        )
    colours = el(
        "p",
        el("span", page.w("racks.by"), " "),
        _links(page, "racks", SHOWS, show),
        class_="choices",
    )
    return el("div", colours, maps, _search(page, site), class_="tools")


def _kind_asked(page: Page, count: int) -> str:
    return page.query.get("map") or ("racks" if count <= SQUARES else "rows")


def _links(page: Page, key: str, names: Sequence[str], now: str) -> Safe:
    word = {"racks": "racks.by", "map": "racks.map_as"}[key]
    links = [
        el(
            "a",
            page.w(f"{word}.{name}"),
            href=page.here(**{key: name}),
            aria_current="true" if name == now else None,
        )
        for name in names
    ]
    return join(links, " ")


def _search(page: Page, site: str) -> Safe:
    """Return the box to find a rack by; it works without a script, which only makes suggestions while one types."""
    w, key = page.w, f"find-{site}"
    kept = [
        el("input", type="hidden", name=name, value=page.query[name])
        for name in ("lang", "racks", "map")
        if name in page.query
    ]
    return el(
        "form",
        kept,
        el("label", w("racks.find"), for_=key),
        el(
            "input",
            type="search",
            name="find",
            id=key,
            value=page.query.get("find"),
            autocomplete="off",
            spellcheck="false",
            list=f"{key}-list",
            placeholder=w("racks.find.hint"),
            maxlength="100",
            data_find=f"/api/racks?{urlencode({'site': site})}",
        ),
        el("datalist", id=f"{key}-list"),
        el("button", w("racks.find.go"), type="submit"),
        action=site_path(site),
        method="get",
        role="search",
        class_="find",
    )


def _found(page: Page, sought: Sequence[tuple[RackView, str]]) -> Safe:
    """Say what was found, each with its numbers and the way to it."""
    w = page.w
    title = el("h4", w("racks.found", count=number(len(sought)), text=page.query["find"]))
    items = [
        el(
            "li",
            el("a", one.rack, href=page.link(rack_path(one.site, one.rack)), class_="n"),
            el("a", row_name(one.row, w), href=page.here(row=one.row, find=None), class_="quiet")
            if one.row
            else None,
            el("span", w("racks.found.by", name=name), class_="quiet")
            if name != one.rack
            else None,
            el(
                "span",
                shown(one, "power"),
                f" · {_units(one)} · {shown(one, 'inlet')}",
                class_="nums",
            ),
            el("span", ", ".join(w(f"need.{need}") for need in one.needs), class_="s-at_risk"),
        )
        for one, name in sought
    ]
    return el(
        "section",
        title,
        el("ol", items, class_="foundlist") if items else None,
        class_="foundracks",
        role="status",
    )


def _counts(data: dict[str, Any], w: Words) -> Safe:
    counts = data["racks"]
    said: list[str] = [w("racks.count", count=number(counts["in_service"]))]
    if counts["under_construction"]:
        said.append(w("racks.building", count=number(counts["under_construction"])))
    if counts["planned"]:
        said.append(w("racks.planned", count=number(counts["planned"])))
    if data["power_watts"] is not None and data["rated_power_watts"]:
        said.append(
            w(
                "racks.drawing",
                power=quantity(data["power_watts"], "W"),
                rated=quantity(data["rated_power_watts"], "W"),
            )
        )
    if data["stranded_power_watts"]:
        said.append(w("racks.stranded", power=quantity(data["stranded_power_watts"], "W")))
    return el("span", " · ".join(said))


def _occupancy(data: dict[str, Any], w: Words) -> Safe | None:
    methods = [(method, data["occupancy"].get(method)) for method in ("racks", "units", "power")]
    found = [
        el(
            "div",
            el("dt", w(f"occupancy.{method}")),
            el("dd", el("b", percent(value, 1)), svg.bar(value)),
        )
        for method, value in methods
        if value is not None
    ]
    return join([el("h4", w("occupancy")), el("dl", found, class_="meters")]) if found else None


def _legend(w: Words, show: str, kind: str) -> Safe:
    steps = heatmap.steps(show)
    items = [el("li", el("i", class_=f"key l{index}"), text) for index, text in enumerate(steps)]
    items += [
        el("li", el("i", class_="key lx"), w("level.none")),
        el("li", el("i", class_="key lp"), w("level.planned")),
    ]
    if kind == "blocks":
        what = w("racks.block.worst" if show in heatmap.WORST else "racks.block.sum", most=TILES)
        marks = [el("li", svg.mark("at_risk"), w("racks.block.needing")), el("li", what)]
    else:
        marks = [
            el("li", svg.mark(need), w(f"need.{need}"))
            for need in ("over", "hot", "failover", "silent")
        ]
    return el("ul", items, marks, class_="legend", aria_label=w("racks.scale"))


def _attention(page: Page, site: str, all_racks: Sequence[RackView]) -> Safe:
    w = page.w
    found = urgent(all_racks)
    title = el(
        "h4",
        w("racks.attention"),
        el("span", f" {number(len(found))}", class_="quiet") if found else None,
    )
    if not found:
        return el(
            "section",
            title,
            el("p", svg.mark("met"), w("racks.attention.none"), class_="s-met calm"),
            class_="attention",
        )
    items = [
        el(
            "li",
            el("a", el("b", one.rack), href=page.link(rack_path(site, one.rack)), class_="n"),
            el("span", f" {row_name(one.row, w)}" if one.row else None, class_="quiet"),
            el("ul", [_reason(one, need, w) for need in one.needs]),
        )
        for one in found[:_LISTED]
    ]
    more = len(found) - _LISTED
    return el(
        "section",
        title,
        el("ol", items, class_="few"),
        el(
            "p",
            el(
                "a",
                w("racks.more", count=number(more)),
                href="/api/racks?" + urlencode({"site": site, "needs": "1"}),
            ),
        )
        if more > 0
        else None,
        class_="attention",
    )


def _reason(one: RackView, need: str, w: Words) -> Safe:
    value = ""
    if need == "over":
        value = percent(one.power_utilization_ratio)
    elif need == "failover":
        value = percent(one.failover_load_ratio)
    elif need == "hot":
        value = f"{number(one.inlet_temperature_celsius or 0.0, 1)}{THIN}°C"
    pdus = ", ".join(one.silent_pdus[:3]) + ("…" if len(one.silent_pdus) > 3 else "")  # noqa: PLR2004 - enough to find them
    overloads = need == "failover" and (one.failover_load_ratio or 0.0) > 1
    said = w("need.failover.over" if overloads else f"need.{need}.value", value=value, pdus=pdus)
    return el("li", svg.mark(need), said, class_=f"need {need}")


def _table(page: Page, site: str, all_racks: Sequence[RackView], row: str) -> Safe:
    """Return every rack's numbers as a table; above some hundred the API has them."""
    w = page.w
    if len(all_racks) > _TABLE:
        link = el(
            "a",
            w("racks.values.at", count=number(len(all_racks))),
            href="/api/racks?" + urlencode({"site": site}),
        )
        return el("p", link, class_="quiet")
    heads = (
        "row",
        "rack",
        "state",
        "power",
        "rated",
        "load",
        "units",
        "failover",
        "inlet",
        "needs",
    )
    numeric = {"power", "rated", "load", "units", "failover", "inlet"}
    body = [
        el(
            "tr",
            el("td", one.row),
            el("th", el("a", one.rack, href=page.link(rack_path(site, one.rack))), scope="row"),
            el("td", w.of("state.rack", one.state)),
            el("td", quantity(one.power_watts, "W"), class_="num"),
            el("td", quantity(one.rated_power_watts, "W"), class_="num"),
            el("td", percent(one.power_utilization_ratio), class_="num"),
            el("td", _units(one), class_="num"),
            el("td", percent(one.failover_load_ratio), class_="num"),
            el("td", shown(one, "inlet"), class_="num"),
            el("td", ", ".join(w(f"need.{need}") for need in one.needs)),
        )
        for one in all_racks
    ]
    head = [
        el("th", w(f"col.{key}"), scope="col", class_="num" if key in numeric else None)
        for key in heads
    ]
    table = el(
        "table",
        el("thead", el("tr", head)),
        el("tbody", body),
        class_="plain",
        aria_label=w("racks.values"),
    )
    return el(
        "details",
        el("summary", w("racks.values")),
        el(
            "div",
            table,
            class_="scroll tall",
            tabindex="0",
            role="region",
            aria_label=w("racks.values"),
        ),
        data_key=f"racks-values-{site}-{row}",
        class_="values",
    )


def _units(one: RackView) -> str:
    if one.height_units is None:
        return MISSING
    used = MISSING if one.used_units is None else number(one.used_units)
    return f"{used}{THIN}/{THIN}{number(one.height_units)}{THIN}U"
