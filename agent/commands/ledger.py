"""`hubgauge ledger …`: metered energy, and the PUE computed from it.

The actions are import, imports, undo, backup, restore, show, readings, export and recompute.

It may run while the agent runs: both use one SQLite file, and SQLite lets one write at a time.
"""

from __future__ import annotations

import argparse
import datetime as dt
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

from agent import config
from agent.commands import (
    ledger_import,
    ledger_import_options,
    ledger_readings,
    ledger_show,
    ledger_undo,
)
from agent.commands.ledger_of_site import (
    LEDGER_FILE,
    known_ledger,
    known_site,
    open_ledger,
    told_past,
)
from agent.commands.output import cannot_be_written
from agent.config_file import ConfigFile
from agent.inventory.model import Inventory, Site
from agent.ledger.energy import floor_hour
from agent.ledger.imports.csv_export import write_csv
from agent.ledger.imports.parquet_files import PARQUET, write_parquet
from agent.ledger.imports.times import parse_time
from agent.ledger.ledger import Ledger
from agent.ledger.past_hours import PastHours
from agent.loading import inventory_of
from agent.messages.terminal import add_language
from agent.pue.past import past_pue
from agent.pue.pue import Pue
from collectors.base import ConfigError

_WRITTEN = ("", ".csv", ".txt", PARQUET)
"""How the name of an exported file may end: others would name a kind that is not written."""
_AS_OF = "as it was known at an earlier time, without the files that were imported since"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    config_of = argparse.ArgumentParser(add_help=False)
    config_of.add_argument(
        "--config", type=Path, required=True, metavar="F", help="the agent's config file"
    )
    common = argparse.ArgumentParser(add_help=False, parents=[config_of])
    common.add_argument("--site", required=True, metavar="S", help="which site")
    period = argparse.ArgumentParser(add_help=False)
    period.add_argument(
        "--from",
        dest="start",
        required=True,
        metavar="T",
        help="ISO 8601; without an offset, the site's time",
    )
    period.add_argument(
        "--to",
        dest="end",
        required=True,
        metavar="T",
        help="ISO 8601; the end is not part of the period",
    )

    ledger_import_options.configure(
        actions.add_parser(
            "import",
            parents=[common],
            help="read energy, power or water from a CSV or Parquet file",
        )
    )

    show = actions.add_parser(
        "show", parents=[common, period], help="the PUE of a period, with everything it rests on"
    )
    show.add_argument("--json", action="store_true", help="write JSON")
    add_language(show, "the figures")
    show.add_argument(
        "--explain",
        action="store_true",
        help="also write the points, their meters and the sums, with numbers",
    )
    show.add_argument(
        "--as-of",
        metavar="T",
        help="the figures as they were at an earlier time, with the imports and the inventory"
        " of that time",
    )
    show.add_argument("--hours", action="store_true", help="with --explain: also write every hour")

    actions.add_parser(
        "imports",
        parents=[common],
        help="list the files that were imported: when, by whom, and their digests",
    )
    undo = actions.add_parser(
        "undo", parents=[common], help="undo one import: its hours become what they were before"
    )
    undo.add_argument("number", type=int, metavar="N", help="its number in `ledger imports`")
    for name, help_text in (
        ("backup", "copy the ledger to a file, also while the agent runs"),
        ("restore", "put a copy in the ledger's place, also while the agent runs"),
    ):
        copy = actions.add_parser(name, parents=[config_of], help=help_text)
        copy.add_argument("file", type=Path, metavar="F", help="the copy")
    readings = actions.add_parser(
        "readings",
        parents=[common, period],
        help="write the energy of one meter as CSV: by five minutes, or by hours where only these"
        " are kept",
    )
    readings.add_argument("--meter", required=True, metavar="M", help="which meter or PDU")
    readings.add_argument(
        "--raw", action="store_true", help="write the readings as they came; they are kept 48 hours"
    )
    readings.add_argument("--as-of", metavar="T", help=_AS_OF)
    out = actions.add_parser(
        "export",
        parents=[common, period],
        help="write the hours of every meter, in a form that import reads",
    )
    out.add_argument(
        "--out",
        type=Path,
        metavar="F",
        help="the file to write, .csv or .parquet; without it, CSV to standard output",
    )
    out.add_argument("--as-of", metavar="T", help=_AS_OF)
    actions.add_parser(
        "recompute",
        parents=[common, period],
        help="sum the site's hours again by the present inventory",
    )


def run(args: argparse.Namespace) -> int:
    """Do one of the actions; returns the exit status. Raises ConfigError for a wrong option."""
    inventory, file = _load(args.config)
    state_dir = file.state_dir
    makes_one = args.action in ("import", "restore")
    path = state_dir / LEDGER_FILE if makes_one else known_ledger(state_dir)
    if args.action in ("backup", "restore"):
        return ledger_undo.copy(args.action, path, args.file)
    site = known_site(args.site, inventory)
    if args.action == "import":
        return ledger_import.run(args, path, inventory, site)
    if args.action == "imports":
        ledger_undo.list_imports(path, inventory, site)
        return 0
    if args.action == "undo":
        return ledger_undo.undo(args.number, path, inventory, site)
    start, end = _moment(args.start, "--from", site.zone), _moment(args.end, "--to", site.zone)
    if not start < end:
        raise ConfigError("expected a time after --from", key="--to")
    ledger = open_ledger(path, inventory)
    as_of = None
    if getattr(args, "as_of", None) is not None:
        as_of = _moment(args.as_of, "--as-of", site.zone)
    try:
        if args.action == "readings":
            ledger_readings.run(args, ledger, inventory, site, start, end, as_of)
        elif args.action == "export":
            _export(args.out, ledger, site, start, end, as_of)
        else:
            pue = _summed(args, ledger, inventory, site, start, end, as_of)
            if args.action == "show":
                ledger_show.run(args, pue, site, start, end, simulated=file.simulated)
    finally:
        ledger.close()
    return 0


def _summed(
    args: argparse.Namespace,
    ledger: Ledger,
    inventory: Inventory,
    site: Site,
    start: dt.datetime,
    end: dt.datetime,
    as_of: dt.datetime | None,
) -> Pue:
    """Sum the hours whose sums are out of date; with `recompute`, all of the period.

    Returns the PUE as known now, or as known at `as_of`.
    """
    pue = Pue(ledger, inventory)
    if args.action == "recompute":
        first, last = (round(moment.timestamp() * 1000) for moment in (start, end))
        pue.hours.sum_again(site.site, first, last)
    pue.sum_up()
    return pue if as_of is None else past_pue(ledger, inventory, as_of.timestamp())


def _load(path: Path) -> tuple[Inventory, ConfigFile]:
    """Return the inventory that a config file names, and what the file says."""
    found = config.load(path)
    return inventory_of(found) or Inventory(hub=found.file.hub), found.file


def _moment(text: str, key: str, zone: ZoneInfo) -> dt.datetime:
    try:
        return parse_time(text, zone)
    except ValueError as error:
        raise ConfigError(str(error).removeprefix("time: "), key=key) from None


def _export(
    path: Path | None,
    ledger: Ledger,
    site: Site,
    start: dt.datetime,
    end: dt.datetime,
    as_of: dt.datetime | None,
) -> None:
    """Write the hours of all meters, as known at `as_of`, or as known now."""
    past: PastHours | None = None
    first, last = (round(one.timestamp() * 1000) for one in (start, end))
    if as_of is not None:
        then = round(as_of.timestamp() * 1000)
        last = min(last, floor_hour(then))  # the hour that had only begun is left out
        meters = {row.id for row in ledger.queries.meters()}
        with ledger.reader.read() as tables:
            past = told_past(tables, site, meters, first, last, then)
    rows = ledger.rows(site.site, first / 1000, last / 1000, past)
    if path is not None and path.suffix.lower() not in _WRITTEN:
        message = (
            f"expected a name such as hours.csv or hours.parquet, got {path.name}; spreadsheets"
            " open CSV"
        )
        raise ConfigError(message, key="--out")
    if path is None:
        write_csv(sys.stdout, rows, site.zone)
        return
    try:
        if path.suffix.lower() == PARQUET:
            write_parquet(path, rows)
        else:
            with path.open("w", encoding="utf-8", newline="") as out:
                write_csv(out, rows, site.zone)
    except OSError as error:
        raise cannot_be_written(error, path, "--out") from None
