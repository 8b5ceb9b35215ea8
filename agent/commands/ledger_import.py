"""`hubgauge ledger import`: a file of this program's form or another system's, with a dry run that tells what would change."""

from __future__ import annotations

import argparse
import datetime as dt
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from collectors.base import ConfigError
from collectors.strict import parse_duration

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Site
    from agent.ledger.imports.bills import Sheet
    from agent.ledger.imports.sheets import Form, Meters
    from agent.ledger.ledger import Changes, Ledger

_KWH: Final = 3.6e6
_M3: Final = 1000.0
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
        "--skip-refused", action="store_true", help="take the other rows where some are refused"
    )
    take.add_argument(
        "--cumulative",
        action="store_true",
        help="values are readings of a register, not energy used",
    )
    take.add_argument(
        "--interval",
        metavar="D",
        help="how long a row lasts, such as 1h or 30d; else as most rows do",
    )
    form = take.add_argument_group("files of other systems")
    form.add_argument("--time-column", default="time", metavar="C", help="the header of the times")
    form.add_argument(
        "--meter-column",
        default="meter",
        metavar="C",
        help="the header of the meters; without it, a column a meter",
    )
    form.add_argument("--value-column", default="", metavar="C", help="the header of the values")
    form.add_argument(
        "--meter", default="", metavar="M", help="the meter of a file that names none"
    )
    form.add_argument(
        "--unit",
        default="",
        metavar="U",
        help="Wh kWh MWh GWh J MJ GJ, W kW MW, l m3; else by the header",
    )
    form.add_argument(
        "--alias",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="a meter's name; OURS - leaves it out",
    )
    form.add_argument("--delimiter", default=",", metavar="D", help="such as ';' or tab")
    form.add_argument("--decimal-comma", action="store_true", help="numbers are written 1.234,5")
    form.add_argument(
        "--time-format",
        default="",
        metavar="F",
        help="as of strptime, such as '%%d.%%m.%%Y %%H:%%M', or epoch, epoch_ms",
    )
    form.add_argument(
        "--time-zone", metavar="Z", help="of times without an offset; else the site's"
    )
    form.add_argument(
        "--stamped-at-end", action="store_true", help="a row's time is when its interval ended"
    )
    form.add_argument(
        "--skip-lines", type=int, default=0, metavar="N", help="lines before the header"
    )
    form.add_argument(
        "--encoding", default="utf-8-sig", metavar="E", help="such as gb18030 or cp1252"
    )


def run(args: argparse.Namespace, path: Path, inventory: Inventory, site: Site) -> int:
    """Import a file into the ledger at `path`."""
    interval = _interval(args.interval)
    sheet = _read(args, inventory, site)
    found = {
        meter: sheet.laid_out(
            meter,
            cumulative=args.cumulative,
            interval_seconds=interval,
            stamped_at_end=args.stamped_at_end,
        )
        for meter in sheet.rows
    }
    with _ledger(path, inventory, dry_run=args.dry_run) as ledger:
        hours_of = {meter: hours for meter, (hours, _) in found.items()}
        even = {meter: stretches for meter, (_, stretches) in found.items()}
        changed = ledger.import_meters(site.site, hours_of, even=even, dry_run=args.dry_run)
        if not args.dry_run:
            _sum_up(ledger, inventory)  # so that an agent begins with it done
    scale, unit = (_M3, "m3") if sheet.column == "volume_m3" else (_KWH, "kWh")
    for meter, hours in hours_of.items():
        amount = sum(one if isinstance(one, float) else one.total for one in hours.values()) / scale
        done = f"{len(changed[meter])} {'would change, nothing written' if args.dry_run else 'changed'}"
        sys.stdout.write(
            f"{meter}: {len(sheet.rows[meter])} rows, {amount:.3f} {unit} in {len(hours)} hours, {done}\n"
        )
        sys.stdout.writelines(
            f"  {line}\n" for line in _changes(changed[meter], site.zone, scale, unit)
        )
    if not found:
        sys.stdout.write(f"{args.file}: no rows\n")
    if sheet.refused:
        reasons = ", ".join(
            f"{count} by {reason}" for reason, count in sorted(sheet.refused.items())
        )
        left_out = (
            "they would refuse the file" if args.dry_run and not args.skip_refused else "left out"
        )
        sys.stdout.write(
            f"{args.file}: {sum(sheet.refused.values())} rows refused ({reasons}), {left_out}\n"
        )
        sys.stderr.writelines(f"{error}\n" for error in sheet.errors)
    return 2 if sheet.refused and not args.skip_refused else 0


def _interval(text: str | None) -> float | None:
    try:
        return parse_duration(text) if text else None
    except ValueError:
        raise ConfigError(
            f"expected a duration such as 1h or 30d, got {text!r}", key="--interval"
        ) from None


def _read(args: argparse.Namespace, inventory: Inventory, site: Site) -> Sheet:
    from agent.ledger.imports import hour_files as hourfiles  # noqa: PLC0415
    from agent.ledger.imports.sheets import read_sheet  # noqa: PLC0415

    meters, name = _meters(inventory, site), str(args.file)
    try:
        if args.file.suffix == hourfiles.PARQUET:
            return hourfiles.read_parquet(args.file, meters)
        zone = ZoneInfo(args.time_zone) if args.time_zone else site.zone
        with args.file.open(encoding=args.encoding, newline="") as lines:
            return read_sheet(
                lines, name, zone, meters, _form(args), lenient=args.dry_run or args.skip_refused
            )
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=name) from None
    except LookupError as error:
        key = "--encoding" if "encoding" in str(error) else "--time-zone"
        raise ConfigError(str(error).strip("'"), key=key) from None


def _meters(inventory: Inventory, site: Site) -> Meters:
    from agent.ledger.imports.sheets import Meters  # noqa: PLC0415

    listed = inventory.meters_by_site.get(site.site, ())
    pdus = [pdu for pdu, fed in inventory.pdus.items() if fed.rack.site == site.site]
    return Meters(
        known=frozenset([*(meter.meter for meter in listed), *pdus]),
        water=frozenset(meter.meter for meter in listed if meter.point == "water"),
    )


def _form(args: argparse.Namespace) -> Form:
    from agent.ledger.imports.sheets import Form  # noqa: PLC0415

    aliases = {}
    for text in args.alias:
        theirs, sign, ours = text.rpartition("=")
        if not sign or not theirs or not ours:
            raise ConfigError(f"expected THEIRS=OURS, got {text!r}", key="--alias")
        aliases[theirs] = ours
    delimiter = "\t" if args.delimiter == "tab" else args.delimiter
    if len(delimiter) != 1:
        raise ConfigError(
            f"expected one character or tab, got {args.delimiter!r}", key="--delimiter"
        )
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
    """Open the ledger; of one that is not there yet a dry run makes nothing."""
    from agent.ledger.ledger import Ledger, LedgerSettings  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as scratch:
        if dry_run and not path.exists():
            path = Path(scratch) / path.name
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"cannot be made: {error.strerror or error}", file=str(path.parent), key="state_dir"
            ) from None
        ledger = Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
        try:
            yield ledger
        finally:
            ledger.close()


def _sum_up(ledger: Ledger, inventory: Inventory) -> None:
    from agent.pue.pue import Pue  # noqa: PLC0415

    pue = Pue(ledger, inventory)
    while not pue.refresh():
        pass


def _changes(changes: Changes, zone: ZoneInfo, scale: float, unit: str) -> Iterator[str]:
    """Say what an import changes of what was there, the largest first."""
    replaced = {
        hour: (before, after) for hour, (before, after) in changes.items() if before is not None
    }
    if not replaced:
        return
    before, after = (sum(values) / scale for values in zip(*replaced.values(), strict=True))
    yield f"{len(changes) - len(replaced)} hours are new; {len(replaced)} were there: {before:.3f} {unit} becomes {after:.3f}"
    for hour in sorted(replaced, key=lambda hour: -abs(replaced[hour][1] - replaced[hour][0]))[
        :_SHOWN
    ]:
        before, after = replaced[hour]
        at = dt.datetime.fromtimestamp(hour / 1000, zone).isoformat()
        yield f"{at}: {before / scale:.3f} {unit} becomes {after / scale:.3f}"
