"""A site whose PUE is known, and files of its energies, for tests of what import makes of them."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli import main
from tests.support.ledger import SITE

Bill = tuple[str, str]
"""The local dates from and to which a bill lasts."""


@dataclass
class Bills:
    """A site with a utility meter and an IT meter, in a time zone, and files for its import."""

    path: Path
    zone: ZoneInfo
    capsys: pytest.CaptureFixture[str]

    def __post_init__(self) -> None:
        (self.path / "inventory.yaml").write_text(
            f"sites: [{{site: {SITE}, timezone: {self.zone.key}}}]\n"
            "meters: [{meter: u, point: utility}, {meter: i, point: pdu_output},"
            " {meter: rated, point: other, rating_watts: 250000}]\n"
        )
        (self.path / "hubgauge.yaml").write_text(
            f"hub: guian\nsite: {SITE}\nstate_dir: {self.path}/state\ninventory: inventory.yaml\n"
        )

    def run(self, action: str, *args: str) -> int:
        config = str(self.path / "hubgauge.yaml")
        return main(["ledger", action, "--config", config, "--site", SITE, *args])

    def load(self, name: str, header: str, rows: Iterable[object], *args: str) -> int:
        path = self.path / name
        path.write_text("\n".join([header, *map(str, rows)]) + "\n")
        self.capsys.readouterr()
        return self.run("import", str(path), *args)

    def time(self, text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=self.zone)

    def hours(self, start: str, end: str) -> float:
        return (self.time(end).timestamp() - self.time(start).timestamp()) / 3600

    def hourly(self, meter: str, kilowatts: float, start: str, end: str) -> None:
        """Import whole hours in UTC."""
        first = self.time(start).timestamp()
        rows = [
            f"{dt.datetime.fromtimestamp(first + 3600 * n, dt.UTC).isoformat()},{meter},{kilowatts}"
            for n in range(round(self.hours(start, end)))
        ]
        assert self.load(f"{meter}.csv", "time,meter,energy_kwh", rows) == 0

    def bills(self, meter: str, kilowatts: float, bills: Iterable[Bill], *args: str) -> int:
        """Import bills that name when they begin."""
        rows = [f"{start},{meter},{kilowatts * self.hours(start, end)}" for start, end in bills]
        return self.load("bills.csv", "time,meter,energy_kwh", rows, *args)

    def pue(self, start: str, end: str) -> tuple[float | None, float]:
        """Return the PUE between two local dates, and its coverage."""
        self.capsys.readouterr()
        assert self.run("show", "--from", start, "--to", end, "--json") == 0
        shown = json.loads(self.capsys.readouterr().out)
        return shown["pue"], shown["coverage"]


def months(first: str, count: int, step: int = 1) -> list[Bill]:
    """Return bills of so many months each, one after the other."""
    start = dt.date.fromisoformat(first)
    dates = []
    for n in range(count + 1):
        year, month = divmod(start.year * 12 + start.month - 1 + n * step, 12)
        dates.append(start.replace(year=year, month=month + 1).isoformat())
    return list(itertools.pairwise(dates))


def days(first: str, count: int, step: int) -> list[Bill]:
    """Return bills of so many days each, one after the other."""
    start = dt.date.fromisoformat(first)
    dates = [(start + dt.timedelta(days=step * n)).isoformat() for n in range(count + 1)]
    return list(itertools.pairwise(dates))
