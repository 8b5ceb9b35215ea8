"""The page of collectors and meters: every device with how its last round went, every meter with its class and coverage, what was lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from agent.web import api, meterdata, svg
from agent.web.format import MISSING, clock, natural, number, percent, quantity, short, span
from agent.web.markup import Safe, el, join
from agent.web.panels import panel
from agent.web.tables import NUM, table
from agent.web.views import devices

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page

Data = dict[str, Any]

_panel: Final = partial(panel, level=2)

PATH: Final = "/collectors"
STATES: Final = ("all", "silent", "never", "answering", "starting")
_FIRST: Final = ("silent", "never", "starting", "answering")
HOST: Final = "host"
"""What is asked for to see the collectors that read no device: the kernel's subsystems, the key figures."""
_PAGE: Final = 100
"""So many devices are shown at once."""
_METERS: Final = 400
_SCREEN: Final = 30
"""More meters than this scroll in their panel."""
_ENOUGH: Final = 0.99


def state_of(entry: Data) -> str:
    """Return answering, silent (it did answer once), never (it has not yet), or starting."""
    if entry["ok"] is None:
        return "starting"
    if entry["ok"]:
        return "answering"
    return (
        "silent"
        if entry["last_success_seconds"] is not None or entry["silent_since_seconds"] is not None
        else "never"
    )


def draw(page: Page) -> str:
    """Return the HTML of `/collectors`."""
    w, view = page.w, page.view
    entries = api.collectors(view)["collectors"]
    counts = {state: sum(state_of(entry) == state for entry in entries) for state in STATES[1:]} | {
        "all": len(entries)
    }
    main = [
        _head(counts, w),
        el(
            "div",
            _devices(entries, counts, page),
            page.part("health.html", "devices", devices.read(view)),
            _meters(meterdata.meters(view), page),
            _losses(meterdata.losses(view), page),
            class_="detail collectorpage",
        ),
    ]
    return page.document(w("collectors"), main, crumbs=[(w("collectors"), PATH)])


def _head(counts: Data, w: Words) -> Safe:
    bad = counts["silent"] + counts["never"]
    said = (
        w("collectors.silent", count=number(bad), all=number(counts["all"]))
        if bad
        else w("collectors.all", count=number(counts["all"]))
    )
    parts = [
        el("a", w(key), href=f"#p-{part}")
        for key, part in (
            ("collectors.devices", "collectors-devices"),
            ("meters", "meters"),
            ("losses", "losses"),
        )
    ]
    return el(
        "div",
        el("h1", svg.mark("at_risk" if bad else "met"), said),
        el("nav", join(parts, " "), aria_label=w("nav.parts"), class_="parts"),
        class_="headline",
        data_key="collectors-head",
    )


# ---------------------------------------------------------------- devices


def _devices(entries: Sequence[Data], counts: Data, page: Page) -> Safe:
    w, asked = page.w, page.query
    state, kind, find = (
        asked.get("state", "all"),
        asked.get("kind", ""),
        asked.get("find", "").casefold(),
    )
    chosen = [
        entry
        for entry in sorted(entries, key=_order)
        if state in ("all", state_of(entry))
        and kind in ("", _kind(entry))
        and find in f"{entry['collector']} {entry['device']}".casefold()
    ]
    pages = max(1, -(-len(chosen) // _PAGE))
    at = min(pages, int(asked["page"]) if asked.get("page", "").isdecimal() else 1)
    shown = chosen[(max(1, at) - 1) * _PAGE :][:_PAGE]
    heads = [
        (w("col.device"), ""),
        (w("col.state"), ""),
        (w("col.last"), NUM),
        (w("col.took"), NUM),
        (w("col.interval"), NUM),
        (w("col.error"), "error"),
    ]
    body = (
        table(
            w("collectors.devices"), heads, [_device(entry, page) for entry in shown], kind="silent"
        )
        if shown
        else el("p", w("collectors.no_match"), class_="none")
    )
    return _panel(
        "collectors-devices",
        w("collectors.devices"),
        _filter(entries, counts, page),
        body,
        _pager(at, pages, page) if pages > 1 else None,
        lead=w("collectors.shown", shown=number(len(shown)), count=number(len(chosen))),
        kind="devices",
    )


def _kind(entry: Data) -> str:
    """Return the protocol of a device; what reads no device is one kind."""
    return str(entry["collector"]) if entry["device"] else HOST


def _order(entry: Data) -> tuple[Any, ...]:
    """Return a key for sorting: who does not answer first, the longest silent at the top; else by name, so that nothing moves by itself."""
    state = state_of(entry)
    since = entry["silent_since_seconds"] if state in ("silent", "never") else None
    return (
        _FIRST.index(state),
        since or 0.0,
        not entry["device"],
        natural(entry["device"]),
        entry["collector"],
    )


def _filter(entries: Iterable[Data], counts: Data, page: Page) -> Safe:
    """Draw the choices as links and the search as a form: both work without any script."""
    w, asked = page.w, page.query
    states = [
        el(
            "a",
            w(f"device.{state}"),
            el("span", f" {number(counts[state])}", class_="quiet"),
            href=page.here(state=None if state == "all" else state, page=None),
            aria_current="true" if asked.get("state", "all") == state else None,
        )
        for state in STATES
        if counts[state] or state in ("all", asked.get("state"))
    ]
    kinds = sorted({_kind(entry) for entry in entries}, key=lambda kind: (kind == HOST, kind))
    by_kind = [
        el(
            "a",
            w("this_host") if kind == HOST else kind or w("device.all"),
            href=page.here(kind=kind or None, page=None),
            aria_current="true" if asked.get("kind", "") == kind else None,
        )
        for kind in ("", *kinds)
    ]
    kept = [
        el("input", type="hidden", name=key, value=value)
        for key, value in asked.items()
        if key not in ("find", "page")
    ]
    form = el(
        "form",
        kept,
        el("label", w("collectors.find"), for_="find-device"),
        el(
            "input",
            type="search",
            name="find",
            id="find-device",
            value=asked.get("find", ""),
            maxlength=100,
        ),
        el("button", w("collectors.find.go"), type="submit"),
        role="search",
        method="get",
        action=PATH,
        class_="find",
    )
    return el(
        "div",
        el("p", el("span", w("col.state"), class_="quiet"), join(states), class_="choices"),
        el("p", el("span", w("col.collector"), class_="quiet"), join(by_kind), class_="choices")
        if len(kinds) > 1
        else None,
        form,
        class_="filter",
    )


def _device(entry: Data, page: Page) -> list[Safe | str | None]:
    w = page.w
    last, state = entry["last_success_seconds"], state_of(entry)
    return [
        join([entry["device"] or w("this_host"), el("small", entry["collector"])]),
        _state(state, entry, page),
        MISSING if last is None else clock(last, page.now, page.zone),
        MISSING if entry["duration_seconds"] is None else short(entry["duration_seconds"], "s"),
        short(entry["interval_seconds"], "s"),
        entry["last_error"] if state in ("silent", "never") else "",
    ]


def _state(state: str, entry: Data, page: Page) -> Safe | str:
    w = page.w
    if state in ("answering", "starting"):
        return join([svg.mark("met" if state == "answering" else "unknown"), w(f"device.{state}")])
    since = entry["silent_since_seconds"]
    said = (
        w("device.never")
        if since is None
        else w(
            "state.silent.since",
            time=clock(since, page.now, page.zone),
            span=span(page.now - since, w),
        )
    )
    return el("span", svg.mark("silent"), said, class_="s-missed")


def _pager(at: int, pages: int, page: Page) -> Safe:
    w = page.w
    back = (
        el("a", w("pager.back"), href=page.here(page=str(at - 1)), rel="prev") if at > 1 else None
    )
    on = (
        el("a", w("pager.on"), href=page.here(page=str(at + 1)), rel="next") if at < pages else None
    )
    here = el("span", w("pager.at", at=number(at), pages=number(pages)))
    return el(
        "nav",
        join([part for part in (back, here, on) if part is not None], " "),
        aria_label=w("pager"),
        class_="pager",
    )


# ---------------------------------------------------------------- meters


def _meters(data: Data, page: Page) -> Safe:
    w = page.w
    rows = data["meters"]
    pdus = data["pdus"]
    lead = [w("meters.count", count=number(len(rows)))]
    if pdus["pdus"]:
        lead.append(
            w("meters.pdus", answering=number(pdus["answering"]), count=number(pdus["pdus"]))
        )
    if not rows:
        return _panel(
            "meters",
            w("meters"),
            el("p", w("meters.none"), class_="none"),
            lead=" · ".join(lead),
            kind="meterlist",
        )
    many = len({row["site"] for row in rows}) > 1
    heads = [
        (w("col.meter"), ""),
        (w("col.point"), ""),
        (w("col.state"), ""),
        (w("col.class"), NUM),
        (w("col.power"), NUM),
        (w("col.energy"), NUM),
        *(
            (w("meters.coverage", window=w(f"days.{window}")), NUM)
            for window in ("1d", "7d", "30d")
        ),
    ]
    silent_first = sorted(rows, key=lambda row: row["state"] not in ("silent", "not_asked"))[
        :_METERS
    ]
    shown = [_meter(row, page, many=many) for row in silent_first]
    more = (
        el("p", el("a", w("racks.more", count=number(len(rows) - _METERS)), href="/api/meters"))
        if len(rows) > _METERS
        else None
    )
    return _panel(
        "meters",
        w("meters"),
        table(w("meters.table"), heads, shown, tall=len(shown) > _SCREEN),
        more,
        lead=" · ".join(lead),
        kind="meterlist",
    )


def _meter(row: Data, page: Page, *, many: bool) -> list[Safe | str | None]:
    w = page.w
    state: Safe | str = w.of("meter", row["state"])
    if row["state"] == "silent":
        since = row["silent_since_seconds"]
        said = (
            w("state.silent")
            if since is None
            else w(
                "state.silent.since",
                time=clock(since, page.now, page.zone),
                span=span(page.now - since, w),
            )
        )
        state = el("span", svg.mark("silent"), said, class_="s-missed")
    elif row["state"] == "answering":
        state = join([svg.mark("met"), state])
    elif row["state"] == "not_asked":
        state = el("span", svg.mark("unknown"), state, class_="s-unknown")
    stated = row["accuracy_class"]
    return [
        join(
            [
                row["meter"],
                el("small", row["site"]) if many else None,
                None if row["listed"] else el("small", w("rack.unlisted")),
            ]
        ),
        w.of("stage", row["point"]),
        state,
        w("meters.assumed") if stated is None else number(stated, 1),
        quantity(row["power_watts"], "W", digits=4),
        quantity(row["energy_joules"], "J", digits=5),
        *(_covered(row["coverage"], window) for window in ("1d", "7d", "30d")),
    ]


def _covered(coverage: Data | None, window: str) -> Safe | str:
    if coverage is None:
        return MISSING
    share = coverage[window]
    return (
        percent(share, 1)
        if share >= _ENOUGH
        else el("span", svg.mark("at_risk"), percent(share, 1), class_="thin")
    )


# ---------------------------------------------------------------- what was lost


def _losses(data: Data, page: Page) -> Safe:
    w = page.w
    ledger = data["ledger"]
    rows: list[Sequence[Safe | str | None]] = []
    if ledger["readings"] is not None:
        rows.append([w("losses.taken"), "", number(ledger["readings"])])
    rows += [
        [w("losses.rejected"), w.of("rejected", reason), number(count)]
        for reason, count in ledger["rejected"].items()
    ]
    rows += [
        [w("losses.events"), w.of("register", event), number(count)]
        for event, count in ledger["register_events"].items()
    ]
    rows += [
        [
            join([w(f"losses.{key}"), el("small", one["collector"])]),
            w.of("reason", reason),
            number(count),
        ]
        for one in data["collectors"]
        for key in ("errors", "dropped")
        for reason, count in one[key].items()
    ]
    rows += [
        [
            join([w("losses.skipped"), el("small", one["collector"])]),
            "",
            number(one["skipped_rounds"]),
        ]
        for one in data["collectors"]
        if one["skipped_rounds"]
    ]
    heads = [(w("col.what"), ""), (w("col.why"), ""), (w("col.count"), NUM)]
    return _panel(
        "losses",
        w("losses"),
        table(w("losses.table"), heads, rows) if rows else el("p", w("losses.none"), class_="none"),
        _sinks(data["sinks"], page),
        lead=w("losses.lead"),
        kind="losses",
    )


def _sinks(sinks: Sequence[Data], page: Page) -> Safe | None:
    w = page.w
    if not sinks:
        return el("p", w("sinks.none"), class_="quiet note")
    heads = [
        (w("col.sink"), ""),
        (w("col.state"), ""),
        (w("col.sent"), NUM),
        (w("col.waiting"), NUM),
        (w("col.spool"), NUM),
        (w("col.oldest"), NUM),
        (w("col.given_up"), NUM),
    ]
    rows = [[one["sink"], _sink_state(one, w), *_spool(one, page)] for one in sinks]
    return join([el("h3", w("sinks")), table(w("sinks.table"), heads, rows)])


def _sink_state(one: Data, w: Words) -> Safe:
    if one["spool_healthy"] == 0:
        return el("span", svg.mark("at_risk"), w("sink.memory"), class_="s-at_risk")
    if one["up"] is None:
        return join([svg.mark("unknown"), w("device.starting")])
    return (
        join([svg.mark("met"), w("sink.up")])
        if one["up"]
        else el("span", svg.mark("silent"), w("sink.down"), class_="s-missed")
    )


def _spool(one: Data, page: Page) -> list[str]:
    def count(key: str) -> str:
        return MISSING if one[key] is None else number(one[key])

    oldest = one["oldest_seconds"]
    share = f" / {quantity(one['spool_max_bytes'], 'B')}" if one["spool_max_bytes"] else ""
    return [
        count("sent_samples"),
        count("waiting_samples"),
        quantity(one["spool_bytes"], "B") + share,
        MISSING if oldest is None else span(page.now - oldest, page.w),
        number(sum(one["dropped"].values())),
    ]
