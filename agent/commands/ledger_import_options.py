"""The options of `hubgauge ledger import`: the form of the file and the meaning of its rows."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from agent.ledger.imports.forms import Form
from agent.ledger.imports.periods import Period, parse_period
from agent.ledger.imports.rows import Timing
from collectors.base import ConfigError


def configure(take: argparse.ArgumentParser) -> None:
    """Add the options of `import`."""
    take.add_argument(
        "file",
        type=Path,
        metavar="F",
        help="a CSV file with the columns time, meter and energy_kwh, power_w or volume_m3;"
        " or a .parquet file",
    )
    take.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would change, hour by hour, and write nothing",
    )
    take.add_argument(
        "--replace",
        action="store_true",
        help="let rows longer than an hour replace hours that are known in more detail",
    )
    take.add_argument(
        "--force",
        action="store_true",
        help="accept values above a rating or in the future, and replace what was measured",
    )
    take.add_argument(
        "--skip-refused", action="store_true", help="import the other rows if some are refused"
    )
    take.add_argument(
        "--cumulative",
        action="store_true",
        help="the values are readings of a register, not energy used",
    )
    take.add_argument(
        "--interval-values",
        action="store_true",
        help="each value is the energy of its row, although the values only ever rise",
    )
    take.add_argument(
        "--exported",
        action="store_true",
        help="the values are energy that left the site by these meters",
    )
    take.add_argument(
        "--interval",
        metavar="D",
        help="how long a row lasts, such as 15m, 1h, 1d, 1mo or 1y (default: by the spacing of"
        " the rows)",
    )
    form = take.add_argument_group("files of other systems")
    form.add_argument("--time-column", default="time", metavar="C", help="the header of the times")
    form.add_argument(
        "--date-column",
        default="",
        metavar="C",
        help="the header of the dates, if the column of the times has only the time of day",
    )
    form.add_argument(
        "--end-column", default="", metavar="C", help="the header of the times at which rows end"
    )
    form.add_argument(
        "--meter-column",
        default="meter",
        metavar="C",
        help="the header of the meters; a file without this column has a column for each meter",
    )
    form.add_argument("--value-column", default="", metavar="C", help="the header of the values")
    form.add_argument(
        "--meter", default="", metavar="M", help="the meter, for a file that names none"
    )
    form.add_argument(
        "--unit",
        default="",
        metavar="U",
        help="Wh kWh MWh GWh J MJ GJ, W kW MW, l m3 (default: by the header)",
    )
    form.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="a meter's name in the file and here; OURS - leaves it out",
    )
    form.add_argument("--delimiter", default=",", metavar="D", help="such as ';' or tab")
    form.add_argument("--decimal-comma", action="store_true", help="numbers are written as 1.234,5")
    form.add_argument(
        "--time-format",
        default="",
        metavar="F",
        help="a format of strptime such as '%%d.%%m.%%Y %%H:%%M', or epoch, epoch_ms",
    )
    form.add_argument(
        "--time-zone",
        metavar="Z",
        help="the zone of times without an offset (default: the site's)",
    )
    form.add_argument(
        "--stamped-at-end", action="store_true", help="a row's time is the end of its interval"
    )
    form.add_argument(
        "--skip-lines",
        type=int,
        default=0,
        metavar="N",
        help="how many lines stand before the header",
    )
    form.add_argument(
        "--encoding", default="utf-8-sig", metavar="E", help="such as gb18030 or cp1252"
    )


def timing_of(args: argparse.Namespace) -> Timing:
    """Return how the rows' times and values are meant; raises ConfigError for options at odds."""
    for excluded, one, other in (
        (args.cumulative and args.interval_values, "--cumulative", "--interval-values"),
        (args.cumulative and args.end_column, "--cumulative", "--end-column"),
        (args.interval and args.end_column, "--interval", "--end-column"),
        (args.date_column and args.end_column, "--date-column", "--end-column"),
        (args.stamped_at_end and args.end_column, "--stamped-at-end", "--end-column"),
    ):
        if excluded:
            raise ConfigError(f"cannot be used with {other}", key=one)
    return Timing(
        cumulative=args.cumulative,
        interval_values=args.interval_values,
        interval=_interval(args.interval),
        stamped_at_end=args.stamped_at_end,
        now=None if args.force else round(time.time() * 1000),
    )


def form_of(args: argparse.Namespace) -> Form:
    """Return the form of the file; raises ConfigError for a wrong option."""
    aliases = {}
    for text in args.alias:
        theirs, sign, ours = text.rpartition("=")
        if not sign or not theirs or not ours:
            raise ConfigError(f"expected THEIRS=OURS, got {text!r}", key="--alias")
        aliases[theirs] = ours
    if args.skip_lines < 0:
        raise ConfigError(f"expected 0 or more, got {args.skip_lines}", key="--skip-lines")
    delimiter = "\t" if args.delimiter == "tab" else args.delimiter
    if len(delimiter) != 1:
        message = f"expected one character or tab, got {args.delimiter!r}"
        raise ConfigError(message, key="--delimiter")
    if "%I" in args.time_format and "%p" not in args.time_format:
        message = "%I is an hour of 1 to 12 and needs %p; %H is one of 0 to 23"
        raise ConfigError(message, key="--time-format")
    if "%Z" in args.time_format[:-2]:
        raise ConfigError("%Z may stand at the end only", key="--time-format")
    return Form(
        time=args.time_column,
        date=args.date_column,
        end=args.end_column,
        meter=args.meter_column,
        value=args.value_column,
        only=args.meter,
        unit=args.unit,
        delimiter=delimiter,
        decimal_comma=args.decimal_comma,
        time_format=args.time_format,
        skip_lines=args.skip_lines,
        aliases=aliases,
    )


def _interval(text: str | None) -> Period | None:
    try:
        return parse_period(text) if text else None
    except ValueError:
        message = f"expected a duration such as 15m, 1h, 30d, 1mo or 1y, got {text!r}"
        raise ConfigError(message, key="--interval") from None
