"""The lane below a curve: what happened in its time, each mark a link to `/events` at that time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from agent.ledger.store.episodes import Episode
from agent.web.over import SPANS, written
from agent.web.page import Page
from agent.web.views import events
from agent.web.views.events import EventView

_PLACES: Final = 24
"""Marks side by side at most; what happened closer together is one mark."""
_LEAST: Final = 600.0
_GRAVITY: Final = (
    "over",
    "too_hot",
    "failover_lost",
    "silent",
    "missed",
    "hot",
    "failover_tight",
    "at_risk",
    "expired_unreported",
)
"""Signs from grave to slight; what is not here is slighter. The gravest stands for a place."""
_RESTORED: Final = "ok"
Wanted = Callable[[Episode], bool]
"""Tells whether an event belongs to what a curve shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneMark:
    """A place of the lane; `at` is percent of the width."""

    at: str
    sign: str
    rows: Sequence[tuple[EventView, bool]]
    """What happened there, and whether it was its end."""
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneBand:
    """A maintenance window; percent of the width."""

    at: str
    width: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What `lane.html` draws."""

    marks: Sequence[LaneMark]
    bands: Sequence[LaneBand]
    is_read: bool
    """Whether the ledger has been read."""
    is_complete: bool
    """Whether all events of this time were looked through; else the newest."""


def lane(
    page: Page,
    ends: tuple[float, float],
    wanted: Wanted,
    *,
    usual: float = SPANS["30d"],
    **asked: str,
) -> Markup:
    """Draw what happened between two times; nothing without a ledger.

    Without a chosen time the events of the last `usual` seconds are looked through.

    `asked` narrows the page of events that a mark leads to. Who sees some sites alone may not see
    that page, and on the wall nobody clicks: there is no lane.
    """
    view, (start, end) = page.view, ends
    if view.past is None or page.is_wall or page.is_narrowed or end - start < _LEAST:
        return Markup()
    found = events.within(view, page.over.or_last(usual), (start, end), wanted)
    placed: dict[int, list[tuple[EventView, bool]]] = {}
    bands: list[LaneBand] = []
    width = (end - start) / _PLACES
    for one in found.events:
        ended = one.until_seconds
        if one.kind == "maintenance":
            bands.append(_band(one, start, end))
        for at, over in ((one.since_seconds, False), (ended, True)):
            lasts = one.kind in ("rack", "device", "maintenance")
            if at is not None and start <= at < end and (lasts or not over):
                placed.setdefault(int((at - start) / width), []).append((one, over))
        lasted = one.since_seconds < start and (ended is None or ended >= end)
        if lasted and one.kind in ("rack", "device"):  # it has neither mark in this time
            placed.setdefault(0, []).append((one, False))
    return page.render(
        "lane.html",
        lane=Lane(
            marks=[
                _mark(page, rows, start + place * width, width, place, asked)
                for place, rows in sorted(placed.items())
            ],
            bands=bands,
            is_read=found.is_read,
            is_complete=found.is_complete,
        ),
    )


def _mark(
    page: Page,
    rows: Sequence[tuple[EventView, bool]],
    begin: float,
    width: float,
    place: int,
    asked: dict[str, str],
) -> LaneMark:
    signs = [_RESTORED if over else events.sign(one) for one, over in rows]
    around = max(0.0, (_LEAST - width) / 2)
    times = {"from": written(begin - around), "to": written(begin + width + around + 60)}
    return LaneMark(
        at=f"{(place + 0.5) * 100 / _PLACES:.2f}",
        sign=min(signs, key=_rank),
        rows=rows,
        href=page.link("/events", span=None, **times, **asked),
    )


def _rank(sign: str) -> int:
    if sign in _GRAVITY:
        return _GRAVITY.index(sign)
    return len(_GRAVITY) + (sign == _RESTORED)


def _band(one: EventView, start: float, end: float) -> LaneBand:
    first = max(start, one.since_seconds)
    last = end if one.until_seconds is None else min(end, one.until_seconds)
    return LaneBand(
        at=f"{(first - start) * 100 / (end - start):.2f}",
        width=f"{max(0.0, last - first) * 100 / (end - start):.2f}",
        why=one.detail,
    )
