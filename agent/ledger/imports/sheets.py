"""Read a CSV file of energy, power or water: this program's own form, or another system's, as its options describe it.

Long: a row names its time, its meter and its value. Wide: a column for each meter, recognised by their names. A row that is
wrong is refused with its line and a reason; what is not there (an empty cell of a wide file) is missing, and not zero.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from agent.ledger.imports.bills import COVERED, VOLUME, WHOLE_HOUR, Rows, Sheet, typical_interval
from collectors.base import ConfigError
from collectors.strict import Problems, nearest

ENERGY: Final = "energy_kwh"
POWER: Final = "power_w"
UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "Wh": (ENERGY, 3.6e3),
    "kWh": (ENERGY, 3.6e6),
    "MWh": (ENERGY, 3.6e9),
    "GWh": (ENERGY, 3.6e12),
    "J": (ENERGY, 1.0),
    "MJ": (ENERGY, 1e6),
    "GJ": (ENERGY, 1e9),
    "W": (POWER, 1.0),
    "kW": (POWER, 1e3),
    "MW": (POWER, 1e6),
    "l": (VOLUME, 1.0),
    "m3": (VOLUME, 1e3),
}
"""What a value may be in: the column of this program's own form that it is like, and joules, watts or litres of one."""

_OWN: Final = {ENERGY: "kWh", POWER: "W", VOLUME: "m3"}
_EPOCHS: Final = {"epoch": 1000.0, "epoch_ms": 1.0}
_IGNORED: Final = "-"
_MOST_LINES: Final = 50
_MOST_TIMES: Final = 1_000_000
_FIRST_YEAR: Final = 1990


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a file is written. Columns are named by their headers; `aliases` give other systems' names of meters ours.

    An alias of `-` leaves a column or meter out. `time_format` is strptime's, or epoch or epoch_ms; else ISO 8601.
    """

    time: str = "time"
    meter: str = "meter"
    value: str = ""
    only: str = ""
    """The meter of a file that names none."""
    unit: str = ""
    delimiter: str = ","
    decimal_comma: bool = False
    time_format: str = ""
    skip_lines: int = 0
    aliases: Mapping[str, str] = field(default_factory=dict)


class Meters(NamedTuple):
    """The meters a file may name; those of water take volumes, all others energy or power."""

    known: frozenset[str]
    water: frozenset[str] = frozenset()


class Refused(ValueError):
    """A row that is not taken, and the reason in a word."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {message}" if reason != "cells" else message)


def read_sheet(
    lines: Iterable[str],
    name: str,
    zone: ZoneInfo,
    meters: Meters,
    form: Form | None = None,
    *,
    lenient: bool = False,
) -> Sheet:
    """Read a CSV file. Times without a zone are in `zone`.

    Raises Problems with a line for every row that is refused; `lenient` leaves these out and notes them in the sheet.
    """
    form = form or Form()
    reader = csv.reader(lines, delimiter=form.delimiter)
    reading = _Reading(name, zone, meters, form)
    try:
        reading.read(reader)
    except csv.Error as error:
        raise Problems(
            [ConfigError(f"is not CSV: {error}", file=name, line=reader.line_num)]
        ) from None
    except UnicodeDecodeError as error:
        raise Problems([ConfigError(f"is not UTF-8 (byte {error.start})", file=name)]) from None
    if reading.refused and not lenient:
        raise Problems(reading.errors)
    return reading.sheet


def parse_time(text: str, zone: ZoneInfo, form: str = "") -> dt.datetime:
    """Read a date or time in ISO 8601, or in a form of strptime's; without an offset it is local to `zone`. Raises Refused."""
    try:
        moment = dt.datetime.strptime(text, form) if form else dt.datetime.fromisoformat(text)  # noqa: DTZ007 - its zone is the file's
    except ValueError:
        such = f"the form {form}" if form else "ISO 8601 such as 2025-01-31T14:00:00+08:00"
        raise Refused("time", f"expected {such}, got {text!r}") from None
    if moment.year < _FIRST_YEAR:
        raise Refused("time", f"{text} is before {_FIRST_YEAR}")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


class _Reading:
    """One file while it is read."""

    def __init__(self, name: str, zone: ZoneInfo, meters: Meters, form: Form) -> None:
        self.name, self.zone, self.meters, self.form = name, zone, meters, form
        self.errors: list[ConfigError] = []
        self.refused: Counter[str] = Counter()
        self.rows: dict[str, Rows] = {}
        self.times: dict[str, int] = {}
        self.twice: dict[int, int] = {}
        """Local times that come twice, when clocks go back: the first and the second of them."""
        self.column, self.factor = ENERGY, 1.0
        self.is_wide = False

    @property
    def sheet(self) -> Sheet:
        return Sheet(
            self.column,
            self.rows,
            self.zone,
            refused=self.refused,
            errors=self.errors,
            interval=typical_interval(sorted(set(self.times.values()))) if self.is_wide else None,
        )

    def read(self, reader: Iterator[list[str]]) -> None:
        for _ in range(self.form.skip_lines):
            next(reader, None)
        header = [cell.strip() for cell in next(reader, [])]
        take = (
            self._long(header)
            if self.form.meter in header or self.form.only
            else self._wide(header)
        )
        for cells in reader:
            line: int = reader.line_num  # type: ignore[attr-defined] # a csv reader's, which has no name of its own
            try:
                take(cells, line)
            except Refused as refused:
                self._refuse(line, refused)
        for meter, rows in self.rows.items():
            self._in_order(meter, rows)

    def _refuse(self, line: int, refused: Refused) -> None:
        self.refused[refused.reason] += 1
        if len(self.errors) < _MOST_LINES:
            self.errors.append(ConfigError(str(refused), file=self.name, line=line))
        elif len(self.errors) == _MOST_LINES:
            self.errors.append(ConfigError("and more like these", file=self.name, line=line))

    def _fail(self, header: Sequence[str]) -> Problems:
        found = self.form.delimiter.join(header) or "nothing"
        own = self.form == Form(skip_lines=self.form.skip_lines)
        expected = (
            "time,meter,energy_kwh, time,meter,power_w or time,meter,volume_m3"
            if own
            else self._expected()
        )
        line = self.form.skip_lines + 1
        return Problems(
            [
                ConfigError(
                    f"expected the header {expected}, found {found}", file=self.name, line=line
                )
            ]
        )

    def _expected(self) -> str:
        form = self.form
        return form.delimiter.join(
            part
            for part in (form.time, "" if form.only else form.meter, form.value or "VALUE")
            if part
        )

    def _long(self, header: Sequence[str]) -> Callable[[list[str], int], None]:
        """Return what takes a row that names its meter."""
        form = self.form
        own = next((c for c in _OWN if c in header), "")
        value = form.value or own
        wanted = [form.time, value] if form.only else [form.time, form.meter, value]
        if not value or len({*header}) != len(header) or not {*wanted} <= {*header}:
            raise self._fail(header)
        if form == Form(skip_lines=form.skip_lines) and {*header} - {COVERED} != {*wanted}:
            raise self._fail(header)
        self._unit(form.unit or _OWN.get(value, ""))
        at, of = header.index(form.time), header.index(value)
        named = None if form.only else header.index(form.meter)
        covered = header.index(COVERED) if COVERED in header else None
        known, times, factor = self.rows, self.times, self.factor

        def take(cells: list[str], line: int) -> None:
            if len(cells) != len(header):
                if any(map(str.strip, cells)):
                    raise Refused("cells", f"expected {len(header)} cells, found {len(cells)}")
                return
            if (
                covered is not None
                and cells[covered]
                and self._number(COVERED, cells[covered]) < WHOLE_HOUR
            ):
                return  # an hour that an export says was not whole
            name = form.only if named is None else cells[named]
            rows = known.get(name) or self._rows_of(name)
            if rows is not None:
                time = times.get(cells[at])  # known of all but the first row of a time
                number = self._number(value, cells[of]) * factor
                rows.add(self._time(cells[at]) if time is None else time, number, line)

        return take

    def _wide(self, header: Sequence[str]) -> Callable[[list[str], int], None]:
        """Return what takes a row with a column for each meter."""
        others = [cell for cell in header if cell != self.form.time]
        if (
            self.form.time not in header
            or len({*header}) != len(header)
            or not any(map(self._is_known, others))
        ):
            raise self._fail(header)
        self.is_wide = True
        self._unit(self.form.unit or "kWh")
        at = header.index(self.form.time)
        try:
            columns = [
                (n, cell, rows)
                for n, cell in enumerate(header)
                if n != at and (rows := self._rows_of(cell)) is not None
            ]
        except Refused as refused:
            line = self.form.skip_lines + 1
            raise Problems([ConfigError(str(refused), file=self.name, line=line)]) from None

        def take(cells: list[str], line: int) -> None:
            if len(cells) != len(header):
                if any(map(str.strip, cells)):
                    raise Refused("cells", f"expected {len(header)} cells, found {len(cells)}")
                return
            time = self._time(cells[at])
            for n, name, rows in columns:
                if cells[n].strip():
                    try:
                        rows.add(time, self._number(name, cells[n]) * self.factor, line)
                    except Refused as refused:
                        self._refuse(line, refused)

        return take

    def _unit(self, unit: str) -> None:
        if unit not in UNITS:
            raise Problems(
                [
                    ConfigError(
                        f"{unit or 'nothing'} is no unit{nearest(unit, UNITS)}",
                        file=self.name,
                        key="--unit",
                    )
                ]
            )
        self.column, self.factor = UNITS[unit]

    def _is_known(self, text: str) -> bool:
        return self.form.aliases.get(text, text) in self.meters.known

    def _rows_of(self, text: str) -> Rows | None:
        """Return where a meter's rows are gathered; None for one that is to be left out."""
        rows = self.rows.get(text)
        if rows is not None:
            return rows
        meter = text.strip()
        meter = self.form.aliases.get(meter, meter)
        if meter == _IGNORED:
            return None
        if meter not in self.meters.known:
            raise Refused(
                "meter",
                f"{meter!r} is not a meter of this site{nearest(meter, sorted(self.meters.known))}",
            )
        if (meter in self.meters.water) != (self.column == VOLUME):
            kind = "water" if meter in self.meters.water else "energy"
            raise Refused("meter", f"{meter} measures {kind}, and {self.column} is not that")
        return self.rows.setdefault(meter, Rows())

    def _number(self, column: str, text: str) -> float:
        try:
            value = float(
                text.replace(".", "").replace(",", ".") if self.form.decimal_comma else text
            )
        except ValueError:
            raise Refused(column, f"expected a number, got {text.strip()!r}") from None
        if not 0 <= value < math.inf:
            raise Refused(column, f"expected a number of at least 0, got {text.strip()}")
        return value

    def _time(self, text: str) -> int:
        """Return a time in milliseconds. Files have many meters, so the same times again and again."""
        found = self.times.get(text)
        if found is None:
            if len(self.times) > _MOST_TIMES:
                self.times.clear()
            found = self.times[text] = self._parsed(text.strip())
        return found

    def _parsed(self, text: str) -> int:
        form = self.form.time_format
        if form in _EPOCHS:
            return round(self._number("time", text) * _EPOCHS[form])
        moment = parse_time(text, self.zone, form)
        if moment.tzinfo is not self.zone:
            return round(moment.timestamp() * 1000)
        first, second = (
            round(moment.replace(tzinfo=self.zone, fold=fold).timestamp() * 1000) for fold in (0, 1)
        )
        if first < second:
            self.twice[first] = second
        elif first > second:
            raise Refused(
                "time", f"{text} never was in {self.zone.key}: clocks went forward over it"
            )
        return first

    def _in_order(self, meter: str, rows: Rows) -> None:
        """Put a meter's rows in order of time; a second row of one time is refused unless it says the same."""
        if self.twice:
            seen: set[int] = set()
            for n, time in enumerate(rows.times):
                if time in self.twice and time in seen:
                    rows.times[n] = self.twice[time]
                seen.add(time)
        order: Sequence[int] = range(len(rows))
        if any(map(int.__ge__, rows.times, rows.times[1:])):
            order = sorted(order, key=rows.times.__getitem__)
        kept: list[int] = []
        for n in order:
            if not kept or rows.times[kept[-1]] != rows.times[n]:
                kept.append(n)
            elif rows.values[kept[-1]] != rows.values[n]:
                line, other = sorted((rows.lines[n], rows.lines[kept[-1]]))[::-1]
                self._refuse(
                    line,
                    Refused("time", f"{meter} has another value for this time in line {other}"),
                )
        if len(kept) != len(rows) or order is not range(len(rows)):
            rows.times = array("q", [rows.times[n] for n in kept])
            rows.values = array("d", [rows.values[n] for n in kept])
