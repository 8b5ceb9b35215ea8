"""A rack's page: what it needs, what stands where, its feeds and phases, outlets, sensors, nodes; every number in a table as well."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from agent.web import svg
from agent.web.format import MISSING, THIN, clock, number, percent, quantity, short, span
from agent.web.markup import Safe, el, join, raw
from agent.web.panels import panel, time_labels, values
from agent.web.paths import rack_path, site_path
from agent.web.tables import NUM, table, terms
from agent.web.views import rack_page
from agent.web.views import sites as site_views
from agent.web.views.serialise import plain
from collectors.catalogue.limits import IMBALANCE_SHOWN

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page

Data = dict[str, Any]

_panel: Final = partial(panel, level=2)

_CURVES: Final = ("c-ups", "c-pdu", "c-it", "c-chips")
_UNIT: Final = 13
_WIDTH: Final = 260
_NUMBERS: Final = 26
_NAMED: Final = 30
"""Characters of a device's name that fit beside its power."""


def draw(page: Page, site: str, name: str) -> str | None:
    """Return the HTML of `/sites/SITE/racks/RACK`; None for a rack that nothing names."""
    found = rack_page.read(page.view, site, name)
    if found is None:
        return None
    data = plain(found)
    w = page.w
    main = [
        _head(data, page),
        el(
            "div",
            _numbers(data, w),
            _elevation(data, w),
            _feeds(data, page),
            _trend(data, page),
            _sensors(data, w),
            _nodes(data, w),
            _outlets(data, w),
            class_="detail rackpage" if data["elevation"] is not None else "detail rackpage flat",
        ),
    ]
    site_name = site_views.names(page.view).get(site) or site
    crumbs = [(site_name, site_path(site)), (name, rack_path(site, name))]
    return page.document(f"{name} · {site_name}", main, crumbs=crumbs)


def choose(page: Page, name: str) -> str | None:
    """Return the HTML of `/racks/RACK`: the rack itself, or a choice where several sites have one of that name."""
    sites = rack_page.sites_of(page.view, name).sites
    if len(sites) == 1:
        return draw(page, sites[0], name)
    if not sites:
        return None
    known = site_views.names(page.view)
    items = [
        el("li", el("a", known.get(site) or site, href=page.link(rack_path(site, name))))
        for site in sites
    ]
    main = el(
        "div",
        el("h1", page.w("rack.which", rack=name)),
        el("ul", items, class_="choice"),
        class_="headline",
    )
    return page.document(name, [main], crumbs=[(name, f"/racks/{name}")])


def _head(data: Data, page: Page) -> Safe:
    w = page.w
    where = [w("racks.row", row=data["row"])] if data["row"] else []
    where.append(w.of("state.rack", data["state"]))
    if not data["listed"]:
        where.append(w("rack.unlisted"))
    needs = [
        el(
            "li",
            svg.mark(need["need"]),
            el("span", _reason(need, w), class_="what"),
            el(
                "a",
                w("rack.runbook", alert=need["alert"]),
                href=page.link("/runbook") + f"#{need['alert'].lower()}",
            ),
            class_=f"need {need['need']}",
        )
        for need in data["needs"]
    ]
    calm = (
        el("p", svg.mark("met"), w("rack.calm"), class_="s-met calm")
        if data["state"] == "in_service"
        else None
    )
    return el(
        "div",
        el(
            "h1",
            w("rack.title", rack=data["rack"]),
            el("span", " " + " · ".join(where), class_="quiet"),
            class_="section-title",
        ),
        el("ul", needs, class_="needs", aria_label=w("rack.needs")) if needs else calm,
        class_="headline",
        data_key="rack-head",
    )


def _reason(need: Data, w: Words) -> str:
    kind, value = need["need"], need["value"]
    if kind == "silent":
        return w("need.silent.value", pdus=", ".join(need["pdus"]))
    said = f"{number(value, 1)}{THIN}°C" if kind == "hot" else percent(value)
    overloads = kind == "failover" and value > 1
    return w("need.failover.over" if overloads else f"need.{kind}.value", value=said)


# ---------------------------------------------------------------- what it is and holds


def _numbers(data: Data, w: Words) -> Safe:
    least = "" if data["power_complete"] else f"≥{THIN}"
    power = MISSING if data["power_watts"] is None else least + quantity(data["power_watts"], "W")
    used, free = data["used_units"], None
    if used is not None:
        free = data["height_units"] - used - (data["reserved_units"] or 0.0)
    pairs: list[tuple[str, Safe | str | None]] = [
        (
            w("rack.power"),
            _with_bar(
                power,
                data["power_utilization_ratio"],
                w("rack.rated", whole=quantity(data["rated_power_watts"], "W")),
            ),
        ),
        (
            w("rack.used"),
            None
            if used is None
            else _with_bar(
                _high(used),
                data["space_utilization_ratio"],
                w("rack.of", whole=_high(data["height_units"])),
            ),
        ),
        (w("rack.units"), None if free is None else _high(free)),
        (w("rack.reserved"), _high(data["reserved_units"]) if data["reserved_units"] else None),
        (
            w("rack.failover"),
            _with_bar(
                percent(data["failover_load_ratio"]),
                data["failover_load_ratio"],
                w("rack.failover.of", whole=quantity(data["failover_capacity_watts"], "W")),
            ),
        ),
        (
            w("rack.headroom"),
            None
            if data["headroom_watts"] is None
            else quantity(max(0.0, data["headroom_watts"]), "W"),
        ),
        (
            w("rack.stranded"),
            quantity(data["stranded_power_watts"], "W") if data["stranded_power_watts"] else None,
        ),
        (
            w("rack.inlet"),
            None
            if data["inlet_temperature_celsius"] is None
            else _celsius(data["inlet_temperature_celsius"]),
        ),
    ]
    return _panel("rack-now", w("rack.now"), terms(pairs, kind="facts numbers"), kind="now")


def _high(units: float) -> str:
    return f"{number(units)}{THIN}U"


def _with_bar(said: str, share: float | None, of: str) -> Safe:
    kind = "full" if share is not None and share > 1 else ""
    return join(
        [
            el("b", said),
            el("small", of) if of and not of.endswith(MISSING) else None,
            svg.bar(share, kind=kind) if share is not None else None,
        ]
    )


def _elevation(data: Data, w: Words) -> Safe:
    found = data["elevation"]
    if found is None:
        return _panel(
            "rack-elevation",
            w("rack.elevation"),
            el("p", w("rack.elevation.none"), class_="none"),
            kind="elevation",
        )
    height = int(data["height_units"] or 0) or max(
        (p["position"] + p["units"] - 1 for p in found["placed"]), default=1
    )
    free = sum(last - first + 1 for first, last in found["free"])
    lead = w("rack.elevation.free", units=number(free), run=number(found["largest_free_units"]))
    rows = [_device(place, w) for place in (*found["placed"], *found["elsewhere"])]
    rows += [
        [_units(first, last), w("rack.free"), number(last - first + 1), "", ""]
        for first, last in reversed(found["free"])
    ]
    heads = [
        (w("col.position"), ""),
        (w("col.device"), ""),
        (w("col.units"), NUM),
        (w("col.power"), NUM),
        (w("col.model"), ""),
    ]
    return _panel(
        "rack-elevation",
        w("rack.elevation"),
        _drawing(found, height, w),
        el(
            "details",
            el("summary", w("values")),
            table(w("rack.elevation.table"), heads, rows, tall=True),
            data_key="rack-elevation-values",
            class_="values",
        ),
        lead=lead,
        kind="elevation",
    )


def _units(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"


def _device(place: Data, w: Words) -> list[Safe | str | None]:
    at = place["position"]
    where = _units(at, at + place["units"] - 1) if at and place["units"] else w("rack.unplaced")
    model = " · ".join(
        filter(
            None,
            [
                place["model"],
                w("rack.chips", count=number(place["accelerators"]))
                if place["accelerators"]
                else "",
            ],
        )
    )
    return [
        where,
        place["node"],
        number(place["units"]),
        quantity(place["power_watts"], "W"),
        model,
    ]


def _drawing(found: Data, height: int, w: Words) -> Safe:
    """Draw the rack from the front: unit 1 at the bottom, as it stands."""
    parts = [
        el("title", w("rack.elevation")),
        el(
            "desc",
            w("rack.elevation.desc", count=number(len(found["placed"])), height=number(height)),
        ),
    ]
    parts.append(
        el("rect", class_="frame", x=_NUMBERS, y=0, width=_WIDTH - _NUMBERS, height=height * _UNIT)
    )
    for first, last in found["free"]:
        parts.append(_box(height, first, last - first + 1, "free", ""))
    for place in found["placed"]:
        kind = "chips" if place["accelerators"] else "node" if place["agent"] else "other"
        name = place["node"] if len(place["node"]) <= _NAMED else f"{place['node'][: _NAMED - 1]}…"
        parts.append(_box(height, place["position"], place["units"], kind, name))
        if place["power_watts"] is not None:
            y = (height - place["position"] + 1) * _UNIT - 3
            parts.append(
                el(
                    "text",
                    quantity(place["power_watts"], "W"),
                    x=_WIDTH - 5,
                    y=y,
                    text_anchor="end",
                    class_="watts",
                )
            )
    step = 5 if height > 12 else 1  # noqa: PLR2004 - a wall cabinet's units are all numbered
    parts += [
        el(
            "text",
            str(unit),
            x=_NUMBERS - 5,
            y=(height - unit + 1) * _UNIT - 3,
            text_anchor="end",
            class_="unit",
        )
        for unit in range(1, height + 1)
        if unit == 1 or unit % step == 0
    ]
    return el(
        "svg", join(parts), class_="front", role="img", viewBox=f"0 0 {_WIDTH} {height * _UNIT}"
    )


def _box(height: int, position: int, units: int, kind: str, name: str) -> Safe:
    top = (height - position - units + 1) * _UNIT
    box = el(
        "rect",
        class_=f"box {kind}",
        x=_NUMBERS + 1,
        y=top + 0.5,
        width=_WIDTH - _NUMBERS - 2,
        height=units * _UNIT - 1,
        rx=1.5,
    )
    return join(
        [
            box,
            el("text", name, x=_NUMBERS + 6, y=top + units * _UNIT - 3, class_="name")
            if name
            else None,
        ]
    )


# ---------------------------------------------------------------- power


def _feeds(data: Data, page: Page) -> Safe:
    w = page.w
    if not data["feeds"]:
        return _panel(
            "rack-feeds",
            w("rack.feeds"),
            el("p", w("rack.feeds.none"), class_="none"),
            kind="feeds",
        )
    heads = [
        (w("col.feed"), ""),
        (w("col.state"), ""),
        (w("col.power"), NUM),
        (w("col.capacity"), NUM),
        (w("col.load"), NUM),
        (w("col.factor"), NUM),
        (w("col.energy"), NUM),
    ]
    rows: list[Sequence[Safe | str | None]] = [
        [
            join(
                [el("b", feed["feed"] or MISSING), el("small", feed["pdu"] or w("rack.unmetered"))]
            ),
            _state(feed, page),
            quantity(feed["power_watts"], "W"),
            quantity(feed["capacity_watts"], "W"),
            percent(feed["load_ratio"]),
            MISSING
            if feed["power_factor_ratio"] is None
            else number(feed["power_factor_ratio"], 2),
            quantity(feed["energy_joules"], "J", digits=5),
        ]
        for feed in data["feeds"]
    ]
    return _panel(
        "rack-feeds",
        w("rack.feeds"),
        table(w("rack.feeds.table"), heads, rows),
        _phases(data, w),
        _banks(data, w),
        lead=_failover(data, w),
        kind="feeds",
    )


def _state(feed: Data, page: Page) -> Safe | str:
    w = page.w
    if feed["up"] is None:
        return w("rack.unasked") if feed["pdu"] else w("rack.unmetered")
    if feed["up"]:
        return join([svg.mark("met"), w("state.up")])
    since = feed["silent_since_seconds"]
    said = (
        w("state.silent")
        if since is None
        else w(
            "state.silent.since",
            time=clock(since, page.now, page.zone),
            span=span(page.now - since, w),
        )
    )
    return el("span", svg.mark("silent"), said, class_="s-missed")


def _failover(data: Data, w: Words) -> str | None:
    load, room = data["failover_load_ratio"], data["headroom_watts"]
    if load is None:
        return w("rack.failover.unknown") if len(data["feeds"]) > 1 else None
    said = w("rack.failover.said", load=percent(load))
    return said if room is None else f"{said} {w('rack.room', power=quantity(max(0.0, room), 'W'))}"


def _phases(data: Data, w: Words) -> Safe | None:
    if not any(feed["phases"] for feed in data["feeds"]):
        return None
    heads = [
        (w("col.phase"), ""),
        (w("col.current"), NUM),
        (w("col.voltage"), NUM),
        (w("col.power"), NUM),
        (w("col.load"), NUM),
        (w("col.imbalance"), NUM),
    ]
    rows: list[Sequence[Safe | str | None]] = []
    for feed in data["feeds"]:
        for index, phase in enumerate(feed["phases"]):
            share = feed["imbalance_ratio"]
            odd = share is not None and share > IMBALANCE_SHOWN
            uneven = (
                join([svg.mark("at_risk") if odd else None, percent(share)])
                if index == 0 and share is not None
                else ""
            )
            rows.append(
                [
                    f"{feed['feed'] or feed['pdu']} {phase['phase']}",
                    _amperes(phase["current_amperes"]),
                    _volts(phase["voltage_volts"]),
                    quantity(phase["power_watts"], "W"),
                    percent(phase["load_ratio"]),
                    uneven,
                ]
            )
    return join([el("h3", w("rack.phases")), table(w("rack.phases.table"), heads, rows)])


def _banks(data: Data, w: Words) -> Safe | None:
    rows = [
        [
            f"{feed['feed'] or feed['pdu']} {bank['bank']}",
            _amperes(bank["current_amperes"]),
            quantity(bank["power_watts"], "W"),
            percent(bank["load_ratio"]),
        ]
        for feed in data["feeds"]
        for bank in feed["banks"]
    ]
    heads = [
        (w("col.bank"), ""),
        (w("col.current"), NUM),
        (w("col.power"), NUM),
        (w("col.load"), NUM),
    ]
    return (
        join([el("h3", w("rack.banks")), table(w("rack.banks.table"), heads, rows)])
        if rows
        else None
    )


def _amperes(value: float | None) -> str:
    return MISSING if value is None else f"{number(value, 2)}{THIN}A"


def _volts(value: float | None) -> str:
    return MISSING if value is None else f"{number(value, 1)}{THIN}V"


def _outlets(data: Data, w: Words) -> Safe | None:
    if not data["outlets"]:
        return None
    heads = [
        (w("col.outlet"), ""),
        (w("col.name"), ""),
        (w("col.power"), NUM),
        (w("col.current"), NUM),
        (w("col.voltage"), NUM),
        (w("col.energy"), NUM),
    ]
    rows = [
        [
            f"{one['pdu']} {one['outlet']}",
            one["name"],
            quantity(one["power_watts"], "W"),
            _amperes(one["current_amperes"]),
            _volts(one["voltage_volts"]),
            quantity(one["energy_joules"], "J", digits=4),
        ]
        for one in data["outlets"]
    ]
    return _panel(
        "rack-outlets",
        w("rack.outlets"),
        table(w("rack.outlets.table"), heads, rows, tall=True),
        lead=number(len(rows)),
        kind="wide",
    )


def _trend(data: Data, page: Page) -> Safe:
    w, trend = page.w, data["trend"]
    if not trend:
        return _panel(
            "rack-trend",
            w("rack.trend"),
            el("p", w("rack.trend.none"), class_="none"),
            kind="trend",
        )
    lines = [
        svg.Line(name=name, kind=_CURVES[index % len(_CURVES)], values=found)
        for index, (name, found) in enumerate(trend["series"].items())
    ]
    capacity = min(
        (feed["capacity_watts"] for feed in data["feeds"] if feed["capacity_watts"]), default=None
    )
    most = max((value for line in lines for value in line.values if value is not None), default=0.0)
    near = capacity is not None and most > capacity / 2
    drawn = svg.chart(
        svg.Chart(
            title=w("rack.trend"),
            description=w("rack.trend.desc", rack=data["rack"]),
            lines=lines,
            rules=[svg.Rule(value=capacity, name=w("col.capacity"))]
            if capacity is not None and near
            else [],
            x_labels=time_labels(trend, page.zone),
            tick=lambda value: short(value, "W") if value else "0",
            floor=0.0,
            source=f"/api{rack_path(data['site'], data['rack'])}",
        )
    )
    rows = [
        (clock(at, page.now, page.zone), *(quantity(line.values[index], "W") for line in lines))
        for index, at in enumerate(trend["times"])
    ]
    table_ = values("rack-trend", w, [w("col.time"), *(line.name for line in lines)], rows)
    return _panel("rack-trend", w("rack.trend"), el("figure", drawn, table_), kind="trend")


# ---------------------------------------------------------------- heat, nodes, chips


def _sensors(data: Data, w: Words) -> Safe | None:
    if not data["sensors"]:
        return _panel(
            "rack-sensors",
            w("rack.sensors"),
            el("p", w("rack.sensors.none"), class_="none"),
            kind="sensors",
        )
    heads = [
        (w("col.sensor"), ""),
        (w("col.temperature"), NUM),
        (w("col.against"), ""),
        (w("col.humidity"), NUM),
    ]
    rows = [
        [
            one["sensor"],
            _celsius(one["temperature_celsius"]),
            _against(one, data["limits"], w),
            percent(one["humidity_ratio"]),
        ]
        for one in data["sensors"]
    ]
    limits = data["limits"]
    lead = w(
        "rack.sensors.limits",
        recommended=_celsius(limits["inlet_recommended_celsius"], 0),
        allowable=_celsius(limits["inlet_allowable_celsius"], 0),
    )
    return _panel(
        "rack-sensors",
        w("rack.sensors"),
        table(w("rack.sensors.table"), heads, rows),
        lead=lead,
        kind="sensors",
    )


def _celsius(value: float | None, decimals: int = 1) -> str:
    return MISSING if value is None else f"{number(value, decimals)}{THIN}°C"


def _against(sensor: Data, limits: Data, w: Words) -> Safe | str:
    value = sensor["temperature_celsius"]
    if value is None:
        return ""
    if sensor["exhaust"]:
        return w("ashrae.exhaust")
    if value > limits["inlet_allowable_celsius"]:
        return el("span", svg.mark("missed"), w("ashrae.beyond"), class_="s-missed")
    if value > limits["inlet_recommended_celsius"]:
        return el("span", svg.mark("at_risk"), w("ashrae.allowable"), class_="s-at_risk")
    return el("span", svg.mark("met"), w("ashrae.recommended"), class_="s-met")


def _nodes(data: Data, w: Words) -> Safe | None:
    if not data["nodes"]:
        return None
    heads = [
        (w("col.node"), ""),
        (w("col.power"), NUM),
        (w("col.read"), ""),
        (w("col.inlet"), NUM),
        (w("col.exhaust"), NUM),
        (w("col.chips"), NUM),
    ]
    rows = [
        [
            one["node"],
            quantity(one["power_watts"], "W"),
            ", ".join(one["power_by_source"]),
            _celsius(one["inlet_temperature_celsius"]),
            _celsius(one["exhaust_temperature_celsius"]),
            number(len(one["chips"])) if one["chips"] else MISSING,
        ]
        for one in data["nodes"]
    ]
    return _panel(
        "rack-nodes",
        w("rack.nodes"),
        table(w("rack.nodes.table"), heads, rows, tall=True),
        _chips(data, w),
        lead=number(len(rows)),
        kind="wide",
    )


def _chips(data: Data, w: Words) -> Safe:
    heads = [
        (w("col.chip"), ""),
        (w("col.model"), ""),
        (w("col.state"), ""),
        (w("col.power"), NUM),
        (w("col.busy"), NUM),
        (w("col.temperature"), NUM),
        (w("col.memory"), NUM),
    ]
    rows = [
        [
            f"{one['node']} {chip['accelerator']}",
            chip["model"],
            _well(chip, w),
            quantity(chip["power_watts"], "W"),
            percent(chip["utilization_ratio"]),
            _celsius(chip["temperature_celsius"], 0),
            _memory(chip),
        ]
        for one in data["nodes"]
        for chip in one["chips"]
    ]
    return (
        join(
            [el("h3", w("rack.chips.title")), table(w("rack.chips.table"), heads, rows, tall=True)]
        )
        if rows
        else raw("")
    )


def _well(chip: Data, w: Words) -> Safe | str:
    if chip["up"] == 0:
        return el("span", svg.mark("silent"), w("state.silent"), class_="s-missed")
    if chip["healthy"] == 0:
        return el("span", svg.mark("at_risk"), w("chip.alarm"), class_="s-at_risk")
    return w("state.up") if chip["up"] or chip["healthy"] else MISSING


def _memory(chip: Data) -> str:
    used, total = chip["memory_used_bytes"], chip["memory_total_bytes"]
    return (
        MISSING if used is None or not total else f"{quantity(used, 'B')} / {quantity(total, 'B')}"
    )
