"""Energy from elsewhere by the hour: last year's bills, or what another system has logged.

`energy_kwh`: each row is the energy used from its time to the next row's of that meter; the last row, and a row
before a hole, lasts as long as most rows of that meter do (an hour, where there is but one), or its month or day where all rows
begin one. With `cumulative`, the values
are a register's: each row's energy is the difference to the next.
`power_w`: each row is the power at that moment, integrated as the agent's own readings are.
`volume_m3`: water, as energy is; of meters at point `water` and of no others.
"""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Final

from agent.ledger.bridges import of_segments
from agent.ledger.energy import (
    HOUR_MS,
    MAX_GAP_INTERVALS,
    Raw,
    Segment,
    power_segments,
    register_segments,
    spread,
)
from collectors.base import ConfigError

if TYPE_CHECKING:
    from agent.ledger.bridges import Bridge
    from agent.ledger.recompute import Imported

LITERS_PER_M3: Final = 1000.0
VOLUME: Final = "volume_m3"
COVERED: Final = "covered_seconds"
WHOLE_HOUR: Final = 3600.0
_QUARTER_HOUR: Final = 900_000
_FEWEST: Final = 2


class Rows:
    """The rows of one meter: times in milliseconds, values in joules, watts or litres, and the lines they stood in."""

    __slots__ = ("lines", "times", "values")

    def __init__(self) -> None:
        self.times, self.values, self.lines = array("q"), array("d"), array("q")

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time: int, value: float, line: int) -> None:
        """Take a row."""
        self.times.append(time)
        self.values.append(value)
        self.lines.append(line)


class Sheet:
    """The rows of one file, by meter, in order of time; and how many were refused, by reason, with the first of them."""

    def __init__(
        self,
        column: str,
        rows: dict[str, Rows],
        zone: tzinfo,
        *,
        refused: Mapping[str, int] | None = None,
        errors: Sequence[ConfigError] = (),
        interval: int | None = None,
    ) -> None:
        self.column, self.zone, self.refused, self.errors = column, zone, refused or {}, errors
        self.rows = {meter: found for meter, found in rows.items() if len(found)}
        self.interval = interval
        """How far apart the rows of a file are that has one for all meters, in milliseconds."""

    def hours(
        self,
        meter: str,
        *,
        cumulative: bool = False,
        interval_seconds: float | None = None,
        stamped_at_end: bool = False,
    ) -> dict[int, Imported]:
        """Return a meter's energy by hour; `interval_seconds` says how long a row lasts, where the rows themselves do not.

        `stamped_at_end`: a row's time is when its interval ended.
        """
        hours, _ = self.laid_out(
            meter,
            cumulative=cumulative,
            interval_seconds=interval_seconds,
            stamped_at_end=stamped_at_end,
        )
        return hours

    def laid_out(
        self,
        meter: str,
        *,
        cumulative: bool = False,
        interval_seconds: float | None = None,
        stamped_at_end: bool = False,
    ) -> tuple[dict[int, Imported], list[Bridge]]:
        """Return a meter's energy by hour, and the stretches longer than an hour of which only the sum is known."""
        rows = self.rows[meter]
        interval = (
            round(interval_seconds * 1000)
            if interval_seconds
            else self.interval or typical_interval(rows.times)
        )
        if self.column == "power_w" or cumulative:
            raw = [
                Raw(time, value, interval)
                for time, value in zip(rows.times, rows.values, strict=True)
            ]
            segments = (
                power_segments(raw) if self.column == "power_w" else register_segments(raw)[0]
            )
        else:
            shift = interval if stamped_at_end else 0
            if interval == HOUR_MS and not any(time % HOUR_MS for time in rows.times):
                return {
                    time - shift: value for time, value in zip(rows.times, rows.values, strict=True)
                }, []
            if stamped_at_end:
                segments = ended_segments(rows.times, rows.values, interval)
            else:
                ends = None if interval_seconds else calendar(rows.times, self.zone)
                segments = interval_segments(rows.times, rows.values, interval, ends)
        if not segments:
            return {}, []
        even = [] if self.column == "power_w" else list(of_segments(segments))
        if all(s.first == s.last and not (s.start % HOUR_MS or s.end % HOUR_MS) for s in segments):
            return {
                hour: s.first * HOUR_MS / 1000.0
                for s in segments
                for hour in range(s.start, s.end, HOUR_MS)
            }, even
        return dict(spread(segments, segments[0].start, segments[-1].end)), even


def typical_interval(times: Sequence[int]) -> int:
    """Return the median distance of neighbouring times in milliseconds; an hour for a single one."""
    steps = [after - before for before, after in pairwise(times)]
    return median_low(steps) if steps else HOUR_MS


def calendar(times: Sequence[int], zone: tzinfo) -> Callable[[int], int] | None:
    """Return what tells when a row's local month or day ends, where all rows begin one; these are not equally long."""
    if len(times) < _FEWEST or any(time % _QUARTER_HOUR for time in times):
        return None
    local = [dt.datetime.fromtimestamp(time / 1000, zone) for time in times]
    if any(moment.hour or moment.minute for moment in local):
        return None
    monthly = all(moment.day == 1 for moment in local)

    def end(start: int) -> int:
        day = dt.datetime.fromtimestamp(start / 1000, zone)
        after = (
            (day + dt.timedelta(days=31)).replace(day=1) if monthly else day + dt.timedelta(days=1)
        )
        return round(after.timestamp() * 1000)

    return end


def interval_segments(
    times: Sequence[int],
    values: Sequence[float],
    interval: int,
    ends: Callable[[int], int] | None = None,
) -> list[Segment]:
    """Lay each row's energy over its interval: to the next row, or as long as most are where the next is further off.

    `ends` tells better when it ends, where that is known.
    """
    segments = []
    for n, (start, joules) in enumerate(zip(times, values, strict=True)):
        end = times[n + 1] if n + 1 < len(times) else None
        if end is None or end - start > MAX_GAP_INTERVALS * interval / 2:
            end = ends(start) if ends is not None else start + interval
        watts = joules * 1000.0 / (end - start)
        segments.append(Segment(start, end, watts, watts))
    return segments


def ended_segments(times: Sequence[int], values: Sequence[float], interval: int) -> list[Segment]:
    """Lay each row's energy over the interval that ended then: the mirror of the above."""
    mirrored = interval_segments(
        [-time for time in reversed(times)], list(reversed(values)), interval
    )
    return [Segment(-s.end, -s.start, s.last, s.first) for s in reversed(mirrored)]
