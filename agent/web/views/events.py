"""What happened, for `/events` and `/api/events`: of one site, rack or device, or of all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from agent.ledger.store.episodes import Episode
from agent.web import grafana, paths
from agent.web.format import iso
from agent.web.limits import MOST_EVENTS
from agent.web.over import Over
from agent.web.view import BoardView

Kind = Literal["rack", "device", "promise", "agent", "import", "maintenance"]
KINDS: Final[tuple[Kind, ...]] = ("rack", "device", "promise", "maintenance", "import", "agent")
"""The kinds of events, in the order in which a page offers them."""
DAYS: Final = (1, 7, 30, 366)
"""Over how many days `?days=` may look back."""
USUAL: Final = 7 * 86_400.0
"""Over how many seconds a page looks back without a choice."""
_DAY: Final = 86_400.0
MONTH: Final = Over(span=30 * _DAY)
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
    days: float
    begins: str | None
    """The time that was looked at, up to `ends`."""
    ends: str | None
    count: int
    """How many there are; `events` has the newest."""
    is_read: bool
    """Whether the ledger has been read. If not, only maintenance is listed."""
    is_complete: bool
    """Whether all that the ledger has of these days was looked through; else the newest."""
    events: Sequence[EventView]


def read(
    view: BoardView, over: Over, *, site: str = "", kind: str = "", find: str = ""
) -> EventsView:
    """Return what happened in a time; `find` is a part of what it is about, or its row."""
    text = find.casefold()

    def wanted(one: Episode) -> bool:
        return (
            (not site or one.site == site)
            and (not kind or one.kind == kind)
            and (not text or text in one.subject.casefold() or text == one.row.casefold())
        )

    over = over.or_last(USUAL)
    told = view.past.events(over) if view.past is not None else None
    return _view(view, over, told, wanted, SHOWN)


def chosen(over: Over, days: str) -> Over:
    """Return the time of `?days=`, a year at most; what was chosen otherwise where it says none."""
    asked = int(days[:9]) if days.isascii() and days.isdigit() else 0
    return Over(span=min(asked, max(DAYS)) * _DAY) if asked else over


def within(
    view: BoardView, over: Over, part: tuple[float, float], wanted: Callable[[Episode], bool]
) -> EventsView:
    """Return which wanted events there were in a part of a time.

    The ledger is asked for the whole of it, so that all curves of a page ask the same.
    """
    told = view.past.events(over) if view.past is not None else None
    start, end = part
    inside = (
        None
        if told is None
        else [one for one in told if one.since < end and (one.until or end) >= start]
    )
    found = _view(view, Over(ends=part), inside, wanted, MOST_EVENTS)
    # Imports are added to the newest events uncut, so an old one tells nothing of the others.
    counted = [one for one in told or () if one.kind != "import"]
    if len(counted) < MOST_EVENTS:
        return found
    return replace(found, is_complete=counted[-1].since <= start)


def _view(
    view: BoardView,
    over: Over,
    told: Sequence[Episode] | None,
    wanted: Callable[[Episode], bool],
    most: int,
) -> EventsView:
    found = [one for one in _newest_first(view, over, told or ()) if wanted(one)]
    start, end = over.bounds(view.now(), USUAL)
    return EventsView(
        hub=view.hub,
        days=round((end - start) / _DAY, 4),
        begins=iso(start),
        ends=iso(end),
        count=len(found),
        is_read=told is not None,
        is_complete=sum(one.kind != "import" for one in told or ()) < MOST_EVENTS,
        events=[_event(view, one) for one in found[:most]],
    )


def sign(one: EventView) -> str:
    """Return the mark of an event: of a rack's need, of a silence, of a promise's state."""
    if one.kind in ("rack", "promise"):
        return one.detail
    return {"device": "silent", "agent": "agent", "import": "import"}.get(one.kind, "none")


def of_rack(view: BoardView, site: str, rack: str, pdus: Sequence[str]) -> list[EventView]:
    """Return what happened to a rack and its PDUs in the last thirty days, the newest first."""
    names = {rack, *pdus}
    told = view.past.events(MONTH) if view.past is not None else None
    found = [
        one
        for one in _newest_first(view, MONTH, told or ())
        if one.site == site and one.kind in ("rack", "device") and one.subject in names
    ]
    return [_event(view, one) for one in found[:SHOWN]]


def _newest_first(view: BoardView, over: Over, told: Sequence[Episode]) -> list[Episode]:
    return sorted(_all(view, over, told), key=lambda one: -one.since)


def _all(view: BoardView, over: Over, told: Sequence[Episode]) -> Iterator[Episode]:
    for one in told:
        if one.kind != "promise" or one.former:  # the first state that was seen is no change
            yield one
    now = view.now()
    start, end = over.bounds(now, USUAL)
    for window in view.windows:
        if window.begins <= min(now, end) and window.ends >= start:
            yield Episode(
                window.begins,
                "maintenance",
                window.site or _site_of(view, window.rack),
                window.row,
                window.place,
                window.why,
                until=window.ends if window.ends <= now else None,
            )


def _site_of(view: BoardView, rack: str) -> str:
    known = view.inventory.racks.get(rack) if view.inventory is not None else None
    return known.site if known is not None else ""


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
