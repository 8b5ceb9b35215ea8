"""Read a CSV file of energy, power or water: this program's own form, or another system's.

A long file names the time, the meter and the value in each row. A wide file has a column for each
meter, recognised by their names. A row that is wrong is refused with its line and a reason. What
is not there (an empty cell of a wide file) is missing; it is not zero.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TextIO
from zoneinfo import ZoneInfo

from agent.csv_cells import name_of
from agent.ledger.imports.ends import EndReader
from agent.ledger.imports.forms import (
    COVERED,
    ENERGY,
    LEFT_OUT,
    OWN_UNITS,
    POWER,
    UNITS,
    VOLUME,
    WHOLE_HOUR,
    Form,
    Meters,
)
from agent.ledger.imports.headers import has_cells, parted, unit_of, units_of, wrong_header
from agent.ledger.imports.refusals import Refusals, Refused
from agent.ledger.imports.rows import NO_POWER, Rows
from agent.ledger.imports.sheet import Sheet
from agent.ledger.imports.spacing import typical_interval
from agent.ledger.imports.times import TimeReader, parse_number
from collectors.base import ConfigError
from collectors.strict import Problems, nearest

_MOST_CHARACTERS: Final = 1_000_000
"""In a line. A row of ten thousand meters has two hundred thousand."""

TakeRow = Callable[[list[str], int], None]
"""Takes the cells of a row, and the line it stands in."""


def read_csv(
    lines: Iterable[str],
    name: str,
    zone: ZoneInfo,
    meters: Meters,
    form: Form | None = None,
    *,
    lenient: bool = False,
) -> Sheet:
    """Read a CSV file. Times without a zone are in `zone`.

    Raises Problems with a line for every row that is refused. If `lenient`, they are left out and
    noted in the sheet.
    """
    form = form or Form()
    reader = csv.reader(lines, delimiter=form.delimiter)
    reading = _Reading(name, zone, meters, form)
    try:
        for _ in range(form.skip_lines):
            next(reader, None)
        header = [cell.strip() for cell in next(reader, [])]
        take = reading.taker(header)
        for cells in reader:
            reading.take(take, cells, reader.line_num)
    except csv.Error as error:
        raise Problems(
            [ConfigError(f"is not CSV: {error}", file=name, line=reader.line_num)]
        ) from None
    except UnicodeDecodeError as error:
        raise Problems([ConfigError(f"is not UTF-8 (byte {error.start})", file=name)]) from None
    reading.finish()
    if reading.refusals.counts and not lenient:
        raise Problems(reading.refusals.errors)
    return reading.sheet


def bounded_lines(file: TextIO, name: str) -> Iterator[str]:
    """Yield the lines of a file; raises Problems for one that is too long to be a row."""
    number = 0
    while line := file.readline(_MOST_CHARACTERS):
        number += 1
        if len(line) == _MOST_CHARACTERS and not line.endswith("\n"):
            message = f"the line is longer than {_MOST_CHARACTERS} characters"
            raise Problems([ConfigError(message, file=name, line=number)])
        yield line


class _Column(NamedTuple):
    """A meter's column of a wide file; its values times `factor` are joules, watts or litres."""

    place: int
    header: str
    rows: Rows
    factor: float


class _Reading:
    """One file while it is read."""

    def __init__(self, name: str, zone: ZoneInfo, meters: Meters, form: Form) -> None:
        self._name, self._zone, self._meters, self._form = name, zone, meters, form
        self.refusals = Refusals(name)
        self._times = TimeReader(zone, form.time_format)
        self._ends = EndReader(self._times, zone, form.time_format) if form.end else None
        self._rows: dict[str, Rows] = {}
        self._column, self._factor = ENERGY, 1.0
        self._is_wide = self._is_export = False

    @property
    def sheet(self) -> Sheet:
        """What was read."""
        return Sheet(
            self._column,
            self._rows,
            self._zone,
            refusals=self.refusals,
            file_step=self._step() if self._is_wide else None,
            is_hourly=self._is_export,
        )

    def _step(self) -> int:
        """Return how far apart the rows of the whole file are, in milliseconds."""
        times = {time for rows in self._rows.values() for time in rows.times}
        return typical_interval(sorted(times.union(self._times.known.values())))

    def taker(self, header: Sequence[str]) -> TakeRow:
        """Return what takes a row under this header; raises Problems for a wrong one."""
        if self._form.meter in header or self._form.only:
            return self._long(header)
        return self._wide(header)

    def take(self, take: TakeRow, cells: list[str], line: int) -> None:
        """Take a row, or note why not."""
        try:
            take(cells, line)
        except Refused as refused:
            self.refusals.add(line, refused)

    def finish(self) -> None:
        """Put every meter's rows in order of time."""
        for meter, rows in self._rows.items():
            times, unknown = self._times.resolve_repeated(rows.times)
            rows.times = array("q", times)
            for n, refused in unknown.items():
                self.refusals.add(rows.lines[n], refused)
            if unknown:
                rows.keep([n for n in range(len(rows)) if n not in unknown])
            for line, other in rows.sort():
                message = f"{meter} has another value for this time in line {other}"
                self.refusals.add(line, Refused("time", message))
        if self._ends is not None:
            self._ends.finish(self._rows, self.refusals)

    def _long(self, header: Sequence[str]) -> TakeRow:
        """Return what takes a row that names its meter."""
        form = self._form
        value = form.value or next((column for column in OWN_UNITS if column in header), "")
        wanted = [*form.start, value, *([] if form.only else [form.meter])]
        wanted += [form.end] if form.end else []
        if not value or len({*header}) != len(header) or not {*wanted} <= {*header}:
            raise self._wrong_header(header)
        if form.is_own and {*header} - {COVERED} != {*wanted}:
            raise self._wrong_header(header)
        self._set_unit(form.unit or OWN_UNITS.get(value) or self._unit_of(value))
        start_of, of = form.start_of(header), header.index(value)
        named = None if form.only else header.index(form.meter)
        covered = header.index(COVERED) if COVERED in header else None
        self._is_export = covered is not None and not form.end
        until = header.index(form.end) if form.end else None
        known, times, factor = self._rows, self._times.known, self._factor

        def take(cells: list[str], line: int) -> None:
            if not has_cells(cells, header):
                return
            said = "" if covered is None else cells[covered]
            if said and self._number(COVERED, said) < WHOLE_HOUR:
                return  # an hour that an export says was not whole
            name = form.only if named is None else cells[named]
            rows = known.get(name) or self._rows_of(name)
            if rows is not None:
                start = start_of(cells)
                time = times.get(start)  # known of all but the first row of a time
                time = self._times.read(start) if time is None else time
                end = None if until is None else self._end(cells[until])
                try:
                    rows.add(time, self._number(value, cells[of]) * factor, line, end)
                except Refused:
                    self._mark(rows, time, line)
                    raise

        return take

    def _wide(self, header: Sequence[str]) -> TakeRow:
        """Return what takes a row with a column for each meter."""
        form = self._form
        own = [*form.start, *([form.end] if form.end else [])]
        self._is_wide = True
        is_known = any(self._meter_of(cell) in self._meters.known for cell in header)
        if not {*own} <= {*header} or len({*header}) != len(header) or not is_known:
            raise self._wrong_header(header)
        start_of = form.start_of(header)
        until = header.index(form.end) if form.end else None
        taken = [cell for cell in header if cell not in own and self._meter_of(cell) != LEFT_OUT]
        try:
            units = {} if form.unit else units_of(taken)
            self._set_unit(form.unit or next(iter(units.values()), "kWh"))
            columns = [
                _Column(header.index(cell), cell, rows, self._factor_of(units.get(cell)))
                for cell in taken
                if (rows := self._rows_of(cell)) is not None
            ]
        except Refused as refused:
            raise self._in_header(str(refused)) from None

        def take(cells: list[str], line: int) -> None:
            if not has_cells(cells, header):
                return
            time = self._times.read(start_of(cells))
            end = None if until is None else self._end(cells[until])
            for column in columns:
                cell = cells[column.place]
                if cell.strip():
                    try:
                        number = self._number(column.header, cell)
                        column.rows.add(time, number * column.factor, line, end)
                    except Refused as refused:
                        self._mark(column.rows, time, line)
                        self.refusals.add(line, refused)

        return take

    def _wrong_header(self, header: Sequence[str]) -> Problems:
        return self._in_header(wrong_header(self._form, header))

    def _in_header(self, message: str) -> Problems:
        return Problems([ConfigError(message, file=self._name, line=self._form.skip_lines + 1)])

    def _unit_of(self, header: str) -> str:
        try:
            return unit_of(header)
        except Refused as refused:
            raise self._in_header(str(refused)) from None

    def _set_unit(self, unit: str) -> None:
        if unit not in UNITS:
            message = f"{unit or 'nothing'} is no unit{nearest(unit, UNITS)}"
            raise Problems([ConfigError(message, file=self._name, key="--unit")])
        self._column, self._factor = UNITS[unit]

    def _factor_of(self, unit: str | None) -> float:
        return UNITS[unit].factor if unit else self._factor

    def _meter_of(self, text: str) -> str:
        """Return the meter that a name of the file is of; a header may have its unit behind it."""
        aliases, known = self._form.aliases, self._meters.known
        meter = name_of(text.strip()) if self._is_export else text.strip()
        if self._is_wide and meter not in aliases and meter not in known:
            meter = parted(meter)[0]
        return aliases.get(meter, meter)

    def _rows_of(self, text: str) -> Rows | None:
        """Return where a meter's rows are gathered; None for one that is to be left out."""
        rows = self._rows.get(text)
        if rows is not None:
            return rows
        meter = self._meter_of(text)
        if meter == LEFT_OUT:
            return None
        if meter not in self._meters.known:
            raise Refused("meter", self._meters.unknown(meter))
        if (meter in self._meters.water) != (self._column == VOLUME):
            kind = "water" if meter in self._meters.water else "energy"
            raise Refused("meter", f"{meter} measures {kind}, and {self._column} is not that")
        return self._rows.setdefault(meter, Rows())

    def _mark(self, rows: Rows, time: int, line: int) -> None:
        """Leave a mark where a power is refused, so that no trapezoid goes across it."""
        if self._column == POWER:
            rows.add(time, NO_POWER, line)

    def _number(self, column: str, text: str) -> float:
        return parse_number(column, text, decimal_comma=self._form.decimal_comma)

    def _end(self, text: str) -> int:
        return self._ends.read(text) if self._ends is not None else 0
