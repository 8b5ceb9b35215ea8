"""The sites of a hub, a line each: for a gateway that looks after more of them than a page can show whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent, quantity
from agent.web.markup import Safe, el, join
from agent.web.panels import panel, ratio
from agent.web.paths import site_path

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page

Data = dict[str, Any]


def tells(line: Data) -> bool:
    """Tell whether anything is known of a site beyond its name."""
    return any(line[key] is not None for key in ("pue", "facility", "it", "racks"))


def table(lines: Sequence[Data], page: Page) -> Safe:
    """Draw the sites as a table, each with the way to its page."""
    w = page.w
    heads = ("site", "pue", "facility", "it", "racks", "occupancy", "needs")
    head = [
        el("th", w(f"col.{key}"), scope="col", class_="num" if index else None)
        for index, key in enumerate(heads)
    ]
    body = [_row(line, page) for line in lines]
    drawn = el(
        "table",
        el("caption", w("sites.table"), class_="hidden"),
        el("thead", el("tr", head)),
        el("tbody", body),
        class_="plain sitelist",
    )
    scroll = el(
        "div", drawn, class_="scroll", tabindex="0", role="region", aria_label=w("sites.table")
    )
    return panel("sites", w("sites"), scroll, lead=number(len(lines)))


def _row(line: Data, page: Page) -> Safe:
    w = page.w
    name: Safe | str = line["name"] or line["site"]
    if tells(line):
        name = el("a", name, href=page.link(site_path(line["site"])))
    racks = line["racks"]
    needing = line["needing"]
    return el(
        "tr",
        el(
            "th",
            name,
            el("small", w.of("state.rack", line["state"]))
            if line["state"] not in ("", "in_service")
            else None,
            scope="row",
        ),
        el("td", _pue(line, w), class_="num"),
        el("td", _watts(line["facility"]), class_="num"),
        el("td", _watts(line["it"]), class_="num"),
        el("td", number(racks["racks"]["in_service"]) if racks else MISSING, class_="num"),
        el("td", percent(racks["occupancy"].get("racks"), 1) if racks else MISSING, class_="num"),
        el(
            "td",
            join([svg.mark("at_risk"), number(needing)])
            if needing
            else ("0" if racks else MISSING),
            class_="num",
        ),
    )


def _pue(line: Data, w: Words) -> Safe | str:
    if line["pue"] is None:
        return MISSING
    return join([el("b", ratio(line["pue"], 3)), el("small", w.of("window", line["window"]))])


def _watts(stage: Data | None) -> str:
    if stage is None or stage["watts"] is None:
        return MISSING
    return ("" if stage["complete"] else f"\u2265{THIN}") + quantity(stage["watts"], "W", digits=4)
