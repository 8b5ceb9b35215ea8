"""Bills of any shape: each is laid over the time that it is of, or the file is refused."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import event, given, settings
from hypothesis import strategies as st

from agent.ledger.imports.intervals import Unsaid, guessed_intervals

ZONES = ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]


def dates(first: dt.date, step: str, count: int) -> list[dt.date]:
    """Return the days on which periods begin; months begin on the day of the first, up to 28."""
    if step.endswith("d"):
        return [first + dt.timedelta(days=int(step[:-1]) * n) for n in range(count + 1)]
    months = [first.year * 12 + first.month - 1 + int(step[:-1]) * n for n in range(count + 1)]
    return [first.replace(year=month // 12, month=month % 12 + 1) for month in months]


@st.composite
def bills(draw: st.DrawFn) -> list[tuple[dt.date, dt.date]]:
    """Regular bills, of which one is missing, two are joined, and the first is only a part."""
    first = draw(st.dates(dt.date(2018, 1, 1), dt.date(2024, 12, 31)))
    first = first.replace(day=min(first.day, 28))
    step = draw(st.sampled_from(["1d", "7d", "14d", "1m", "1m", "2m", "3m", "12m"]))
    days = dates(first, step, draw(st.integers(8, 30)))
    for day in draw(st.sets(st.sampled_from(days[1:-1]), max_size=1)):
        days.remove(day)  # two bills are one
    made = list(pairwise(days))
    for one in draw(st.sets(st.sampled_from(made), max_size=1)):
        if len(made) > 1:
            made.remove(one)
    begun = draw(st.integers(0, 20))
    start, end = made[0]
    made[0] = (min(start + dt.timedelta(days=begun), end - dt.timedelta(days=1)), end)
    return made


@settings(max_examples=150)
@given(bills(), st.sampled_from(ZONES), st.data())
def test_bills_are_laid_over_their_own_time_or_refused(
    made: list[tuple[dt.date, dt.date]], zone: str, data: st.DataObject
) -> None:
    """No bill is laid over a time that it is not of, whatever is missing or joined."""
    here = ZoneInfo(zone)
    times = [
        tuple(
            round(dt.datetime(day.year, day.month, day.day, tzinfo=here).timestamp() * 1000)
            for day in pair
        )
        for pair in made
    ]
    loads = data.draw(st.lists(st.floats(0.95, 1.05), min_size=len(made), max_size=len(made)))
    energies = [load * (end - start) for (start, end), load in zip(times, loads, strict=True)]
    try:
        found = guessed_intervals([start for start, _ in times], energies, here)
    except Unsaid:
        event("refused")
        return
    event("laid out")
    assert list(zip(found.starts, found.ends, strict=True)) == times
