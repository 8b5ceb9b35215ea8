"""Hours written to files and read again: CSV, and Parquet where pyarrow is there (the extra `parquet`)."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO
from zoneinfo import ZoneInfo

from agent.ledger.imports.bills import COVERED, WHOLE_HOUR, Rows, Sheet
from collectors.base import ConfigError
from collectors.strict import Problems, nearest

if TYPE_CHECKING:
    from agent.ledger.imports.sheets import Meters

PARQUET: Final = ".parquet"
_KWH: Final = 3.6e6
_COLUMNS: Final = ("time", "meter", "energy_kwh", COVERED)
_AT_ONCE: Final = 200_000

Hour = tuple[float, str, float, float]
"""When it begins, its meter, joules, and the seconds covered."""


def write_csv(out: TextIO, rows: Iterable[Hour], zone: ZoneInfo) -> None:
    """Write hours in the form that import takes, times in `zone`."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    at, shown = -1.0, ""
    for time, meter, joules, seconds in rows:
        if time != at:
            at, shown = time, dt.datetime.fromtimestamp(time, zone).isoformat()
        writer.writerow((shown, meter, repr(joules / _KWH), f"{seconds:g}"))


def write_parquet(path: Path, rows: Iterable[Hour]) -> None:
    """Write hours as Parquet, times as UTC; raises ConfigError without pyarrow."""
    arrow = _pyarrow(path)
    schema = arrow.schema(
        [
            ("time", arrow.timestamp("ms", tz="UTC")),
            ("meter", arrow.dictionary(arrow.int32(), arrow.string())),
            ("energy_kwh", arrow.float64()),
            (COVERED, arrow.float64()),
        ]
    )
    source = iter(rows)
    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        while part := list(islice(source, _AT_ONCE)):
            times, meters, joules, covered = zip(*part, strict=True)
            columns = [
                arrow.array(
                    [round(time * 1000) for time in times], arrow.timestamp("ms", tz="UTC")
                ),
                arrow.array(meters, arrow.string()).dictionary_encode(),
                arrow.array([one / _KWH for one in joules], arrow.float64()),
                arrow.array(covered, arrow.float64()),
            ]
            writer.write_table(arrow.Table.from_arrays(columns, schema=schema))


def read_parquet(path: Path, meters: Meters) -> Sheet:
    """Read hours that were exported as Parquet; raises ConfigError without pyarrow, and Problems where it is another file."""
    arrow = _pyarrow(path)
    try:
        file = arrow.parquet.ParquetFile(path)
    except arrow.lib.ArrowException as error:
        raise Problems([ConfigError(f"is not Parquet: {error}", file=str(path))]) from None
    rows: dict[str, Rows] = {}
    with file:
        missing = [name for name in _COLUMNS[:3] if name not in file.schema_arrow.names]
        if missing:
            raise Problems(
                [
                    ConfigError(
                        f"lacks the column {missing[0]}; expected {', '.join(_COLUMNS)}",
                        file=str(path),
                    )
                ]
            )
        wanted = [name for name in _COLUMNS if name in file.schema_arrow.names]
        for part in file.iter_batches(_AT_ONCE, columns=wanted):
            columns = dict(zip(wanted, part.columns, strict=True))
            times = (
                columns["time"]
                .cast(arrow.timestamp("ms", tz="UTC"))
                .cast(arrow.int64())
                .to_pylist()
            )
            covered = (
                columns[COVERED].to_pylist() if COVERED in columns else [WHOLE_HOUR] * len(times)
            )
            told = zip(
                times,
                columns["meter"].to_pylist(),
                columns["energy_kwh"].to_pylist(),
                covered,
                strict=True,
            )
            for time, meter, kwh, seconds in told:
                if seconds < WHOLE_HOUR:
                    continue
                if meter not in rows:
                    if meter not in meters.known:
                        message = f"meter: {meter!r} is not a meter of this site{nearest(meter, sorted(meters.known))}"
                        raise Problems([ConfigError(message, file=str(path))])
                    rows[meter] = Rows()
                rows[meter].add(time, kwh * _KWH, 0)
    return Sheet("energy_kwh", rows, dt.UTC)


def _pyarrow(path: Path) -> Any:  # noqa: ANN401 - a library without types
    try:
        import_module("pyarrow.parquet")  # 40 MB that only Parquet needs
    except ImportError:
        raise ConfigError(
            "Parquet needs pyarrow: pip install 'hubgauge[parquet]'", file=str(path)
        ) from None
    return import_module("pyarrow")
