"""What happened, for `/events` and `/api/events`: of one site, rack or device, or of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent.ledger.store.episodes import Episode
from agent.web import grafana, paths
from agent.web.format import iso
from agent.web.limits import MOST_EVENTS
from agent.web.view import BoardView

Kind = Literal["rack", "device", "promise", "agent", "import", "maintenance"]
KINDS: Final[tuple[Kind, ...]] = ("rack", "device", "promise", "maintenance", "import", "agent")
"""The kinds of events, in the order in which a page offers them."""
DAYS: Final = (1, 7, 30, 366)
"""Over how many days a page may look back."""
SHOWN: Final = 300
"""The most events that an answer lists, the newest of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventView:
    """Something that happened, or lasts still."""

    kind: str
    site: str
    row: str
    subject: str
    """The rack, the device, the promise's id, the agent's node, or the file."""
    detail: str
    """A rack's need, a device's kind, a promise's state, the reason of a maintenance, `start` or
    `reload`, or how many hours an import changed."""
    former: str
    """The state of a promise before."""
    since: str | None
    until: str | None
    """None while it lasts."""
    since_seconds: float
    until_seconds: float | None
    path: str
    """The page that shows what it is about; empty for none."""
    grafana: str
    """The dashboard in Grafana of a rack that it is about, at its beginning; empty for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsView:
    """What `/api/events` answers, the newest first."""

    hub: str
    days: int
    count: int
    """How many there are; `events` has the newest."""
    is_read: bool
    """Whether the ledger has been read. If not, only maintenance is listed."""
    is_complete: bool
    """Whether all that the ledger has of these days was looked through; else the newest."""
    events: Sequence[EventView]


def read(
    view: BoardView, *, days: int = 7, site: str = "", kind: str = "", find: str = ""
) -> EventsView:
    """Return what happened in the last days; `find` is a part of what it is about, or its row."""
    text = find.casefold()
    told = view.past.events(days) if view.past is not None else None
    found = [
        one
        for one in _newest_first(view, days, told or ())
        if (not site or one.site == site)
        and (not kind or one.kind == kind)
        and (not text or text in one.subject.casefold() or text == one.row.casefold())
    ]
    shown = [_event(view, one) for one in found[:SHOWN]]
    return EventsView(
        hub=view.hub,
        days=days,
        count=len(found),
        is_read=told is not None,
        is_complete=sum(one.kind != "import" for one in told or ()) < MOST_EVENTS,
        events=shown,
    )


def of_rack(view: BoardView, site: str, rack: str, pdus: Sequence[str]) -> list[EventView]:
    """Return what happened to a rack and its PDUs in the last thirty days, the newest first."""
    names = {rack, *pdus}
    told = view.past.events(30) if view.past is not None else None
    found = [
        one
        for one in _newest_first(view, 30, told or ())
        if one.site == site and one.kind in ("rack", "device") and one.subject in names
    ]
    return [_event(view, one) for one in found[:SHOWN]]


def _newest_first(view: BoardView, days: int, told: Sequence[Episode]) -> list[Episode]:
    return sorted(_all(view, days, told), key=lambda one: -one.since)


def _all(view: BoardView, days: int, told: Sequence[Episode]) -> Iterator[Episode]:
    for one in told:
        if one.kind != "promise" or one.former:  # the first state that was seen is no change
            yield one
    now = view.now()
    for window in view.windows:
        if window.begins <= now and window.ends >= now - days * 86_400:
            yield Episode(
                window.begins,
                "maintenance",
                window.site,
                window.row,
                window.place,
                window.why,
                until=window.ends if window.ends <= now else None,
            )


def _event(view: BoardView, one: Episode) -> EventView:
    return EventView(
        kind=one.kind,
        site=one.site,
        row=one.row,
        subject=one.subject,
        detail=one.detail,
        former=one.former,
        since=iso(one.since),
        until=iso(one.until),
        since_seconds=one.since,
        until_seconds=one.until,
        path=_path(view, one),
        grafana=_grafana(view, one),
    )


def _path(view: BoardView, one: Episode) -> str:
    """Return the page of what an event is about."""
    rack = _rack(view, one)
    if rack is not None:
        return paths.rack_path(one.site, rack)
    if one.kind == "promise":
        return f"{paths.hub_path(view.hub)}#{paths.anchor(one.subject)}"
    return paths.site_path(one.site) if one.site else ""


def _grafana(view: BoardView, one: Episode) -> str:
    rack = _rack(view, one)
    if rack is None:
        return ""
    known = view.inventory.racks.get(rack) if view.inventory is not None else None
    row = one.row or (known.row if known is not None else "")
    return grafana.rack_at(view.grafana, view.hub, one.site, row, rack, since=one.since)


def _rack(view: BoardView, one: Episode) -> str | None:
    """Return the rack that an event is about; None for another one."""
    if one.kind == "rack":
        return one.subject
    if one.kind == "device" and view.inventory is not None:
        place = view.inventory.pdus.get(one.subject)
        return place.rack.rack if place is not None else None
    return None
