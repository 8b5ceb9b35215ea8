"""The list of devices on the page of collectors: filtered, sorted, and one page at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.format import natural
from agent.web.views.collectors import CollectorView

STATES: Final = ("all", "silent", "never", "answering", "starting", "unread")
"""States to filter by. `never`: its rounds failed from the first on. `starting`: no round yet.
`unread`: it was read before, and is not now, for the worker process that reads it is not there."""
HOST: Final = "host"
"""The kind of the collectors that read no device: the kernel's subsystems, the KPIs."""
_ORDER: Final = ("silent", "never", "unread", "starting", "answering")
_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """One collector, with its state and its kind."""

    collector: CollectorView
    state: str
    kind: str
    """The protocol of a device, or `host`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceListView:
    """One page of the list, and the states and kinds to choose from."""

    counts: Mapping[str, int]
    """How many collectors are in each state, without any filter."""
    kinds: list[str]
    state: str
    kind: str
    find: str
    """The chosen state, kind and text; `kind` and `find` are empty if none is chosen."""
    rows: Sequence[DeviceRow]
    found: int
    """How many rows there are on all pages."""
    page: int
    pages: int

    @property
    def bad(self) -> int:
        """How many collectors do not answer, or never did."""
        return self.counts["silent"] + self.counts["never"]

    @property
    def unread(self) -> int:
        """How many collectors are not read at present, so that nobody knows whether they answer."""
        return self.counts["unread"] + self.counts["starting"]

    @property
    def states(self) -> list[str]:
        """The states to choose from: those that occur, and the chosen one."""
        return [one for one in STATES if self.counts[one] or one in ("all", self.state)]


def state_of(one: CollectorView) -> str:
    """Return its state, one of `STATES`."""
    heard = one.last_success_seconds is not None or one.silent_since_seconds is not None
    if one.ok is None:
        return "unread" if heard else "starting"
    if one.ok:
        return "answering"
    return "silent" if heard else "never"


def device_list(
    collectors: Sequence[CollectorView],
    *,
    state: str = "all",
    kind: str = "",
    find: str = "",
    page: str = "",
) -> DeviceListView:
    """Return the part of the list that an address asks for.

    `page` counts from 1. A text that is no number gives page 1, too large a number the last page.
    """
    rows = [
        DeviceRow(collector=one, state=state_of(one), kind=one.collector if one.device else HOST)
        for one in collectors
    ]
    counts = {name: sum(row.state == name for row in rows) for name in STATES}
    chosen = [
        row
        for row in rows
        if state in ("all", row.state) and kind in ("", row.kind) and _matches(row.collector, find)
    ]
    chosen.sort(key=_order)
    pages = max(1, -(-len(chosen) // _PAGE))
    at = max(1, min(pages, int(page) if page.isdecimal() else 1))
    return DeviceListView(
        counts=counts | {"all": len(rows)},
        kinds=sorted({row.kind for row in rows}, key=lambda one: (one == HOST, one)),
        state=state,
        kind=kind,
        find=find,
        rows=chosen[(at - 1) * _PAGE :][:_PAGE],
        found=len(chosen),
        page=at,
        pages=pages,
    )


def _matches(one: CollectorView, find: str) -> bool:
    return find.casefold() in f"{one.collector} {one.device}".casefold()


def _order(row: DeviceRow) -> tuple[object, ...]:
    """Return the sort key: those that do not answer first, the longest silent at the top.

    The others are in the order of their names, so that nothing moves by itself.
    """
    one = row.collector
    since = one.silent_since_seconds if row.state in ("silent", "never") else None
    return (
        _ORDER.index(row.state),
        since or 0.0,
        not one.device,
        natural(one.device),
        one.collector,
    )
