"""The ISO weeks, the months and the years at a place."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from agent.pue.periods import end_of
from collectors.base import ConfigError

Kind = Literal["week", "month", "year"]
KINDS: Final[tuple[Kind, ...]] = ("week", "month", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A week, a month or a year in a time zone; `end` is no later than when the report is made."""

    kind: Kind
    name: str
    """Such as `2026-W47`, `2026-11` or `2026`."""
    zone: dt.tzinfo
    start: float
    end: float
    whole: bool
    before: str
    """The name of the period before this one, and of the one after it."""
    after: str


class _Form(NamedTuple):
    """How the periods of a kind are named, and how one is asked for."""

    pattern: re.Pattern[str]
    read: str
    """What `strptime` reads the name and its first day's number by."""
    write: str
    said: str


_FORMS: Final[Mapping[Kind, _Form]] = {
    "week": _Form(
        re.compile(r"(?:19|20)\d\d-W\d\d"), "%G-W%V-%u", "%G-W%V", "an ISO week such as 2026-W47"
    ),
    "month": _Form(
        re.compile(r"(?:19|20)\d\d-\d\d"), "%Y-%m-%d", "%Y-%m", "a month such as 2026-10"
    ),
    "year": _Form(re.compile(r"(?:19|20)\d\d"), "%Y-%j", "%Y", "a year such as 2026"),
}
_LENGTHS: Final[Mapping[Kind, int]] = {"week": 7, "month": 32, "year": 367}
"""Days after the first day of a period by which the next one has begun, but not the one after."""


def period_of(kind: Kind, name: str, zone: dt.tzinfo, now: float) -> Period:
    """Return a period by its name; an empty name is the last one that is over.

    Raises ConfigError, with the option's key, for a name that is none, and for a period that has
    not begun.
    """
    key = f"--{kind}"
    if not name:
        this = _first_day(kind, dt.datetime.fromtimestamp(now, zone))
        name = _named(kind, this - dt.timedelta(days=1))
    first = _first_of(_FORMS[kind], name, zone)
    if first is None:
        raise ConfigError(f"expected {_FORMS[kind].said}, got {name!r}", key=key)
    following = _first_day(kind, first + dt.timedelta(days=_LENGTHS[kind]))
    start, end = first.timestamp(), following.timestamp()
    return Period(
        kind=kind,
        name=_named(kind, first),
        zone=zone,
        start=start,
        end=end_of(name, start, end, now, key=key),
        whole=end <= now,
        before=_named(kind, first - dt.timedelta(days=1)),
        after=_named(kind, following),
    )


def start_before(period: Period) -> float:
    """Return when the period before a period began."""
    day = dt.datetime.fromtimestamp(period.start, period.zone) - dt.timedelta(days=1)
    return _first_day(period.kind, day).timestamp()


def _first_of(form: _Form, name: str, zone: dt.tzinfo) -> dt.datetime | None:
    """Return the first midnight of a period; None for a name that is none."""
    if form.pattern.fullmatch(name) is None:
        return None
    try:
        return dt.datetime.strptime(f"{name}-1", form.read).replace(tzinfo=zone)
    except ValueError:
        return None


def _first_day(kind: Kind, at: dt.datetime) -> dt.datetime:
    """Return the first midnight of the period that a local time is in."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if kind == "week":
        return day - dt.timedelta(days=day.weekday())
    return day.replace(day=1) if kind == "month" else day.replace(month=1, day=1)


def _named(kind: Kind, at: dt.datetime) -> str:
    return f"{at:{_FORMS[kind].write}}"
