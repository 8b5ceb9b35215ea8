"""An auditor's walk by commands alone: from a year's statement to five minutes of one meter."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main
from agent.ledger.ledger import Ledger
from tests.support.ledger import SITE, Clock, batch, energy

MINUTE = 60.0
START = dt.datetime(2025, 6, 10, 16, tzinfo=dt.UTC).timestamp()
"""Midnight in Shanghai."""
KWH = 3.6e6


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A gateway that read two registers each minute of 11 June 2025, and runs to this day.

    IT draws 100 kW in the mean, 90 and 110 kW by turns of five minutes; the site draws 130 kW.
    """
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, name: Huawei, timezone: Asia/Shanghai}}]\n"
        "meters:\n- {meter: main, point: utility, accuracy_class: 0.5}\n"
        "- {meter: it, point: it_input, accuracy_class: 1}\n"
    )
    path = tmp_path / "hubgauge.yaml"
    path.write_text(f"hub: guian\nsite: {SITE}\nstate_dir: state\ninventory: inventory.yaml\n")
    (tmp_path / "state").mkdir()
    clock = Clock(START)
    ledger = Ledger(tmp_path / "state" / "ledger.db", clock=clock)
    drawn = 0.0
    for minute in range(24 * 60 + 1):
        clock.now = START + minute * MINUTE
        readings = energy("main", minute * 130e3 * MINUTE), energy("it", drawn, "it_input")
        ledger.accept(batch(clock.now, *readings))
        drawn += (90e3 if minute // 5 % 2 == 0 else 110e3) * MINUTE
    ledger.flush()
    clock.now += 400 * 86400
    ledger.flush()
    ledger.close()
    return path


@pytest.fixture
def said(config: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command of the gateway and return what it wrote."""

    def run(*words: str) -> str:
        capsys.readouterr()
        assert main([*words[:2], "--config", str(config), "--site", SITE, *words[2:]]) == 0
        return capsys.readouterr().out

    return run


def test_from_a_year_to_five_minutes(config: Path, said: Callable[..., str]) -> None:
    """Each step's sum is the number of the step before: year, hours, meter's hours, its cells."""
    assert main(
        ["statement", "--config", str(config), "--site", SITE, "--year", "2025",
         "--out", str(config.parent / "2025.json")]
    ) == 0  # fmt: skip
    stated: dict[str, Any] = json.loads((config.parent / "2025.json").read_text())
    figure = stated["figure"]
    assert (figure["it_kwh"], figure["pue"]) == (pytest.approx(2400.0), pytest.approx(1.3))
    counted = {one["meter"]: one["counted"] for one in stated["meters"]}
    assert counted == {"main": pytest.approx(3120.0), "it": pytest.approx(2400.0)}

    year = ("--from", "2025-01-01", "--to", "2026-01-01")
    at = stated["made"]
    shown = json.loads(
        said("ledger", "show", *year, "--as-of", at, "--explain", "--hours", "--json")
    )
    hours = [one for one in shown["hours"] if one["it_kwh"]]
    assert len(hours) == 24
    assert math.fsum(one["it_kwh"] for one in hours) == pytest.approx(figure["it_kwh"])

    rows = [
        row
        for row in csv.DictReader(io.StringIO(said("ledger", "export", *year)))
        if row["meter"] == "it"
    ]
    assert [float(row["energy_kwh"]) for row in rows] == pytest.approx([100.0] * 24)

    first = rows[0]["time"]
    day = ("--from", "2025-06-11", "--to", "2025-06-12")
    cells = list(csv.DictReader(io.StringIO(said("ledger", "readings", *day, "--meter", "it"))))
    assert dt.datetime.fromisoformat(cells[0]["time"]) == dt.datetime.fromisoformat(first)
    # 90 kW and 110 kW over five minutes are 7.5 and 9.1667 kWh.
    assert [float(one["amount"]) for one in cells] == pytest.approx([7.5, 110 / 12] * 144)


def test_what_a_meter_s_hour_was_before_later_files(
    config: Path, said: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """100 kWh, then 112, then 108 a whole hour for its first half: 54 + 56 are 110 kWh now.

    An hour that only the second file told is not there before it.
    """
    moments = []
    for rows in (
        ("2025-03-01T10:00,it,100", "2025-03-01T11:00,it,90"),
        ("2025-03-01T10:00,it,112", "2025-03-01T11:00,it,90", "2025-03-01T12:00,it,80"),
        ("2025-03-01T10:00,it,27", "2025-03-01T10:15,it,27"),
    ):
        path = config.parent / "some.csv"
        path.write_text("\n".join(("time,meter,energy_kwh", *rows)))
        said("ledger", "import", "--replace", str(path))
        moments.append(dt.datetime.now(dt.UTC).isoformat())

    hour = ("--from", "2025-03-01T10:00", "--to", "2025-03-01T11:00")

    def amounts(*words: str) -> list[float]:
        written = said("ledger", "readings", *hour, "--meter", "it", *words)
        return [float(one["amount"]) for one in csv.DictReader(io.StringIO(written))]

    assert amounts() == pytest.approx([9.0] * 6 + [112 / 12] * 6)
    assert math.fsum(amounts("--as-of", moments[2])) == pytest.approx(110.0)
    assert math.fsum(amounts("--as-of", moments[1])) == pytest.approx(112.0)
    assert math.fsum(amounts("--as-of", moments[0])) == pytest.approx(100.0)

    def exported(*words: str) -> list[float]:
        day = ("--from", "2025-03-01", "--to", "2025-03-02")
        written = said("ledger", "export", *day, *words)
        return [float(one["energy_kwh"]) for one in csv.DictReader(io.StringIO(written))]

    assert exported() == pytest.approx([110.0, 90.0, 80.0])
    assert exported("--as-of", moments[1]) == pytest.approx([112.0, 90.0, 80.0])
    assert exported("--as-of", moments[0]) == pytest.approx([100.0, 90.0])

    said("ledger", "undo", "3")
    assert math.fsum(amounts("--as-of", moments[1])) == pytest.approx(112.0)
    capsys.readouterr()
    said_again = ["ledger", "readings", "--config", str(config), "--site", SITE, *hour]
    assert main([*said_again, "--meter", "it", "--as-of", moments[2]]) == 0
    assert "import 3 (some.csv)" in capsys.readouterr().err
    export = ["ledger", "export", "--config", str(config), "--site", SITE, *hour]
    assert main([*export, "--as-of", moments[2]]) == 0
    assert "import 3 (some.csv)" in capsys.readouterr().err
