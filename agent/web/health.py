"""Panels on the agent's own part: what is silent since when, where inventory and devices differ, and this host itself."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from agent.web import svg
from agent.web.format import MISSING, THIN, clock, number, percent, quantity, short, span
from agent.web.markup import Safe, el, join
from agent.web.panels import empty, panel

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

Data = dict[str, Any]

_LISTED = 40
_NAMED = 8
_FULL = 0.9


def collectors(data: Data, w: Words, zone: dt.tzinfo, now: float) -> Safe:
    """Draw the collectors' health: the silent ones one by one, the rest by kind."""
    kinds = data["kinds"]
    if not kinds:
        return panel("collectors", w("collectors"), empty(w("collectors.none")), kind="health")
    silent = [entry for entry in data["collectors"] if entry["ok"] is False]
    every = len(data["collectors"])
    if silent:
        said = join(
            [
                svg.mark("at_risk"),
                w("collectors.silent", count=number(len(silent)), all=number(every)),
            ]
        )
    else:
        said = join([svg.mark("met"), w("collectors.all", count=number(every))])
    waiting = sum(entry["ok"] is None for entry in data["collectors"])
    return panel(
        "collectors",
        w("collectors"),
        el(
            "div",
            _silent(silent, w, zone, now) if silent else None,
            _kinds(kinds, w),
            class_="pair",
        ),
        lead=join([said, f" {w('starting', count=number(waiting))}" if waiting else None]),
        kind="health",
    )


def _silent(silent: list[Data], w: Words, zone: dt.tzinfo, now: float) -> Safe:
    rows = []
    for entry in silent[:_LISTED]:
        last = entry["silent_since_seconds"]
        rows.append(
            el(
                "tr",
                el(
                    "th",
                    entry["device"] or w("this_host"),
                    el("small", entry["collector"]),
                    scope="row",
                ),
                el(
                    "td",
                    clock(last, now, zone) if last is not None else w("never"),
                    class_="num",
                    data_label=w("col.since"),
                ),
                el(
                    "td",
                    span(now - last, w) if last is not None else MISSING,
                    class_="num",
                    data_label=w("col.for"),
                ),
                el("td", entry["last_error"], class_="error", data_label=w("col.error")),
            )
        )
    head = [("device", ""), ("since", "num"), ("for", "num"), ("error", "")]
    return el(
        "div",
        [
            el(
                "table",
                el("caption", w("collectors.table"), class_="hidden"),
                el(
                    "thead",
                    el(
                        "tr",
                        [
                            el("th", w(f"col.{key}"), scope="col", class_=kind or None)
                            for key, kind in head
                        ],
                    ),
                ),
                el("tbody", rows),
                class_="plain silent",
            ),
            el(
                "p",
                el(
                    "a",
                    w("racks.more", count=number(len(silent) - _LISTED)),
                    href="/api/collectors?silent=1",
                ),
            )
            if len(silent) > _LISTED
            else None,
        ],
    )


def _kinds(kinds: list[Data], w: Words) -> Safe:
    rows = [
        el(
            "tr",
            el("th", kind["collector"] or w("collectors.own"), scope="row"),
            el("td", number(kind["devices"]), class_="num"),
            el(
                "td",
                svg.mark("at_risk") if kind["silent"] else None,
                number(kind["answering"]),
                class_="num s-at_risk" if kind["silent"] else "num",
            ),
            el("td", short(kind["interval_seconds"], "s"), class_="num"),
            el(
                "td",
                MISSING if kind["slowest_seconds"] is None else short(kind["slowest_seconds"], "s"),
                class_="num",
            ),
        )
        for kind in kinds
    ]
    heads = ("collector", "devices", "answering", "interval", "slowest")
    head = [
        el("th", w(f"col.{key}"), scope="col", class_="num" if index else None)
        for index, key in enumerate(heads)
    ]
    table = el(
        "table",
        el("caption", w("collectors.by_kind"), class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", rows),
        class_="plain",
    )
    return el(
        "div",
        table,
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=w("collectors.by_kind"),
    )


def devices(data: Data, w: Words) -> Safe | None:
    """Draw where the inventory and what answers differ, by reason; None where they do not."""
    rows = [_mismatch(one, w) for one in data["mismatches"]]
    if not rows:
        return None
    count = sum(one["count"] for one in data["mismatches"])
    heads = ("reason", "site", "count", "named")
    table = el(
        "table",
        el("caption", w("devices.table"), class_="hidden"),
        el(
            "thead",
            el(
                "tr",
                [
                    el("th", w(f"col.{key}"), scope="col", class_="num" if key == "count" else None)
                    for key in heads
                ],
            ),
        ),
        el("tbody", rows),
        class_="plain",
    )
    said = join([svg.mark("at_risk"), w("devices.differ", count=number(count))])
    body = el(
        "div", table, class_="scroll", tabindex="0", role="region", aria_label=w("devices.table")
    )
    return panel("devices", w("devices"), body, lead=said, kind="health")


def _mismatch(one: Data, w: Words) -> Safe:
    """Draw one reason at one site, with the first of those it is said of."""
    names = [
        " / ".join(part for part in (found["rack"], found["device"]) if part)
        for found in one["named"][:_NAMED]
    ]
    more = one["count"] - len(names)
    rest = (
        join([", ", el("a", w("racks.more", count=number(more)), href="/api/devices")])
        if more > 0
        else None
    )
    return el(
        "tr",
        el("th", w.of("mismatch", one["reason"]), scope="row"),
        el("td", one["site"]),
        el("td", number(one["count"]), class_="num"),
        el("td", ", ".join(names), rest),
    )


def host(data: Data, w: Words) -> Safe:
    """Draw this machine: load, memory, disks, as far as its host collectors tell."""
    rows: list[tuple[str, str, float | None]] = []
    loads = [data[key] for key in ("load1", "load5", "load15")]
    if loads[0] is not None:
        said = " ".join(MISSING if load is None else number(load, 2) for load in loads)
        share = loads[0] / data["cpus"] if data["cpus"] else None
        rows.append(
            (
                w("host.load"),
                w("host.load.of", load=said, cpus=data["cpus"]) if data["cpus"] else said,
                share,
            )
        )
    total, free = data["memory_total_bytes"], data["memory_available_bytes"]
    if total and free is not None:
        rows.append((w("host.memory"), _free(free, total, w), 1 - free / total))
    for disk in data["filesystems"][:8]:
        if disk["available_bytes"] is not None:
            share = 1 - disk["available_bytes"] / disk["size_bytes"]
            rows.append(
                (
                    w("host.disk", mount=disk["mountpoint"]),
                    _free(disk["available_bytes"], disk["size_bytes"], w),
                    share,
                )
            )
    if data["temperature_celsius"] is not None:
        rows.append(
            (w("host.temperature"), f"{number(data['temperature_celsius'], 1)}{THIN}°C", None)
        )
    if data["uptime_seconds"] is not None:
        rows.append((w("host.uptime"), span(data["uptime_seconds"], w), None))
    body = [
        el(
            "tr",
            el("th", name, scope="row"),
            el(
                "td",
                svg.bar(share, kind="full" if share > _FULL else "") if share is not None else None,
                class_="barcell",
            ),
            el("td", percent(share) if share is not None else None, class_="num"),
            el("td", said, class_="num"),
        )
        for name, said, share in rows
    ]
    table = el(
        "table",
        el("caption", w("host.table", node=data["node"]), class_="hidden"),
        el("tbody", body),
        class_="plain host",
    )
    return panel("host", w("host"), table, lead=data["node"], kind="host")


def _free(free: float, total: float, w: Words) -> str:
    return w("host.free", free=quantity(free, "B"), size=quantity(total, "B"))
