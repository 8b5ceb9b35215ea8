"""`make faults`: try the faults at full size, one after another, and write docs/reliability.md.

`python -m tests.faults [NUMBER…] [--seconds-each N] [--dry]`. Rows of faults that are not tried in
a run stay as they are. Exit status 1 where one failed.
"""

from __future__ import annotations

import argparse
import datetime as dt
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from tests.faults import endings
from tests.faults.bases import BASES, REMOTE
from tests.faults.databases import Base
from tests.faults.table import FAULTS, Fault, Run
from tests.support import ROOT

PAGE: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- faults: begin, written by `make faults` -->\n"
END: Final = "<!-- faults: end -->"
HEAD: Final = (
    "| # | fault | how tried | measured | when | what others promise |\n|---|---|---|---|---|---|\n"
)
UNTRIED: Final = "not tried"
TIMEOUT: Final = 1800
"""Seconds for the tests that stand for a fault."""


def main() -> int:
    """Try what is asked for, print each figure and write them into the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    parser.add_argument("--seconds-each", type=float, default=60.0, metavar="N")
    parser.add_argument("--dry", action="store_true", help="print only")
    args = parser.parse_args()
    chosen = [fault for fault in FAULTS if not args.numbers or fault.number in args.numbers]
    figures: dict[int, tuple[str, str]] = {}
    failed = False
    for fault in chosen:
        figure = measure(fault, args.seconds_each)
        failed = failed or "FAILED" in figure
        sys.stdout.write(f"{fault.number:2d} {fault.what}: {figure}\n")
        sys.stdout.flush()
        if figure != UNTRIED:
            figures[fault.number] = (figure, stamp())
    if not args.dry:
        PAGE.write_text(merged(PAGE.read_text("utf-8"), figures), "utf-8")
    return int(failed)


def stamp() -> str:
    """Return the day, and the cores of this machine."""
    today = dt.datetime.now(dt.UTC).date()
    return f"{today.isoformat()}, {os.cpu_count()} cores"


def measure(fault: Fault, seconds: float) -> str:
    """Try one fault; return the figures, with FAILED in one that was not met."""
    figures = [on(make, fault.run, seconds) for make in BASES.values()] if fault.run else []
    if fault.ends:
        told = endings.told(fault.ends)
        figures += [on(make, told, seconds) for make in REMOTE.values()]
    if fault.alone:
        figures.append(tried(fault.alone, seconds))
    if fault.tests:
        figures.append(run_tests(fault.tests))
    return "<br>".join(figures) or UNTRIED


def on(make: Callable[[Path], Base], run: Run, seconds: float) -> str:
    """Try a fault on one database; return the figure."""

    def alone(folder: Path, seconds: float) -> str:
        base = make(folder)
        return f"{base.name}: {run(base, folder, seconds)}"

    return tried(alone, seconds)


def tried(alone: Callable[[Path, float], str], seconds: float) -> str:
    """Try a fault in a folder of its own; return the figure."""
    with tempfile.TemporaryDirectory(prefix="hubgauge-fault-") as folder:
        try:
            return alone(Path(folder), seconds)
        except (Exception, pytest.fail.Exception, pytest.skip.Exception) as error:  # noqa: BLE001 - a row
            return f"FAILED: {' '.join(repr(error).split())[:300]}"


def run_tests(nodes: tuple[str, ...]) -> str:
    """Run the tests that stand for a fault; return how many passed."""
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", *nodes]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    last = done.stdout.strip().rpartition("\n")[2]
    told = ", ".join(re.findall(r"\d+ (?:passed|failed|skipped|errors?)", last)) or "no tests"
    return f"tests: {told}" if done.returncode == 0 else f"FAILED: {told}"


def parse(page: str) -> dict[int, tuple[str, str]]:
    """Return the figures and their days that the page has, by the fault's number."""
    rows: dict[int, tuple[str, str]] = {}
    for line in page.partition(BEGIN)[2].partition(END)[0].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        rows[int(cells[0])] = (cells[3], cells[4])
    return rows


def merged(page: str, figures: Mapping[int, tuple[str, str]]) -> str:
    """Return the page with new figures; what was not tried keeps what it had."""
    rows = {**parse(page), **figures}
    before, _, rest = page.partition(BEGIN)
    table = HEAD
    for fault in FAULTS:
        figure, when = rows.get(fault.number, (UNTRIED, "–"))
        cells = (str(fault.number), fault.what, fault.how, figure, when, fault.peers)
        table += f"| {' | '.join(cells)} |\n"
    return before + BEGIN + table + END + rest.partition(END)[2]


if __name__ == "__main__":
    sys.exit(main())
