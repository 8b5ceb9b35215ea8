"""Two panels on what a hub or a site has besides racks: its links to others, and its chips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent, quantity, short
from agent.web.markup import Safe, el
from agent.web.panels import panel

if TYPE_CHECKING:
    from agent.messages.catalogue import Words

Data = dict[str, Any]


def links(found: list[Data], w: Words) -> Safe | None:
    """Draw the links to named peers: round trip, the slowest of a hundred, loss. None where none is probed."""
    if not found:
        return None
    quantiles = sorted({key for link in found for key in link["round_trip_seconds"]}, key=float)
    rows = [
        el(
            "tr",
            el(
                "th",
                link["peer"],
                el("small", " · ".join(part for part in (link["site"], link["method"]) if part)),
                scope="row",
            ),
            [
                el("td", _time(link["round_trip_seconds"].get(key)), class_="num")
                for key in quantiles
            ],
            el(
                "td",
                svg.mark("at_risk") if link["loss_ratio"] else None,
                percent(link["loss_ratio"], 1),
                class_="num",
            ),
        )
        for link in found
    ]
    heads = [el("th", w("links.peer"), scope="col")]
    heads += [
        el("th", w("links.quantile", share=short(float(key) * 100, "%")), scope="col", class_="num")
        for key in quantiles
    ]
    heads.append(el("th", w("links.loss"), scope="col", class_="num"))
    return panel("links", w("links"), _scrolled(heads, rows, w("links.table")))


def _time(seconds: float | None) -> str:
    return MISSING if seconds is None else quantity(seconds, "s")


def chips(found: list[Data], w: Words) -> Safe | None:
    """Draw the accelerator chips by model; None where there are none."""
    if not found:
        return None
    rows = [
        el(
            "tr",
            el(
                "th",
                " ".join(part for part in (one["vendor"], one["model"]) if part)
                or w("chips.untold"),
                scope="row",
            ),
            el("td", el("b", number(one["chips"])), class_="num"),
            el(
                "td",
                svg.mark("at_risk") if one["silent"] else None,
                number(one["silent"]),
                class_="num",
            ),
            el(
                "td",
                svg.mark("at_risk") if one["unhealthy"] else None,
                number(one["unhealthy"]),
                class_="num",
            ),
            el("td", percent(one["utilization_ratio"]), class_="num"),
            el("td", _memory(one), class_="num"),
            el("td", quantity(one["power_watts"], "W"), class_="num"),
            el(
                "td",
                MISSING
                if one["temperature_celsius"] is None
                else f"{number(one['temperature_celsius'])}{THIN}°C",
                class_="num",
            ),
        )
        for one in found
    ]
    keys = ("model", "count", "silent", "unhealthy", "use", "memory", "power", "hottest")
    heads = [
        el("th", w(f"chips.{key}"), scope="col", class_="num" if index else None)
        for index, key in enumerate(keys)
    ]
    return panel("chips", w("chips"), _scrolled(heads, rows, w("chips.table")))


def _memory(one: Data) -> str:
    if one["memory_used_bytes"] is None or not one["memory_total_bytes"]:
        return MISSING
    return percent(one["memory_used_bytes"] / one["memory_total_bytes"])


def _scrolled(heads: list[Safe], rows: list[Safe], caption: str) -> Safe:
    table = el(
        "table",
        el("caption", caption, class_="hidden"),
        el("thead", el("tr", heads)),
        el("tbody", rows),
        class_="plain",
    )
    return el("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)
