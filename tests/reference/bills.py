"""How long the rows of a bill last, and which moment a local time is: the definitions.

A row lasts until the next one. The last row, and one before a hole, lasts as the spacing of the
rows says: whole months of the calendar, or always the same time. Where the rows disagree, nobody
knows, and the file must say it.
"""

from __future__ import annotations

import calendar
import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.reference.model import CELL, HOUR, Piece, Span, even

MOST = Fraction(2, 3)
"""The share of spacings that has to agree before a spacing is the rule."""


@dataclass(frozen=True, slots=True)
class Bill:
    """One row: what was used from its local time on."""

    local: datetime
    joules: Fraction


@dataclass(frozen=True, slots=True)
class Lasting:
    """A row with the time that it is for, in milliseconds of UTC."""

    start: int
    end: int
    joules: Fraction


class NobodyKnowsError(Exception):
    """The rows do not tell how long one of them lasts, or which hour of two it is."""


def moment(local: datetime, zone: ZoneInfo, *, second: bool = False) -> int:
    """Return the millisecond of a local time.

    Raises:
        NobodyKnowsError: clocks skip it.
    """
    at = local.replace(tzinfo=zone, fold=int(second)).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != local:
        raise NobodyKnowsError(f"{local} does not exist")
    return round(at.timestamp() * 1000)


def in_order(locals_: Sequence[datetime], zone: ZoneInfo) -> list[int]:
    """Return the moments of a file's local times, which come in order of time.

    In the hour that comes twice, a time that is not later than the one before it is in the second
    hour, and so is everything of that hour after it.

    Raises:
        NobodyKnowsError: they cannot be put into one order.
    """
    found: list[int] = []
    second = False
    for local in locals_:
        at = moment(local, zone, second=second)
        if found and at <= found[-1]:
            at = moment(local, zone, second=True)
            second = True
        elif moment(local, zone) == moment(local, zone, second=True):
            second = False
        if found and at <= found[-1]:
            raise NobodyKnowsError(f"{local} comes twice")
        found.append(at)
    return found


def months_on(local: datetime, months: int, day: int) -> datetime:
    """Return the same day of a later month, or its last day where it has no such day."""
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    return local.replace(
        year=year, month=month + 1, day=min(day, calendar.monthrange(year, month + 1)[1])
    )


def lasting(
    bills: Sequence[Bill], zone: ZoneInfo, interval: timedelta | None = None
) -> list[Lasting]:
    """Return each row's time.

    Args:
        bills: the rows of one meter, in order.
        zone: of the site.
        interval: how long a row lasts, where the file says it.

    Raises:
        NobodyKnowsError: the spacing does not tell it.
    """
    starts = in_order([bill.local for bill in bills], zone)
    step = _spacing(bills, starts) if interval is None else None
    found = []
    for index, bill in enumerate(bills):
        following = starts[index + 1] if index + 1 < len(bills) else None
        if interval is not None:
            end = starts[index] + round(interval.total_seconds() * 1000)
        elif step is None:
            raise NobodyKnowsError("the rows are spaced unevenly")
        else:
            end = step.after(bill.local, starts[index], zone)
        if following is not None and (end > following or _short(step, starts[index], following)):
            end = following
        found.append(Lasting(starts[index], end, bill.joules))
    return found


def _short(step: Spacing | None, start: int, following: int) -> bool:
    """Tell whether the next row follows too soon for a hole."""
    return step is not None and following - start < step.shortest * 3 // 2


@dataclass(frozen=True, slots=True)
class Spacing:
    """The rule by which rows follow each other: whole months, or a time."""

    months: int
    day: int
    length: int

    @property
    def shortest(self) -> int:
        """The least that a row lasts, in milliseconds."""
        return self.months * 28 * 24 * HOUR if self.months else self.length

    def after(self, local: datetime, start: int, zone: ZoneInfo) -> int:
        """Return when a row that begins here ends."""
        if not self.months:
            return start + self.length
        return moment(months_on(local, self.months, self.day), zone)


def _spacing(bills: Sequence[Bill], starts: Sequence[int]) -> Spacing | None:
    """Find the rule that most spacings follow, if there is one."""
    if len(bills) < 2:
        return None
    days = Counter((bill.local.day, bill.local.time()) for bill in bills)
    (day, _), same = days.most_common(1)[0]
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    if same >= MOST * len(bills) and min(gaps) >= 20 * 24 * HOUR:
        ordered = [b.local for b in bills if b.local.day == day]
        months = [
            (b.year - a.year) * 12 + b.month - a.month for a, b in itertools.pairwise(ordered)
        ]
        each = math.gcd(*months) if months else 0
        return Spacing(each, day, 0) if each else None
    length, often = Counter(gaps).most_common(1)[0]
    if often < MOST * len(gaps):
        return None
    return Spacing(0, 0, length)


def bill_pieces(rows: Sequence[Lasting]) -> list[Piece]:
    """Spread each row over its time; only the sum of a long one is known."""
    return [
        even(
            row.start,
            row.end,
            row.joules,
            spans=(Span(row.start, row.end, row.joules),) if row.end - row.start > CELL else (),
        )
        for row in rows
    ]
