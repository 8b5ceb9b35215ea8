"""Panels on the agent's own part: what is silent since when, where inventory and devices differ, and this host itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent, quantity, span
from agent.web.markup import Safe, el
from agent.web.panels import panel

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

Data = dict[str, Any]

_LISTED = 40
_NAMED = 8
_FULL = 0.9


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
