"""The racks' panel: a heat map by row, and beside it the few racks that need someone.

Up to some hundred racks each is a tile that says its number; a whole hub is drawn as small squares, one path for each colour
of a row, so that 27 584 racks stay a light page. Hovering reads the exact values from the API.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from agent.web import racks as model
from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent, quantity
from agent.web.markup import Safe, el, join, raw
from agent.web.panels import panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.web.racks import Rack
    from agent.web.text import Words

SHOWS: Final = ("power", "space", "inlet")
TILES: Final = 160
"""Up to this many racks each is a tile with its name."""
_LISTED: Final = 12
_TABLE: Final = 200
_WRAP: Final = 32
_WIDE: Final = 400
"""More racks than this take the whole width even of a wall screen."""
_INLETS: Final = (18.0, 22.0, 25.0, model.INLET_RECOMMENDED, model.INLET_ALLOWABLE)


def level(one: Rack, show: str) -> str:
    """Return the class of a rack's colour: l0 (little) to l4 (full), l5 (beyond what it may), lx (not known), lp (not in service)."""
    if one.state != "in_service":
        return "lp"
    if show == "inlet":
        if one.inlet is None:
            return "lx"
        return f"l{sum(one.inlet > bound for bound in _INLETS)}"
    value = one.space if show == "space" else one.load
    if value is None:
        return "lx"
    return "l5" if value > 1 else f"l{min(4, int(value * 5))}"


def shown(one: Rack, show: str) -> str:
    """Return the number that a rack is coloured by."""
    if show == "inlet":
        return MISSING if one.inlet is None else f"{number(one.inlet, 1)}{THIN}°C"
    return percent(one.space if show == "space" else one.load)


def racks(site: str, all_racks: Sequence[Rack], data: dict[str, Any], w: Words, *, query: dict[str, str]) -> Safe:
    """Draw a site's racks, coloured by what the address asks for."""
    if not all_racks:
        return raw("")
    show = query.get("racks", SHOWS[0])
    tiles = len(all_racks) <= TILES
    draw = _tiles if tiles else _squares
    by_row = model.rows(all_racks)
    longest = max(map(len, by_row.values()))
    rows = [draw(site, row, members, w, show) for row, members in by_row.items()]
    map_ = el("div", rows, class_=f"rows tiles c{longest}" if tiles else "rows squares")
    return panel(
        f"racks-{site}",
        w("racks"),
        _occupancy(data, w),
        el(
            "div",
            el("div", _choices(w, show, query), map_, _legend(w, show), class_="map"),
            _attention(site, all_racks, w),
            class_="racks-body" if not tiles else "racks-body stacked",
        ),
        _table(site, all_racks, w),
        lead=_counts(data, w),
        kind="racks" if len(all_racks) <= _WIDE else "racks wide",
    )


def _counts(data: dict[str, Any], w: Words) -> Safe:
    counts = data["racks"]
    said: list[str] = [w("racks.count", count=number(counts["in_service"]))]
    if counts["under_construction"]:
        said.append(w("racks.building", count=number(counts["under_construction"])))
    if counts["planned"]:
        said.append(w("racks.planned", count=number(counts["planned"])))
    if data["power_watts"] is not None and data["rated_power_watts"]:
        said.append(w("racks.drawing", power=quantity(data["power_watts"], "W"), rated=quantity(data["rated_power_watts"], "W")))
    if data["stranded_power_watts"]:
        said.append(w("racks.stranded", power=quantity(data["stranded_power_watts"], "W")))
    return el("span", " · ".join(said))


def _occupancy(data: dict[str, Any], w: Words) -> Safe | None:
    methods = [(method, data["occupancy"].get(method)) for method in ("racks", "units", "power")]
    found = [
        el("div", el("dt", w(f"occupancy.{method}")), el("dd", el("b", percent(value, 1)), svg.bar(value)))
        for method, value in methods
        if value is not None
    ]
    return join([el("h4", w("occupancy")), el("dl", found, class_="meters")]) if found else None


def _choices(w: Words, show: str, query: dict[str, str]) -> Safe:
    links = [
        el(
            "a",
            w(f"racks.by.{name}"),
            href="?" + urlencode({**query, "racks": name}),
            aria_current="true" if name == show else None,
        )
        for name in SHOWS
    ]
    return el("p", el("span", w("racks.by"), " "), join(links, " "), class_="choices")


def _label(row: str, w: Words) -> str:
    return w("racks.row", row=row) if row else w("racks.no_row")


def _tiles(site: str, row: str, members: Sequence[Rack], w: Words, show: str) -> Safe:
    items = []
    for one in members:
        needs = one.needs() if one.state == "in_service" else []
        said = [shown(one, show), *(w(f"need.{need}") for need in needs)]
        if one.state != "in_service":
            said = [w.of("state.rack", one.state)]
        items.append(
            el(
                "li",
                el("span", one.rack, class_="n"),
                el("span", "" if one.state != "in_service" else shown(one, show), class_="v"),
                el("span", [svg.mark(need) for need in needs], class_="marks") if needs else None,
                class_=f"tile {level(one, show)}",
                tabindex="0",
                aria_label=f"{one.rack}: {', '.join(said)}",
            )
        )
    label = _label(row, w)
    return el(
        "div",
        el("h4", label),
        el("ol", items, aria_label=w("racks.map", row=row, what=w(f"racks.by.{show}"))),
        class_="row",
        data_site=site,
        data_row=row,
    )


def _squares(site: str, row: str, members: Sequence[Rack], w: Words, show: str) -> Safe:
    classes = [level(one, show) for one in members]
    marks = [next(iter(one.needs()), "") if one.state == "in_service" else "" for one in members]
    drawn = svg.cells(classes, marks, wrap=_WRAP, title=w("racks.map", row=row, what=w(f"racks.by.{show}")))
    return el("div", el("h4", row or w("racks.no_row")), drawn, class_="row", data_site=site, data_row=row)


def _legend(w: Words, show: str) -> Safe:
    steps = (
        [
            f"≤{THIN}{number(_INLETS[0])}{THIN}°C",
            *(f"≤{THIN}{number(bound)}" for bound in _INLETS[1:]),
            f">{THIN}{number(_INLETS[-1])}",
        ]
        if show == "inlet"
        else [f"<{THIN}20{THIN}%", f"<{THIN}40", f"<{THIN}60", f"<{THIN}80", f"≤{THIN}100", f">{THIN}100"]
    )
    items = [el("li", el("i", class_=f"key l{index}"), text) for index, text in enumerate(steps)]
    items += [el("li", el("i", class_="key lx"), w("level.none")), el("li", el("i", class_="key lp"), w("level.planned"))]
    marks = [el("li", svg.mark(need), w(f"need.{need}")) for need in ("over", "hot", "failover", "silent")]
    return el("ul", items, marks, class_="legend", aria_label=w("racks.scale"))


def _attention(site: str, all_racks: Sequence[Rack], w: Words) -> Safe:
    found = model.urgent(all_racks)
    title = el("h4", w("racks.attention"), el("span", f" {number(len(found))}", class_="quiet") if found else None)
    if not found:
        return el("section", title, el("p", svg.mark("met"), w("racks.attention.none"), class_="s-met calm"), class_="attention")
    items = [
        el(
            "li",
            el("b", one.rack, class_="n"),
            el("span", f" {_label(one.row, w)}" if one.row else None, class_="quiet"),
            el("ul", [_reason(one, need, w) for need in one.needs()]),
        )
        for one in found[:_LISTED]
    ]
    more = len(found) - _LISTED
    return el(
        "section",
        title,
        el("ol", items, class_="few"),
        el("p", el("a", w("racks.more", count=number(more)), href="/api/racks?" + urlencode({"site": site, "needs": "1"})))
        if more > 0
        else None,
        class_="attention",
    )


def _reason(one: Rack, need: str, w: Words) -> Safe:
    value = ""
    if need == "over":
        value = percent(one.load)
    elif need == "failover":
        value = percent(one.failover)
    elif need == "hot":
        value = f"{number(one.inlet or 0.0, 1)}{THIN}°C"
    pdus = ", ".join(one.silent[:3]) + ("…" if len(one.silent) > 3 else "")  # noqa: PLR2004 - enough to find them
    overloads = need == "failover" and (one.failover or 0.0) > 1
    said = w("need.failover.over" if overloads else f"need.{need}.value", value=value, pdus=pdus)
    return el("li", svg.mark(need), said, class_=f"need {need}")


def _table(site: str, all_racks: Sequence[Rack], w: Words) -> Safe:
    """Return every rack's numbers as a table; above some hundred the API has them."""
    if len(all_racks) > _TABLE:
        link = el("a", w("racks.values.at", count=number(len(all_racks))), href="/api/racks?" + urlencode({"site": site}))
        return el("p", link, class_="quiet")
    heads = ("row", "rack", "state", "power", "rated", "load", "units", "failover", "inlet", "needs")
    numeric = {"power", "rated", "load", "units", "failover", "inlet"}
    body = [
        el(
            "tr",
            el("td", one.row),
            el("th", one.rack, scope="row"),
            el("td", w.of("state.rack", one.state)),
            el("td", quantity(one.power, "W"), class_="num"),
            el("td", quantity(one.rated, "W"), class_="num"),
            el("td", percent(one.load), class_="num"),
            el("td", _units(one), class_="num"),
            el("td", percent(one.failover), class_="num"),
            el("td", shown(one, "inlet"), class_="num"),
            el("td", ", ".join(w(f"need.{need}") for need in one.needs())),
        )
        for one in all_racks
    ]
    head = [el("th", w(f"col.{key}"), scope="col", class_="num" if key in numeric else None) for key in heads]
    table = el("table", el("thead", el("tr", head)), el("tbody", body), class_="plain", aria_label=w("racks.values"))
    return el(
        "details",
        el("summary", w("racks.values")),
        el("div", table, class_="scroll tall", tabindex="0", role="region", aria_label=w("racks.values")),
        data_key=f"racks-values-{site}",
        class_="values",
    )


def _units(one: Rack) -> str:
    if one.height is None:
        return MISSING
    used = MISSING if one.used is None else number(one.used)
    return f"{used}{THIN}/{THIN}{number(one.height)}{THIN}U"
