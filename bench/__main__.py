"""`make bench`: everything side by side in one run; `python -m bench agents push` for some of it.

`--smoke` runs each bench at a tiny size. It fails where one does not give its figures. The figures
themselves say nothing then.
"""

from __future__ import annotations

import argparse
import importlib
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from bench import Row, hub

PARTS: Final = (
    "agents",
    "exposition",
    "push",
    "remote",
    "series",
    "workers",
    "snmp",
    "modbus",
    "scale",
    "hub",
    "rules",
    "ledger",
    "year",
    "forecast",
    "board",
)
AT_ONCE: Final = 4
"""Benches that run at the same time at a tiny size: they wait more than they compute."""


def machine() -> str:
    """Name the machine: cores, processor, kernel, Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "?",
    )
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}, Python {python}"


def run(part: str, *, smoke: bool) -> list[Row]:
    """Run one bench; raises ValueError where it gives no figures, or one that is no number."""
    rows: list[Row] = importlib.import_module(f"bench.{part}").main(smoke=smoke)
    if not rows or not all(math.isfinite(row.value) for row in rows):
        raise ValueError(f"{part} gave {rows}")
    return rows


def smoke(parts: Sequence[str]) -> int:
    """Run each bench in a process of its own, some at a time; return 1 where one fails."""

    def one(part: str) -> bool:
        began = time.monotonic()
        command = [sys.executable, "-m", "bench", "--smoke", part]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        good = done.returncode == 0
        print(f"{part:<12} {'runs' if good else 'FAILS'}, {time.monotonic() - began:.0f} s")
        if not good:
            print(done.stdout + done.stderr, flush=True)
        return good

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return 0 if all(list(pool.map(one, parts))) else 1


def main() -> int:
    """Run the parts named, or all, and print the figures at the end."""
    if sys.argv[1:2] == ["hub"] and sys.argv[2:]:  # it alone has options of its own
        return tell(hub.options(sys.argv[2:]))
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--smoke", action="store_true", help="at a tiny size, to see that it runs")
    args = parser.parse_args()
    unknown = sorted(set(args.parts) - set(PARTS))
    if unknown:
        parser.error(f"no part {unknown[0]}; expected some of {', '.join(PARTS)}")
    print(machine())
    parts: Sequence[str] = args.parts or PARTS
    if args.smoke and len(parts) > 1:
        return smoke(parts)
    rows: list[Row] = []
    for part in parts:
        print(flush=True)
        rows += run(part, smoke=args.smoke)
    return tell(rows, " at a tiny size: they say nothing" if args.smoke else "")


def tell(rows: Sequence[Row], what: str = "") -> int:
    """Print the figures; return the exit status."""
    print(f"\nfigures{what}")
    for row in rows:
        print(f"  {row.what:<70} {row.value:8.2f} {row.unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
