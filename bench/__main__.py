"""`make bench`: everything side by side in one run; `python -m bench agents exposition` for some of it."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path
from typing import Final

PARTS: Final = (
    "agents",
    "exposition",
    "push",
    "snmp",
    "modbus",
    "scale",
    "rules",
    "ledger",
    "year",
    "board",
)


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
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release()}, Python {platform.python_version()}"


def main() -> None:
    """Run the parts named, or all, and print the ratios at the end."""
    parts = [part for part in sys.argv[1:] if part in PARTS] or PARTS
    print(machine())
    rows = []
    for part in parts:
        print()
        rows += importlib.import_module(f"bench.{part}").main()
    print("\nratios")
    for what, value, unit in rows:
        print(f"  {what:<70} {value:8.2f} {unit}")


main()
