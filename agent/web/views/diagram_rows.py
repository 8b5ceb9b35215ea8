"""The rows of a site as the ends of its one-line diagram: their feeds, racks and chips."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agent.inventory.model import Feed, Rack
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views.families import by_label, of_site
from collectors.catalogue import facility, node

Told = Literal["metered", "part", "silent", "unmetered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFeedView:
    """What a row draws through one breaker."""

    breaker: str
    watts: float | None
    told: Told


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagramRowView:
    """One row of racks in service."""

    key: str
    """Its name in the diagram. A breaker's name has no tab, so none is the same."""
    row: str
    racks: int
    feeds: Sequence[RowFeedView]
    watts: float | None
    told: Told
    chips: int
    """Chips that tell their power."""
    chip_watts: float | None
    """What those draw: of all chips where `chips_silent` is 0, else at least so much."""
    chips_silent: int
    """Chips that do not answer now."""


def read(view: BoardView, site: str, breakers: Collection[str]) -> list[DiagramRowView]:
    """Return the rows with a feed behind one of the breakers, in natural order."""
    listed = view.inventory.racks_by_site.get(site, ()) if view.inventory is not None else ()
    watts = by_label(view, facility.PDU_POWER, site, "pdu")
    polled = by_label(view, facility.PDU_UP, site, "pdu")
    by_row: dict[str, list[Rack]] = {}
    for rack in listed:
        if rack.state == "in_service" and any(
            feed.breaker in breakers for feed in rack.feeds.values()
        ):
            by_row.setdefault(rack.row, []).append(rack)
    chips: dict[str, list[float]] = {}
    for series, value in of_site(view, node.ACCELERATOR_POWER, site):
        chips.setdefault(series.label("row"), []).append(value)
    answering = _chips(view, site)
    found = []
    for row in sorted(by_row, key=natural):
        feeds: dict[str, list[Feed]] = {}
        for rack in by_row[row]:
            for feed in rack.feeds.values():
                feeds.setdefault(feed.breaker, []).append(feed)
        every = [feed for group in feeds.values() for feed in group]
        whole, told = _sum(every, watts, polled)
        found.append(
            DiagramRowView(
                key=f"\t{row}",
                row=row,
                racks=len(by_row[row]),
                feeds=[
                    _feed(name, *_sum(group, watts, polled))
                    for name, group in sorted(feeds.items(), key=lambda each: natural(each[0]))
                    if name in breakers
                ],
                watts=whole,
                told=told,
                chips=len(chips.get(row, ())),
                chip_watts=sum(chips[row]) if row in chips else None,
                chips_silent=_silent(by_row[row], answering.get(row, {})),
            )
        )
    return found


def _chips(view: BoardView, site: str) -> dict[str, dict[tuple[str, ...], bool]]:
    """Return by row whether each chip answers; one that only tells its power does."""
    found: dict[str, dict[tuple[str, ...], bool]] = {}
    for metric in (node.ACCELERATOR_POWER, node.ACCELERATOR_UP):
        for series, value in of_site(view, metric, site):
            chip = series.values[: len(node.ACCELERATOR)]
            of_row = found.setdefault(series.label("row"), {})
            of_row[chip] = metric is node.ACCELERATOR_POWER or value > 0
    return found


def _silent(racks: Sequence[Rack], answering: Mapping[tuple[str, ...], bool]) -> int:
    """Count the chips of a row, seen before or listed in its racks, that do not answer now."""
    listed = sum(one.accelerators for rack in racks for one in rack.devices or ())
    chips = max(len(answering), listed)
    return chips - sum(answering.values())


def _feed(breaker: str, watts: float | None, told: Told) -> RowFeedView:
    return RowFeedView(breaker=breaker, watts=watts, told=told)


def _sum(
    feeds: Sequence[Feed], watts: dict[str, float], polled: dict[str, float]
) -> tuple[float | None, Told]:
    """Return the power through some feeds, and how much of it is known."""
    known = [watts[feed.pdu] for feed in feeds if feed.pdu in watts]
    if known:
        return sum(known), "metered" if len(known) == len(feeds) else "part"
    return None, "silent" if any(feed.pdu in polled for feed in feeds) else "unmetered"
