"""Hours as Parquet files, written and read; pyarrow is needed for it (the extra `parquet`)."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Final

from agent.ledger.energy import JOULES_PER_KWH
from agent.ledger.imports.csv_export import COLUMNS
from agent.ledger.imports.forms import COVERED, ENERGY, WHOLE_HOUR, Meters
from agent.ledger.imports.refusals import Refusals, Refused
from agent.ledger.imports.rows import Rows
from agent.ledger.imports.sheet import Sheet
from agent.ledger.imports.times import in_years
from agent.ledger.queries import HourOfMeter
from collectors.base import ConfigError
from collectors.strict import Problems

PARQUET: Final = ".parquet"
_NEEDED: Final = COLUMNS[:3]
_AT_ONCE: Final = 200_000


def write_parquet(path: Path, rows: Iterable[HourOfMeter]) -> None:
    """Write hours, with their times in UTC; raises ConfigError without pyarrow."""
    arrow = _pyarrow(path)
    schema = arrow.schema(
        [
            ("time", arrow.timestamp("ms", tz="UTC")),
            ("meter", arrow.dictionary(arrow.int32(), arrow.string())),
            (ENERGY, arrow.float64()),
            (COVERED, arrow.float64()),
        ]
    )
    source = iter(rows)
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while part := list(islice(source, _AT_ONCE)):
            times = [round(row.time * 1000) for row in part]
            columns = [
                arrow.array(times, arrow.timestamp("ms", tz="UTC")),
                arrow.array([row.meter for row in part], arrow.string()).dictionary_encode(),
                arrow.array([row.joules / JOULES_PER_KWH for row in part], arrow.float64()),
                arrow.array([row.seconds for row in part], arrow.float64()),
            ]
            writer.write_table(arrow.Table.from_arrays(columns, schema=schema))


def read_parquet(path: Path, meters: Meters) -> Sheet:
    """Read hours that were exported as Parquet.

    Raises ConfigError without pyarrow, and Problems where the file is another.
    """
    rows: dict[str, Rows] = {}
    for row in _whole_hours(path):
        known = rows.get(row.meter)
        if known is None:
            if row.meter not in meters.known:
                raise _problem(path, f"meter: {meters.unknown(row.meter)}")
            known = rows[row.meter] = Rows()
        known.add(round(row.time), row.joules, 0)
    for meter, known in rows.items():
        if known.sort():
            raise _problem(path, f"{meter} has two values for one time")
    return Sheet(ENERGY, rows, dt.UTC, refusals=Refusals(str(path)), is_hourly=True)


def _whole_hours(path: Path) -> Iterator[HourOfMeter]:
    """Yield the hours of a file that were covered from end to end; times are milliseconds."""
    arrow = _pyarrow(path)
    try:
        file = arrow.parquet.ParquetFile(path)
    except arrow.lib.ArrowException as error:
        raise _problem(path, f"is not Parquet: {error}") from None
    with file:
        missing = [name for name in _NEEDED if name not in file.schema_arrow.names]
        if missing:
            message = f"lacks the column {missing[0]}; expected {', '.join(COLUMNS)}"
            raise _problem(path, message)
        wanted = [name for name in COLUMNS if name in file.schema_arrow.names]
        for part in file.iter_batches(_AT_ONCE, columns=wanted):
            columns = dict(zip(wanted, part.columns, strict=True))
            moments = columns["time"].cast(arrow.timestamp("ms", tz="UTC"))
            times = moments.cast(arrow.int64()).to_pylist()
            names, energies = columns["meter"].to_pylist(), columns[ENERGY].to_pylist()
            covered = (
                columns[COVERED].to_pylist() if COVERED in columns else [WHOLE_HOUR] * len(times)
            )
            for time, meter, kwh, seconds in zip(times, names, energies, covered, strict=True):
                _check(path, time, meter, kwh, seconds)
                if seconds >= WHOLE_HOUR:
                    yield HourOfMeter(time, meter, kwh * JOULES_PER_KWH, seconds)


def _check(path: Path, time: object, meter: object, kwh: object, seconds: object) -> None:
    """Raise Problems for a row that cannot be; a row of a Parquet file has no line."""
    shown = f"time {time}, meter {meter!r}, {ENERGY} {kwh}, {COVERED} {seconds}"
    if (
        not isinstance(time, int)
        or not isinstance(meter, str)
        or not isinstance(seconds, int | float)
    ):
        raise _problem(path, f"a row lacks a value: {shown}")
    if not isinstance(kwh, int | float) or not 0 <= kwh < math.inf:
        raise _problem(path, f"{ENERGY}: expected a number of at least 0: {shown}")
    try:
        in_years(time, str(time))
    except Refused as refused:
        raise _problem(path, f"{refused}: {shown}") from None


def _problem(path: Path, message: str) -> Problems:
    return Problems([ConfigError(message, file=str(path))])


def _pyarrow(path: Path) -> ModuleType:
    try:
        import_module("pyarrow.parquet")  # 40 MB that only Parquet needs
    except ImportError:
        raise ConfigError(
            "Parquet needs pyarrow: pip install 'hubgauge[parquet]'", file=str(path)
        ) from None
    return import_module("pyarrow")
