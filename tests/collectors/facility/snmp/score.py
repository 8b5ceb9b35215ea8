"""How much of recorded devices is read, beside what another program decodes.

Run: python -m tests.collectors.facility.snmp.score [-v] [NAME...]

NAME is a recording, or the beginning of its name. Columns: rows of the oracle that are equal, that
have a reason for not being read, that are absent without one, and that differ.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.collectors.facility.snmp.oracle import (
    FACTORS,
    OTHERS,
    STATE,
    Expected,
    Outcome,
    Row,
    expectations,
)
from tests.collectors.facility.snmp.recordings import Read, agent, devices, read_once
from tests.support import recorded

OUTCOMES: Final[tuple[Outcome, ...]] = ("equal", "reason", "absent", "differing")


def main() -> int:
    """Print the score; 1 where there are no recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-v", "--verbose", action="store_true", help="list every row")
    parser.add_argument("names", nargs="*", metavar="NAME")
    args = parser.parse_args()
    names = [
        name
        for name in recorded()
        if not args.names or any(name.startswith(one) for one in args.names)
    ]
    if not names:
        sys.stderr.write("no such recordings (set TESTS_RECORDINGS)\n")
        return 1
    with tempfile.TemporaryDirectory() as work, agent(Path(work)) as address:
        asyncio.run(_score(address, Path(work), names, verbose=args.verbose))
    return 0


async def _score(address: str, work: Path, names: Sequence[str], *, verbose: bool) -> None:
    known = expectations()
    total: Counter[tuple[str, str]] = Counter()
    recognised = 0
    sys.stdout.write(
        f"{'recording':<34} {'profile':<24} equal reason absent differ | others, states\n"
    )
    for name, device in devices(address, work, names).items():
        got = await read_once(device, known.get(name, Expected(profile="")))
        recognised += bool(got.profile) and not got.error
        total.update((row.kind, row.outcome) for row in got.comparison.rows)
        _show(name, got, verbose=verbose)
    _show_totals(total, len(names), recognised)


def _show(name: str, got: Read, *, verbose: bool) -> None:
    rows = got.comparison.rows
    sys.stdout.write(
        f"{name:<34} {got.profile or '(none)':<24} {_counts(rows, FACTORS)} |"
        f" {_counts(rows, OTHERS)} | {_counts(rows, (STATE,))}\n"
    )
    if got.error:
        sys.stdout.write(f"    {got.error}\n")
    for row in rows:
        if verbose or row.outcome == "differing":
            sys.stdout.write(f"    {row}\n")


def _counts(rows: Iterable[Row], classes: Iterable[str]) -> str:
    wanted = set(classes)
    counts = Counter(row.outcome for row in rows if row.kind in wanted)
    return " ".join(f"{counts[outcome]:>6}" for outcome in OUTCOMES)


def _show_totals(total: Counter[tuple[str, str]], names: int, recognised: int) -> None:
    sys.stdout.write(f"\nrecognised {recognised} of {names}\n")
    for title, classes in (
        ("with a metric of ours", sorted(FACTORS)),
        ("others", sorted(OTHERS)),
        ("states", [STATE]),
    ):
        sums = [sum(total[kind, outcome] for kind in classes) for outcome in OUTCOMES]
        share = sums[0] / max(1, sum(sums))
        sys.stdout.write(f"\n{title}: {share:.1%} equal of {sum(sums)}\n")
        sys.stdout.write(f"  {'class':<16} {' '.join(f'{one:>9}' for one in OUTCOMES)}\n")
        for kind in classes:
            counts = [total[kind, outcome] for outcome in OUTCOMES]
            if any(counts):
                sys.stdout.write(f"  {kind:<16} {' '.join(f'{one:>9}' for one in counts)}\n")


if __name__ == "__main__":
    sys.exit(main())
