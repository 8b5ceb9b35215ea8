"""A site with two meters, and a day of theirs to import."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.cli import main
from tests.support.ledger import SITE

ZONE = ZoneInfo("Asia/Shanghai")
DAY = ("--from", "2025-03-01", "--to", "2025-03-02")


def ledger(action: str, config: Path, *args: str) -> int:
    return main(["ledger", action, "--config", str(config), "--site", SITE, *args])


def write_csv(path: Path, header: str, rows: list[tuple[object, ...]]) -> str:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return str(path)


def two_halves(path: Path) -> str:
    """Write a day: half of it 1000 kW of IT at 1.15, half 200 kW at 1.60, in local times."""
    rows: list[tuple[object, ...]] = []
    for hour in range(24):
        it, pue = (1000.0, 1.15) if hour < 12 else (200.0, 1.60)
        at = f"2025-03-01T{hour:02d}:00:00"
        rows += [(at, "main", it * pue), (at, "it", it)]
    return write_csv(path / "day.csv", "time,meter,energy_kwh", rows)


def ledger_bytes(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path / "state" / "ledger.db") as db:
        found = [
            row
            for name in ("meter", "hour", "block", "cell", "unsummed")
            for row in db.execute(f"SELECT * FROM {name}")
        ]
    db.close()
    return found
