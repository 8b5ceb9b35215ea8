"""Read energy from a CSV file: last year's bills, or what another system has logged.

`time,meter,energy_kwh`: each row is the energy used from its time to the next row's of that meter; the last row, and a row
before a hole, lasts as long as most rows of that meter do (an hour, where there is but one). With `cumulative`, the values
are a register's: each row's energy is the difference to the next.
`time,meter,power_w`: each row is the power at that moment, integrated as the agent's own readings are.
`time,meter,volume_m3`: water, as energy is; of meters at point `water` and of no others.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from itertools import pairwise
from statistics import median_low
from typing import TYPE_CHECKING, Final

from agent.kpi.energy import HOUR_MS, MAX_GAP_INTERVALS, HourCells, Raw, Segment, power_segments, register_segments, spread
from collectors.base import ConfigError
from collectors.strict import Problems, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from zoneinfo import ZoneInfo

JOULES_PER_KWH: Final = 3.6e6
LITERS_PER_M3: Final = 1000.0
VOLUME: Final = "volume_m3"
COLUMNS: Final = {"energy_kwh": JOULES_PER_KWH, "power_w": 1.0, VOLUME: LITERS_PER_M3}
COVERED: Final = "covered_seconds"
WHOLE_HOUR: Final = 3600.0
_MAX_ERRORS: Final = 50
_FIRST_YEAR: Final = 1990


class Sheet:
    """The rows of one file, by meter, in order of time."""

    def __init__(self, column: str, rows: dict[str, dict[int, float]]) -> None:
        self.column = column
        self.rows = {meter: sorted(values.items()) for meter, values in rows.items()}

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(map(len, self.rows.values()))

    def hours(self, meter: str, *, cumulative: bool = False, interval_seconds: float | None = None) -> dict[int, HourCells]:
        """Return a meter's energy by hour; `interval_seconds` says how long a row lasts, where the rows themselves do not."""
        rows = self.rows[meter]
        interval = round(interval_seconds * 1000) if interval_seconds else typical_interval([time for time, _ in rows])
        if self.column == "power_w":
            segments = power_segments([Raw(time, value, interval) for time, value in rows])
        elif cumulative:
            segments, _ = register_segments([Raw(time, value, interval) for time, value in rows])
        else:
            segments = interval_segments(rows, interval)
        if not segments:
            return {}
        return spread(segments, segments[0].start, segments[-1].end)


def typical_interval(times: Sequence[int]) -> int:
    """Return the median distance of neighbouring times in milliseconds; an hour for a single one."""
    steps = [after - before for before, after in pairwise(times)]
    return median_low(steps) if steps else HOUR_MS


def interval_segments(rows: Sequence[tuple[int, float]], interval: int) -> list[Segment]:
    """Lay each row's energy over its interval: to the next row, or as long as most are where the next is further off."""
    segments = []
    for n, (start, joules) in enumerate(rows):
        end = rows[n + 1][0] if n + 1 < len(rows) else start + interval
        if end - start > MAX_GAP_INTERVALS * interval / 2:
            end = start + interval
        watts = joules * 1000.0 / (end - start)
        segments.append(Segment(start, end, watts, watts))
    return segments


def read_sheet(lines: Iterable[str], name: str, zone: ZoneInfo, known: Iterable[str], water: Iterable[str] = ()) -> Sheet:
    """Read a CSV file; raises Problems with a line for every row that is wrong. Times without a zone are in `zone`.

    Those of the `known` meters that are named in `water` take volumes, all others energy or power.
    """
    reader = csv.reader(lines)
    errors: list[ConfigError] = []
    sheet = None
    try:
        sheet = _read(reader, _Rows(name, zone, frozenset(known), frozenset(water), errors))
    except csv.Error as error:
        errors.append(ConfigError(f"is not CSV: {error}", file=name, line=reader.line_num))
    except UnicodeDecodeError as error:
        errors.append(ConfigError(f"is not UTF-8 (byte {error.start})", file=name))
    if errors or sheet is None:
        raise Problems(errors)
    return sheet


class _Rows:
    """What rows are judged by, and the mistakes found in them."""

    def __init__(
        self, name: str, zone: ZoneInfo, known: frozenset[str], water: frozenset[str], errors: list[ConfigError]
    ) -> None:
        self.name, self.zone, self.known, self.water, self.errors = name, zone, known, water, errors
        self.first: dict[tuple[str, int], tuple[float, int]] = {}

    def fail(self, line: int, message: str) -> None:
        self.errors.append(ConfigError(message, file=self.name, line=line))


def _read(reader: Iterator[list[str]], rows: _Rows) -> Sheet | None:
    header = [cell.strip() for cell in next(reader, [])]
    column = next((c for c in COLUMNS if {*header} - {COVERED} == {"time", "meter", c} and len({*header}) == len(header)), None)
    if column is None:
        found = ",".join(header) or "nothing"
        rows.fail(1, f"expected the header time,meter,energy_kwh, time,meter,power_w or time,meter,{VOLUME}, found {found}")
        return None
    kept: dict[str, dict[int, float]] = {}
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined] # a csv reader's, which has no name of its own
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows.errors) >= _MAX_ERRORS:
            rows.fail(line, "and more like these")
            break
        try:
            found_row = _row(header, cells, column, rows)
            if found_row is not None:
                meter, time, value = found_row
                _once(rows.first, meter, time, value, line)
                kept.setdefault(meter, {})[time] = value * COLUMNS[column]
        except ValueError as error:
            rows.fail(line, str(error))
    return Sheet(column, kept)


def _once(first: dict[tuple[str, int], tuple[float, int]], meter: str, time: int, value: float, line: int) -> None:
    """Refuse a second row of one meter and time, unless it says the same."""
    before, at = first.setdefault((meter, time), (value, line))
    if before != value:
        raise ValueError(f"time: {meter} has another value for this time in line {at}")


def _row(header: Sequence[str], cells: Sequence[str], column: str, rows: _Rows) -> tuple[str, int, float] | None:
    """Return a row's meter, time and value; None for an hour that an export says was not whole."""
    if len(cells) != len(header):
        raise ValueError(f"expected {len(header)} cells, found {len(cells)}")
    row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    if row.get(COVERED) and _number(COVERED, row[COVERED]) < WHOLE_HOUR:
        return None
    meter = row["meter"]
    if meter not in rows.known:
        raise ValueError(f"meter: {meter!r} is not a meter of this site{nearest(meter, sorted(rows.known))}")
    if (meter in rows.water) != (column == VOLUME):
        raise ValueError(f"meter: {meter} measures {'water' if meter in rows.water else 'energy'}, and {column} is not that")
    time = parse_time(row["time"], rows.zone)
    return meter, round(time.timestamp() * 1000), _number(column, row[column])


def _number(column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{column}: expected a number, got {text!r}") from None
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{column}: expected a number of at least 0, got {text}")
    return value


def parse_time(text: str, zone: ZoneInfo) -> dt.datetime:
    """Read an ISO 8601 date or time; without an offset it is local to `zone`. Raises ValueError."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"time: expected ISO 8601 such as 2025-01-31T14:00:00+08:00, got {text!r}") from None
    if moment.year < _FIRST_YEAR:
        raise ValueError(f"time: {text} is before {_FIRST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
