"""The rows of a file by meter, and the hours that they make.

`energy_kwh`: each row is the energy used from its time to the next row's of that meter. The last
row, and a row before a hole, lasts as long as most rows of that meter do (an hour, where there is
but one), or to the end of its month or day where all rows begin one. With `cumulative`, the values
are a register's, and each row's energy is the difference to the next.
`power_w`: each row is the power at that moment, integrated as the agent's own readings are.
`volume_m3`: water, treated as energy is; only for meters at point `water`.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from agent.ledger.energy import HOUR_MS, Segment, TimedValue
from agent.ledger.imports.forms import POWER
from agent.ledger.imports.intervals import (
    calendar,
    ended_segments,
    interval_segments,
    typical_interval,
)
from agent.ledger.imports.put import ImportedHour
from agent.ledger.segments import power_segments, register_segments, spread
from agent.ledger.stretches import Stretch, even_stretches
from collectors.base import ConfigError


class Rows:
    """The rows of one meter: times in milliseconds, values in joules, watts or litres.

    `lines` are the lines of the file that they stood in.
    """

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a user says of a file's rows.

    `cumulative`: the values are a register's. `interval_seconds`: how long a row lasts, where the
    rows do not say it. `stamped_at_end`: a row's time is when its interval ended.
    """

    cumulative: bool = False
    interval_seconds: float | None = None
    stamped_at_end: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A meter's energy by hour, and its stretches of which only the total is known."""

    hours: dict[int, ImportedHour] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)


class Sheet:
    """The rows of one file, by meter, in order of time.

    `refused` counts the rows that were refused, by reason; `errors` are the first of them.
    `interval` is how far apart the rows are, in milliseconds, in a file that has the same times for
    all meters.
    """

    def __init__(
        self,
        column: str,
        rows: Mapping[str, Rows],
        zone: tzinfo,
        *,
        refused: Mapping[str, int] | None = None,
        errors: Sequence[ConfigError] = (),
        interval: int | None = None,
    ) -> None:
        self.column, self.zone, self.refused, self.errors = column, zone, refused or {}, errors
        self.rows = {meter: found for meter, found in rows.items() if len(found)}
        self.interval = interval

    def lay_out(self, meter: str, timing: Timing | None = None) -> LaidOut:
        """Return a meter's energy by hour."""
        timing = timing or Timing()
        rows = self.rows[meter]
        seconds = timing.interval_seconds
        interval = (
            round(seconds * 1000) if seconds else self.interval or typical_interval(rows.times)
        )
        is_energy = self.column != POWER and not timing.cumulative
        if is_energy and interval == HOUR_MS and not any(time % HOUR_MS for time in rows.times):
            shift = HOUR_MS if timing.stamped_at_end else 0
            times = (time - shift for time in rows.times)
            return LaidOut(hours=dict(zip(times, rows.values, strict=True)))
        segments = self._segments(rows, interval, timing)
        if not segments:
            return LaidOut()
        stretches = [] if self.column == POWER else list(even_stretches(segments))
        if all(s.first == s.last and not (s.start % HOUR_MS or s.end % HOUR_MS) for s in segments):
            hours: dict[int, ImportedHour] = {
                hour: s.first * HOUR_MS / 1000.0
                for s in segments
                for hour in range(s.start, s.end, HOUR_MS)
            }
        else:
            hours = dict(spread(segments, segments[0].start, segments[-1].end))
        return LaidOut(hours=hours, stretches=stretches)

    def _segments(self, rows: Rows, interval: int, timing: Timing) -> list[Segment]:
        if self.column == POWER or timing.cumulative:
            readings = [
                TimedValue(time, value, interval)
                for time, value in zip(rows.times, rows.values, strict=True)
            ]
            if self.column == POWER:
                return power_segments(readings)
            segments, _ = register_segments(readings)
            return segments
        if timing.stamped_at_end:
            return ended_segments(rows.times, rows.values, interval)
        ends = None if timing.interval_seconds else calendar(rows.times, self.zone)
        return interval_segments(rows.times, rows.values, interval, ends)
