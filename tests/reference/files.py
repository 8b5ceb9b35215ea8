"""Files of odd shapes, of a site whose loads are constant: so each figure is known by heart.

Whatever such a file says, the PUE of the time that it covers is the same. A file that does not say
enough is to be refused; it never makes another PUE.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.reference.answers import Answer
from tests.reference.bills import Bill, NobodyKnowsError, in_order, lasting, moment, months_on
from tests.reference.bookkeeping import RefusedError, bookkeeping
from tests.reference.judge import CLOSE, Disagreement
from tests.reference.model import CELL, DAY, HOUR
from tests.support.ledger import SITE

ZONES = ("UTC", "Europe/Berlin", "Asia/Shanghai", "America/New_York", "Australia/Lord_Howe")
IT_KW = 100
LONG = 100 * DAY
NIGHTS = {
    "Europe/Berlin": dt.date(2025, 10, 26),
    "America/New_York": dt.date(2025, 11, 2),
    "Australia/Lord_Howe": dt.date(2025, 4, 6),
}
"""When clocks go back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """A meter told by bills, and another told by the hour."""

    zone: str = "UTC"
    months: int = 1
    """Of each bill; 0: it lasts `days`."""
    days: int = 7
    day: int = 1
    rows: int = 4
    hole: int = 0
    """The row that is missing; 0: none is."""
    first_from: int = 0
    """So many days of the first bill are missing, since supply began later."""
    billed: str = "it"
    facility_kw: int = 130
    in_two_files: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """Readings in local time, without an offset, over the night on which clocks go back."""

    zone: str = "Europe/Berlin"
    minutes: int = 60
    second: int = 0
    column: str = "register"
    facility_kw: int = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """Two meters that are told at different cadences, in one file, long or wide."""

    main_hours: int = 1
    it_hours: int = 1
    rows: int = 8
    wide: bool = False
    facility_kw: int = 130


Filed = Billing | Night | Mixed

billings = st.builds(
    Billing,
    zone=st.sampled_from(ZONES),
    months=st.sampled_from((1, 2, 3, 12, 0)),
    days=st.sampled_from((7, 1, 14, 10)),
    day=st.sampled_from((1, 15, 28, 10)),
    rows=st.integers(3, 7),
    hole=st.sampled_from((0, 0, 2)),
    first_from=st.sampled_from((0, 0, 9)),
    billed=st.sampled_from(("it", "main")),
    facility_kw=st.sampled_from((130, 120, 200)),
    in_two_files=st.booleans(),
)
nights = st.builds(
    Night,
    zone=st.sampled_from(sorted(NIGHTS)),
    minutes=st.sampled_from((60, 30, 20, 15, 7, 5)),
    second=st.sampled_from((0, 1, 34, 59)),
    column=st.sampled_from(("register", "energy", "power")),
    facility_kw=st.sampled_from((130, 200)),
)
mixes = st.builds(
    Mixed,
    main_hours=st.sampled_from((1, 2, 24)),
    it_hours=st.sampled_from((1, 6, 3, 24)),
    rows=st.integers(4, 9),
    wide=st.booleans(),
    facility_kw=st.sampled_from((130, 200)),
)


def judge_file(filed: Filed) -> Iterator[Disagreement]:
    """Import a file and tell in what the figures are wrong."""
    if isinstance(filed, Billing):
        return _judge_bills(filed)
    return _judge_night(filed) if isinstance(filed, Night) else _judge_mixed(filed)


def _stock(zone: str) -> str:
    return (
        f"sites: [{{site: {SITE}, timezone: {zone}}}]\n"
        "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]\n"
    )


def _local(at: int, zone: ZoneInfo) -> dt.datetime:
    return dt.datetime.fromtimestamp(at / 1000, zone).replace(tzinfo=None)


def _wrong(answer: Answer, facility_kw: int, share: Fraction | None) -> Iterator[Disagreement]:
    """Compare with constant loads; `share` is the covered one, if the file tells it."""
    right = facility_kw / IT_KW
    if answer.pue is None and answer.coverage > 0:
        yield Disagreement("file_state", f"{answer.state}, right is PUE {right}: {answer}")
    if answer.pue is not None and abs(answer.pue - right) > 1e-6:
        yield Disagreement("file_pue", f"PUE {answer.pue}, right is {right}: {answer}")
    if share is not None and abs(answer.coverage - float(share)) > CLOSE:
        text = f"coverage {answer.coverage}, right is {float(share)}: {answer}"
        yield Disagreement("file_coverage", text)


# Bills


def _bill_edges(plan: Billing) -> list[dt.datetime]:
    """Return where each bill begins, and where the last one ends."""
    start = dt.datetime.fromisoformat(f"2016-01-{plan.day:02d}")  # the site's own time
    if plan.months:
        return [months_on(start, plan.months * n, plan.day) for n in range(plan.rows + 1)]
    return [start + dt.timedelta(days=plan.days * n) for n in range(plan.rows + 1)]


def _is_sparse(plan: Billing) -> bool:
    """Tell whether so few rows are of full length and adjoin that it may be asked how long they
    last: one is missing, or of three that last for some months the first began later.
    """
    return bool(plan.hole) or (plan.rows == 3 and plan.months > 1 and plan.first_from > 0)


def _judge_bills(plan: Billing) -> Iterator[Disagreement]:
    zone = ZoneInfo(plan.zone)
    edges = _bill_edges(plan)
    moments = in_order(edges, zone)
    kw = IT_KW if plan.billed == "it" else plan.facility_kw
    bills = []
    for n, (local, start, end) in enumerate(zip(edges, moments, moments[1:], strict=False)):
        first = plan.first_from * 24 * HOUR if n == 0 and plan.months else 0
        if n != plan.hole or n == 0:
            begins = local + dt.timedelta(milliseconds=first)
            bills.append(Bill(begins, Fraction(kw * (end - start - first), HOUR)))
    other, other_kw = ("main", plan.facility_kw) if plan.billed == "it" else ("it", IT_KW)
    rows = [f"{bill.local.isoformat()},{plan.billed},{float(bill.joules)!r}" for bill in bills]
    told = _other(moments[0], moments[-1], zone)
    others = [
        f"{_stamp(at)},{other},{Fraction(other_kw * (until - at), HOUR)}"
        for at, until in itertools.pairwise(told)
    ]
    header = "time,meter,energy_kwh"
    try:
        right = lasting(bills, zone)
    except NobodyKnowsError:
        right = []
    with bookkeeping(_stock(plan.zone)) as book:
        try:
            for part in (rows, others) if plan.in_two_files else ([*rows, *others],):
                book.take(header, part)
        except RefusedError as error:
            if right and not _is_sparse(plan):
                yield Disagreement("file_refused", str(error))
            return
        answer = book.product().between(moments[0], moments[-1])
    covered = sum(_whole(row.start, min(row.end, told[-1])) for row in right)
    share = Fraction(covered, moments[-1] - moments[0]) if right else None
    yield from _wrong(answer, plan.facility_kw, share)


def _other(start: int, end: int, zone: ZoneInfo) -> list[int]:
    """Return when the rows of the other meter begin and end: hours, or days of a long time.

    Where clocks change by half an hour, the last half hour has no row.
    """
    if end - start < LONG:
        return list(range(start, end + 1, HOUR))
    first, last = _local(start, zone), _local(end, zone)
    return [moment(first + dt.timedelta(days=n), zone) for n in range((last - first).days + 1)]


def _whole(start: int, end: int) -> int:
    """Return the time of the whole cells within."""
    return end - end % CELL + (-start // CELL) * CELL


def _stamp(at: int) -> str:
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat()


# The night on which clocks go back


def _judge_night(plan: Night) -> Iterator[Disagreement]:
    zone = ZoneInfo(plan.zone)
    day = NIGHTS[plan.zone]
    begin = dt.datetime(day.year, day.month, day.day, tzinfo=zone)
    start = round(begin.timestamp() * 1000) - 2 * HOUR
    times = range(start + plan.second * 1000, start + 9 * HOUR, plan.minutes * 60_000)
    rows = []
    for name, kw in (("main", plan.facility_kw), ("it", IT_KW)):
        for at in times:
            value = {
                "register": 5000 + kw * (at - start) / HOUR,
                "energy": kw * plan.minutes / 60,
                "power": kw * 1000,
            }[plan.column]
            rows.append(f"{_local(at, zone).isoformat()},{name},{value!r}")
    header = "time,meter,power_w" if plan.column == "power" else "time,meter,energy_kwh"
    options = ("--cumulative",) if plan.column == "register" else ()
    with bookkeeping(_stock(plan.zone)) as book:
        try:
            book.take(header, rows, *options)
        except RefusedError:
            return  # an offset is asked for
        answer = book.product().between(times[0], times[-1])
    cells = _whole(times[0], times[-1])
    window = times[-1] - times[-1] % CELL - (times[0] - times[0] % CELL)
    yield from _wrong(answer, plan.facility_kw, Fraction(cells, window))


# Two cadences


def _judge_mixed(plan: Mixed) -> Iterator[Disagreement]:
    start = round(dt.datetime(2025, 3, 1, tzinfo=dt.UTC).timestamp() * 1000)
    end = start + plan.rows * max(plan.main_hours, plan.it_hours) * HOUR
    told = {
        "main": (plan.main_hours, plan.facility_kw * plan.main_hours),
        "it": (plan.it_hours, IT_KW * plan.it_hours),
    }
    rows: Sequence[str]
    if plan.wide:
        header = "time,main,it"
        rows = [
            ",".join(
                (
                    _stamp(at),
                    *(
                        str(kwh) if (at - start) % (hours * HOUR) == 0 else ""
                        for hours, kwh in told.values()
                    ),
                )
            )
            for at in range(start, end, HOUR)
        ]
    else:
        header = "time,meter,energy_kwh"
        rows = [
            f"{_stamp(at)},{name},{kwh}"
            for name, (hours, kwh) in told.items()
            for at in range(start, end, hours * HOUR)
        ]
    with bookkeeping(_stock("UTC")) as book:
        try:
            book.take(header, rows, *(("--unit", "kWh") if plan.wide else ()))
        except RefusedError as error:
            yield Disagreement("file_refused", str(error))
            return
        answer = book.product().between(start, end)
    yield from _wrong(answer, plan.facility_kw, Fraction(1))
