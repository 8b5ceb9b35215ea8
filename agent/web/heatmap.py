"""The racks drawn: as tiles with a number each, as small squares, or as blocks of many racks, coloured by what is asked for.

Up to some hundred racks each is a tile; some thousand are small squares, one path for each colour of a row. A whole hub is
drawn as blocks, a row or a site each, and each leads to its racks: 27 584 racks stay a light page without any script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from agent.web import svg
from agent.web.format import MISSING, THIN, number, percent
from agent.web.markup import Safe, el
from agent.web.paths import rack_path, site_path
from agent.web.views.rack import needing
from collectors.catalogue import limits

if TYPE_CHECKING:
    from agent.messages.catalogue import Words
    from agent.web.page import Page
    from agent.web.views.rack import RackView

SHOWS: Final = ("power", "space", "failover", "inlet")
WORST: Final = ("failover", "inlet")
"""What many racks are coloured by the worst of, since a mean would hide it; power and space are sums over sums."""
_WRAP: Final = 32
_INLETS: Final = (18.0, 22.0, 25.0, limits.INLET_RECOMMENDED, limits.INLET_ALLOWABLE)
_HALL: Final = re.compile(r"^(.*[^-/._ ])[-/._ ]+[^-/._ ]+$")


def value_of(one: RackView, show: str) -> float | None:
    """Return the number that a rack is coloured by: a share, or degrees Celsius."""
    return {
        "power": one.power_utilization_ratio,
        "space": one.space_utilization_ratio,
        "failover": one.failover_load_ratio,
        "inlet": one.inlet_temperature_celsius,
    }[show]


def value_of_all(racks: Iterable[RackView], show: str) -> float | None:
    """Return the number that many racks are coloured by: the worst of them, or a share of all that is known of them."""
    live = [one for one in racks if one.state == "in_service"]
    if show in WORST:
        return max(
            (value for one in live if (value := value_of(one, show)) is not None), default=None
        )
    if show == "space":
        pairs = [(one.used_units, one.height_units) for one in live]
    else:
        pairs = [
            (one.power_watts, one.rated_power_watts)
            for one in live
            if one.power_utilization_ratio is not None
        ]
    known = [(part, whole) for part, whole in pairs if part is not None and whole]
    whole = sum(pair[1] for pair in known)
    return sum(pair[0] for pair in known) / whole if whole else None


def level_of(value: float | None, show: str) -> str:
    """Return the class of a value's colour: l0 (little) to l4 (full), l5 (beyond what may be), lx (not known)."""
    if value is None:
        return "lx"
    if show == "inlet":
        return f"l{sum(value > bound for bound in _INLETS)}"
    return "l5" if value > 1 else f"l{min(4, int(value * 5))}"


def level(one: RackView, show: str) -> str:
    """Return the class of a rack's colour; lp where it is not in service."""
    return level_of(value_of(one, show), show) if one.state == "in_service" else "lp"


def written(value: float | None, show: str) -> str:
    """Write a value that racks are coloured by."""
    if show == "inlet":
        return MISSING if value is None else f"{number(value, 1)}{THIN}°C"
    return percent(value)


def steps(show: str) -> list[str]:
    """Return what the colours l0 to l5 stand for."""
    if show != "inlet":
        return [
            f"<{THIN}20{THIN}%",
            f"<{THIN}40",
            f"<{THIN}60",
            f"<{THIN}80",
            f"≤{THIN}100",
            f">{THIN}100",
        ]
    rest = [f"≤{THIN}{number(bound)}" for bound in _INLETS[1:]]
    return [f"≤{THIN}{number(_INLETS[0])}{THIN}°C", *rest, f">{THIN}{number(_INLETS[-1])}"]


def shown(one: RackView, show: str) -> str:
    """Write the number that a rack is coloured by."""
    return written(value_of(one, show), show)


def row_name(row: str, w: Words) -> str:
    """Return what a row is called."""
    return w("racks.row", row=row) if row else w("racks.no_row")


def tiles(
    page: Page,
    site: str,
    row: str,
    members: Sequence[RackView],
    show: str,
    *,
    found: frozenset[str] = frozenset(),
) -> Safe:
    """Draw a row's racks, each as a tile that leads to its page; `found` are those that were searched for."""
    w = page.w
    items = []
    for one in members:
        live = one.state == "in_service"
        needs = one.needs if live else []
        said = [w(f"need.{need}") for need in needs] if live else [w.of("state.rack", one.state)]
        tile = el(
            "a",
            el("span", one.rack, class_="n"),
            " ",
            el("span", shown(one, show) if live else "", class_="v"),
            el("span", [svg.mark(need) for need in needs], class_="marks") if needs else None,
            el("span", "".join(f", {text}" for text in said), class_="hidden") if said else None,
            href=page.link(rack_path(site, one.rack)),
            class_=f"tile {level(one, show)}" + (" found" if one.rack in found else ""),
        )
        items.append(el("li", tile))
    return el(
        "div",
        el("h4", row_name(row, w)),
        el("ol", items, aria_label=w("racks.map", row=row, what=w(f"racks.by.{show}"))),
        class_="row",
        data_site=site,
        data_row=row,
    )


def squares(page: Page, site: str, row: str, members: Sequence[RackView], show: str) -> Safe:
    """Draw a row's racks as small squares; its name leads to the row."""
    w = page.w
    classes = [level(one, show) for one in members]
    marks = [next(iter(one.needs), "") if one.state == "in_service" else "" for one in members]
    drawn = svg.cells(
        classes, marks, wrap=_WRAP, title=w("racks.map", row=row, what=w(f"racks.by.{show}"))
    )
    name = el("a", row, href=page.link(site_path(site), row=row)) if row else w("racks.no_row")
    return el("div", el("h4", name), drawn, class_="row", data_site=site, data_row=row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Many racks as one tile: a row, or a site."""

    name: str
    label: str
    href: str
    racks: Sequence[RackView]


def blocks(of: Sequence[Block], w: Words, show: str, *, title: str) -> Safe:
    """Draw blocks: their colour is the worst or the sum of their racks, and a mark says how many of these need someone."""
    items = []
    for block in of:
        value = value_of_all(block.racks, show)
        count = needing(block.racks)
        said = [block.label, w("racks.total", count=number(len(block.racks)))]
        if count:
            said.append(w("racks.needing", count=number(count)))
        tile = el(
            "a",
            el("span", block.name, class_="n"),
            " ",
            el("span", written(value, show), class_="v"),
            el("span", svg.mark("at_risk"), number(count), class_="marks", aria_hidden="true")
            if count
            else None,
            el("span", "".join(f", {text}" for text in said), class_="hidden"),
            href=block.href,
            class_=f"tile {level_of(value, show)}",
        )
        items.append(el("li", tile))
    return el("ol", items, aria_label=title)


Stretch = tuple[str, ...]
"""Neighbouring rows."""


def stretches(
    by_row: Mapping[str, Sequence[RackView]], most: int
) -> list[tuple[str, list[Stretch]]]:
    """Return neighbouring rows of up to `most` racks together, by hall: so a whole hub is some hundred tiles."""
    found = []
    for hall, rows in halls(list(by_row)):
        cut: list[Stretch] = []
        count = most
        for row in rows:
            more = len(by_row[row])
            if count + more <= most:
                cut[-1] += (row,)
                count += more
            else:
                cut.append((row,))
                count = more
        found.append((hall, cut))
    return found


def stretch_key(rows: Stretch) -> str:
    """Return how an address asks for neighbouring rows: the row's own name, or the first and the last."""
    return rows[0] if len(rows) == 1 else f"{rows[0]}..{rows[-1]}"


def asked_for(key: str, rows: Sequence[str]) -> Stretch:
    """Return the rows that an address asks for; none for those that are not there."""
    if key in rows:
        return (key,)
    first, dots, last = key.partition("..")
    if not dots or first not in rows or last not in rows:
        return ()
    return tuple(rows[rows.index(first) : rows.index(last) + 1])


def stretch_name(rows: Stretch, w: Words) -> str:
    """Return what neighbouring rows are called."""
    return (
        row_name(rows[0], w)
        if len(rows) == 1
        else w("racks.rows", first=rows[0] or MISSING, last=rows[-1])
    )


def halls(rows: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Return rows by hall, where their names tell it: `H2-C` stands in H2. One hall without a name where they do not."""
    found = [(found[1] if (found := _HALL.match(row)) else "", row) for row in rows]
    by_hall = [
        (hall, [row for _, row in members])
        for hall, members in groupby(found, key=lambda pair: pair[0])
    ]
    told = 1 < len(by_hall) <= len(rows) / 2 and all(hall for hall, _ in by_hall)
    return by_hall if told else [("", list(rows))]
