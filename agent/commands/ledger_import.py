"""`hubgauge ledger import`: a file of this program's form or another system's.

A dry run tells what would change.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.inventory.model import Inventory, Site
from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import JOULES_PER_KWH, LITERS_PER_M3, VOLUME, Form, Meters
from agent.ledger.imports.parquet_files import PARQUET, read_parquet
from agent.ledger.imports.put import Changes
from agent.ledger.imports.sheet import LaidOut, Sheet, Timing
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from collectors.base import ConfigError
from collectors.strict import parse_duration

_SHOWN: Final = 3
"""How many of the hours that change most are named."""


def configure(take: argparse.ArgumentParser) -> None:
    """Add the options of `import`."""
    take.add_argument(
        "file",
        type=Path,
        metavar="F",
        help="time,meter,energy_kwh, …,power_w or …,volume_m3; or .parquet",
    )
    take.add_argument(
        "--dry-run",
        action="store_true",
        help="say what would change, hour by hour, and write nothing",
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
        "--interval",
        metavar="D",
        help="how long a row lasts, such as 1h or 30d; without it, as most rows do",
    )
    form = take.add_argument_group("files of other systems")
    form.add_argument("--time-column", default="time", metavar="C", help="the header of the times")
    form.add_argument(
        "--meter-column",
        default="meter",
        metavar="C",
        help="the header of the meters; a file without it has a column for each meter",
    )
    form.add_argument("--value-column", default="", metavar="C", help="the header of the values")
    form.add_argument(
        "--meter", default="", metavar="M", help="the meter of a file that names none"
    )
    form.add_argument(
        "--unit",
        default="",
        metavar="U",
        help="Wh kWh MWh GWh J MJ GJ, W kW MW, l m3; without it, as the header says",
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
        help="the zone of times without an offset; without it, the site's",
    )
    form.add_argument(
        "--stamped-at-end", action="store_true", help="a row's time is when its interval ended"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Amounts:
    """How amounts are written: energy in kWh, water in m³."""

    scale: float
    unit: str

    def text(self, amount: float) -> str:
        """Write an amount without its unit."""
        return f"{amount / self.scale:.3f}"


def run(args: argparse.Namespace, path: Path, inventory: Inventory, site: Site) -> int:
    """Import a file into the ledger at `path`; return the exit status."""
    timing = Timing(
        cumulative=args.cumulative,
        interval_seconds=_interval(args.interval),
        stamped_at_end=args.stamped_at_end,
    )
    sheet = _read(args, inventory, site)
    found = {meter: sheet.lay_out(meter, timing) for meter in sheet.rows}
    with _ledger(path, inventory, dry_run=args.dry_run) as ledger:
        changed = ledger.import_meters(
            site.site,
            {meter: one.hours for meter, one in found.items()},
            stretches={meter: one.stretches for meter, one in found.items()},
            dry_run=args.dry_run,
        )
        if not args.dry_run:
            _sum_up(ledger, inventory)  # so that an agent that starts next has its year ready
    amounts = (
        _Amounts(scale=LITERS_PER_M3, unit="m3")
        if sheet.column == VOLUME
        else _Amounts(scale=JOULES_PER_KWH, unit="kWh")
    )
    sys.stdout.writelines(
        f"{line}\n" for line in _report(sheet, found, changed, site, amounts, dry_run=args.dry_run)
    )
    if not found:
        sys.stdout.write(f"{args.file}: no rows\n")
    if sheet.refused:
        _report_refused(args, sheet)
    return 2 if sheet.refused and not args.skip_refused else 0


def _report(
    sheet: Sheet,
    found: Mapping[str, LaidOut],
    changed: Mapping[str, Changes],
    site: Site,
    amounts: _Amounts,
    *,
    dry_run: bool,
) -> Iterator[str]:
    """Say of every meter what was read and what it changes."""
    done = "would change, nothing written" if dry_run else "changed"
    for meter, one in found.items():
        total = sum(hour if isinstance(hour, float) else hour.total for hour in one.hours.values())
        yield (
            f"{meter}: {len(sheet.rows[meter])} rows, {amounts.text(total)} {amounts.unit}"
            f" in {len(one.hours)} hours, {len(changed[meter])} {done}"
        )
        for line in _changes(changed[meter], site.zone, amounts):
            yield f"  {line}"


def _report_refused(args: argparse.Namespace, sheet: Sheet) -> None:
    reasons = ", ".join(f"{count} by {reason}" for reason, count in sorted(sheet.refused.items()))
    refuses_all = args.dry_run and not args.skip_refused
    consequence = "they would refuse the file" if refuses_all else "left out"
    count = sum(sheet.refused.values())
    sys.stdout.write(f"{args.file}: {count} rows refused ({reasons}), {consequence}\n")
    sys.stderr.writelines(f"{error}\n" for error in sheet.errors)


def _interval(text: str | None) -> float | None:
    try:
        return parse_duration(text) if text else None
    except ValueError:
        message = f"expected a duration such as 1h or 30d, got {text!r}"
        raise ConfigError(message, key="--interval") from None


def _read(args: argparse.Namespace, inventory: Inventory, site: Site) -> Sheet:
    meters, name = _meters(inventory, site), str(args.file)
    lenient = args.dry_run or args.skip_refused
    try:
        if args.file.suffix == PARQUET:
            return read_parquet(args.file, meters)
        zone = ZoneInfo(args.time_zone) if args.time_zone else site.zone
        with args.file.open(encoding=args.encoding, newline="") as lines:
            return read_csv(lines, name, zone, meters, _form(args), lenient=lenient)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=name) from None
    except LookupError as error:
        key = "--encoding" if "encoding" in str(error) else "--time-zone"
        raise ConfigError(str(error).strip("'"), key=key) from None


def _meters(inventory: Inventory, site: Site) -> Meters:
    """Return the meters and PDUs of a site, which a file may name."""
    listed = inventory.meters_by_site.get(site.site, ())
    pdus = [pdu for pdu, fed in inventory.pdus.items() if fed.rack.site == site.site]
    return Meters(
        known=frozenset([*(meter.meter for meter in listed), *pdus]),
        water=frozenset(meter.meter for meter in listed if meter.point == "water"),
    )


def _form(args: argparse.Namespace) -> Form:
    aliases = {}
    for text in args.alias:
        theirs, sign, ours = text.rpartition("=")
        if not sign or not theirs or not ours:
            raise ConfigError(f"expected THEIRS=OURS, got {text!r}", key="--alias")
        aliases[theirs] = ours
    delimiter = "\t" if args.delimiter == "tab" else args.delimiter
    if len(delimiter) != 1:
        message = f"expected one character or tab, got {args.delimiter!r}"
        raise ConfigError(message, key="--delimiter")
    return Form(
        time=args.time_column,
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


@contextmanager
def _ledger(path: Path, inventory: Inventory, *, dry_run: bool) -> Iterator[Ledger]:
    """Open the ledger. Where there is none yet, a dry run makes none."""
    with tempfile.TemporaryDirectory() as scratch:
        if dry_run and not path.exists():
            path = Path(scratch) / path.name
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot be made: {error.strerror or error}"
            raise ConfigError(message, file=str(path.parent), key="state_dir") from None
        ledger = Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
        try:
            yield ledger
        finally:
            ledger.close()


def _sum_up(ledger: Ledger, inventory: Inventory) -> None:
    pue = Pue(ledger, inventory)
    while not pue.refresh():
        pass


def _changes(changes: Changes, zone: ZoneInfo, amounts: _Amounts) -> Iterator[str]:
    """Say what an import changes of what was there, the largest change first."""
    replaced = {
        hour: (one.before, one.after) for hour, one in changes.items() if one.before is not None
    }
    if not replaced:
        return
    before, after = (amounts.text(sum(each)) for each in zip(*replaced.values(), strict=True))
    yield (
        f"{len(changes) - len(replaced)} hours are new; {len(replaced)} were there:"
        f" {before} {amounts.unit} becomes {after}"
    )
    by_size = sorted(replaced.items(), key=lambda one: -abs(one[1][1] - one[1][0]))
    for hour, (old, new) in by_size[:_SHOWN]:
        at = dt.datetime.fromtimestamp(hour / 1000, zone).isoformat()
        yield f"{at}: {amounts.text(old)} {amounts.unit} becomes {amounts.text(new)}"
