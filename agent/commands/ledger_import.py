"""`hubgauge ledger import`: imports a file in this program's form or in that of another system.

A dry run prints what would change, and writes nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.commands.ledger_import_options import form_of, timing_of
from agent.commands.ledger_import_report import (
    CUBIC_METERS,
    KILOWATT_HOURS,
    replaced_lines,
    report,
)
from agent.commands.ledger_of_site import open_ledger
from agent.inventory.model import Inventory, Site
from agent.ledger.imports.csv_files import bounded_lines, read_csv
from agent.ledger.imports.forms import VOLUME, Meters
from agent.ledger.imports.importer import Import, ImportSource, WouldReplaceFiner, WouldReplaceLive
from agent.ledger.imports.parquet_files import PARQUET, read_parquet
from agent.ledger.imports.refusals import Refusals
from agent.ledger.imports.rows import LaidOut, Timing
from agent.ledger.imports.sheet import Sheet
from agent.ledger.ledger import Ledger
from agent.ledger.limits import WATER
from agent.ledger.meters import limits_of
from agent.messages.said import said_lines, tell
from agent.messages.terminal import spoken
from agent.pue.pue import Pue
from collectors.base import ConfigError
from collectors.catalogue.limits import INCOMING
from collectors.strict import Problems
from collectors.strict.nodes import STANDARD_INPUT

_SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")


def run(args: argparse.Namespace, path: Path, inventory: Inventory, site: Site) -> int:
    """Import a file into the ledger at `path`.

    Returns the exit status: 2 if rows are refused without `--skip-refused`. Raises Problems for a
    file that is refused as a whole.
    """
    with _kept(args.file) as data:
        return _run(args, data, path, inventory, site)


def _run(args: argparse.Namespace, data: Path, path: Path, inventory: Inventory, site: Site) -> int:
    timing = timing_of(args)
    sheet = _read(args, data, inventory, site)
    found = _lay_out(args, sheet, timing, inventory, site)
    source = ImportSource(file=args.file.name, sha256=_digest(data), user=user_name())
    amounts = CUBIC_METERS if sheet.column == VOLUME else KILOWATT_HOURS
    with _ledger(path, inventory, dry_run=args.dry_run) as ledger:
        try:
            changed = ledger.take_import(
                Import(
                    site=site.site,
                    hours={meter: one.hours for meter, one in found.items()},
                    stretches={meter: one.stretches for meter, one in found.items()},
                    doubts={meter: one.doubts for meter, one in found.items()},
                    first_read={
                        meter: one.first_read
                        for meter, one in found.items()
                        if one.first_read is not None
                    },
                    registers={meter: one.register for meter, one in found.items() if one.register},
                    rejected={meter: one.rejected for meter, one in found.items()},
                    is_exported=args.exported,
                    may_replace_finer=args.replace or args.force,
                    may_replace_live=args.force or args.dry_run,
                    source=source,
                ),
                dry_run=args.dry_run,
            )
        except (WouldReplaceFiner, WouldReplaceLive) as would:
            raise Problems(
                [
                    ConfigError(line, file=sheet.refusals.file)
                    for line in replaced_lines(would, site, amounts)
                ]
            ) from None
        if not args.dry_run:
            Pue(ledger, inventory).sum_up()  # so that an agent that starts later need not do it
    lines = report(sheet, found, changed, site, amounts, dry_run=args.dry_run)
    for line in lines:
        tell(line)
    if not found:
        tell(f"{args.file}: no rows")
    refusals = sheet.refusals
    if refusals.counts:
        _report_refused(args, refusals)
    return 2 if refusals.counts and not args.skip_refused else 0


def _lay_out(
    args: argparse.Namespace, sheet: Sheet, timing: Timing, inventory: Inventory, site: Site
) -> dict[str, LaidOut]:
    """Lay every meter's rows over the hours; raises Problems with a line for each mistake."""
    found: dict[str, LaidOut] = {}
    errors: list[ConfigError] = []
    for meter in sheet.rows:
        is_water = sheet.column == VOLUME
        limits = WATER if is_water else limits_of(inventory, site.site, meter)
        if args.force:
            limits = replace(limits, rating=None)
        try:
            found[meter] = sheet.lay_out(meter, timing, limits)
        except Problems as problems:
            errors += problems.errors
            continue
        for line, why in found[meter].refused:
            sheet.refusals.add(line, why)
    if errors:
        raise Problems(errors)
    if sheet.refusals.counts and not (args.dry_run or args.skip_refused):
        raise Problems(sheet.refusals.errors)
    return found


def _report_refused(args: argparse.Namespace, refusals: Refusals) -> None:
    reasons = ", ".join(f"{count} by {reason}" for reason, count in sorted(refusals.counts.items()))
    refuses_all = args.dry_run and not args.skip_refused
    consequence = "they would refuse the file" if refuses_all else "left out"
    count = sum(refusals.counts.values())
    tell(f"{args.file}: {count} rows refused ({reasons}), {consequence}")
    lines = (line for error in refusals.errors for line in said_lines(error, spoken()))
    sys.stderr.writelines(f"{line}\n" for line in lines)


@contextmanager
def _kept(file: Path) -> Iterator[Path]:
    """Give the file. Standard input is copied to a temporary file, because it is read twice."""
    if str(file) != STANDARD_INPUT:
        yield file
        return
    with tempfile.NamedTemporaryFile() as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name)


def _read(args: argparse.Namespace, data: Path, inventory: Inventory, site: Site) -> Sheet:
    meters, name = _meters(args, inventory, site), str(args.file)
    lenient = args.dry_run or args.skip_refused
    ending = args.file.suffix.lower()
    if ending in _SPREADSHEETS:
        raise ConfigError("is a spreadsheet; save the sheet as CSV and import that", file=name)
    try:
        if ending == PARQUET:
            return read_parquet(data, meters)
        zone = site.zone if args.time_zone is None else _zone(args.time_zone)
        with data.open(encoding=args.encoding, newline="") as lines:
            return read_csv(
                bounded_lines(lines, name), name, zone, meters, form_of(args), lenient=lenient
            )
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", file=name) from None
    except LookupError as error:
        raise ConfigError(str(error), key="--encoding") from None


def _zone(name: str) -> ZoneInfo:
    """Return a time zone; raises ConfigError for a name that is none."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        message = f"expected a time zone such as Asia/Shanghai, got {name!r}"
        raise ConfigError(message, key="--time-zone") from None


def _meters(args: argparse.Namespace, inventory: Inventory, site: Site) -> Meters:
    """Return the names that a file may have: meters, PDUs and billed outlets of a site.

    A meter that another one replaced counts as well. With `--exported`, only meters of incoming
    energy count: no other energy leaves the site.
    """
    points = {
        name: meter.point
        for meter in inventory.meters_by_site.get(site.site, ())
        for name in (meter.meter, meter.replaces)
        if name
    }
    if args.exported:
        return Meters(known=frozenset(name for name, at in points.items() if at in INCOMING))
    fed = [
        name
        for places in (inventory.pdus, inventory.outlets)
        for name, place in places.items()
        if place.rack.site == site.site
    ]
    return Meters(
        known=frozenset([*points, *fed]),
        water=frozenset(name for name, at in points.items() if at == "water"),
    )


@contextmanager
def _ledger(path: Path, inventory: Inventory, *, dry_run: bool) -> Iterator[Ledger]:
    """Open the ledger. If there is none yet, a dry run makes one in a temporary folder."""
    with tempfile.TemporaryDirectory() as scratch:
        if dry_run and not path.exists():
            path = Path(scratch) / path.name
        try:
            path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            message = f"cannot be made: {error.strerror or error}"
            raise ConfigError(message, file=str(path.parent), key="state_dir") from None
        ledger = open_ledger(path, inventory)
        try:
            yield ledger
        finally:
            ledger.close()


def _digest(file: Path) -> str:
    """Return the digest of a file's bytes, in hexadecimal."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def user_name() -> str:
    """Return the name of the user who runs the program; its number if the system has no name."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
