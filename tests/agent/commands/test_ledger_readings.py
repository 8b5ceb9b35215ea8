"""`hubgauge ledger readings`: from an hour down to the readings of one meter."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import pytest

from agent.cli import main
from agent.ledger.ledger import Ledger
from tests.support.ledger import SITE, Clock, batch, energy, power

MINUTE = 60.0


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, timezone: Asia/Shanghai}}]\n"
        "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]\n"
    )
    path = tmp_path / "hubgauge.yaml"
    path.write_text(f"hub: guian\nsite: {SITE}\nstate_dir: state\ninventory: inventory.yaml\n")
    return path


def rows(config: Path, capsys: pytest.CaptureFixture[str], *args: str) -> list[dict[str, str]]:
    """Run the command over a day and return what it wrote."""
    period = ("--from", args[0], "--to", args[1])
    words = ["ledger", "readings", "--config", str(config), "--site", SITE, *period, *args[2:]]
    assert main(words) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def heard(config: Path) -> float:
    """Let a register of 12 kW be read each minute of the hour before the last one."""
    start = (time.time() // 3600 - 2) * 3600
    (config.parent / "state").mkdir()
    ledger = Ledger(config.parent / "state" / "ledger.db")
    for n in range(61):
        at = start + n * MINUTE
        joules = 3.6e9 + n * 12e3 * MINUTE
        ledger.accept(batch(at, energy("main", joules), power("main", 12e3)))
    ledger.flush()
    ledger.close()
    return start


def test_five_minutes(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """12 kW are 1 kWh in each of the twelve cells of the hour, all of it covered."""
    start = heard(config)
    period = (f"{iso(start)}", f"{iso(start + 3600)}")
    found = rows(config, capsys, *period, "--meter", "main")
    assert [float(row["amount"]) for row in found] == [pytest.approx(1.0)] * 12
    assert {(row["unit"], row["seconds"], row["covered_seconds"]) for row in found} == {
        ("kWh", "300", "300.0")
    }


def test_readings_as_they_came(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The raw readings are the register in kWh and the power in W, minute by minute."""
    start = heard(config)
    period = (f"{iso(start)}", f"{iso(start + 180)}")
    found = rows(config, capsys, *period, "--meter", "main", "--raw")
    read = {
        quantity: [float(row["value"]) for row in found if row["quantity"] == quantity]
        for quantity in ("register_kwh", "power_w")
    }
    assert read["register_kwh"] == pytest.approx([1000.0, 1000.2, 1000.4])
    assert read["power_w"] == [12e3] * 3


def test_an_old_hour_of_which_only_the_sum_is_kept(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An imported hour of 130 kWh is one row of 3 600 s."""
    file = config.parent / "hour.csv"
    file.write_text("time,meter,energy_kwh\n2025-03-01T00:00:00,main,130\n")
    assert put(config, file, "--interval", "1h") == 0
    capsys.readouterr()
    found = rows(config, capsys, "2025-03-01", "2025-03-02", "--meter", "main")
    assert [(row["time"], row["seconds"], float(row["amount"])) for row in found] == [
        ("2025-03-01T00:00:00+08:00", "3600", pytest.approx(130.0))
    ]


def test_a_meter_that_was_never_heard(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown name is one line with the nearest known one."""
    heard(config)
    words = ["ledger", "readings", "--config", str(config), "--site", SITE, "--meter", "mian"]
    assert main([*words, "--from", "2025-03-01", "--to", "2025-03-02"]) == 2
    assert "nothing was heard of 'mian'; did you mean main?" in capsys.readouterr().err


def put(config: Path, file: Path, *args: str) -> int:
    """Import a file."""
    words = ["ledger", "import", "--config", str(config), "--site", SITE, *args]
    return main([*words, str(file)])


def iso(time_: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time_))


def test_five_minutes_of_a_former_year(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The cells of a meter stay, long after its readings are deleted: 6, 12 and 18 kW by turns.

    These are 0.5, 1.0 and 1.5 kWh in five minutes. A corrected hour is one row again.
    """
    start = 1_760_000_400.0 // 3600 * 3600
    clock = Clock(start)
    (config.parent / "state").mkdir()
    ledger = Ledger(config.parent / "state" / "ledger.db", clock=clock)
    joules = 0.0
    for n in range(4 * 60 + 1):
        clock.now = start + n * MINUTE
        ledger.accept(batch(clock.now, energy("main", joules)))
        joules += (6e3, 12e3, 18e3)[n // 5 % 3] * MINUTE
    ledger.flush()
    clock.now += 300 * 86400
    ledger.accept(batch(clock.now, energy("main", joules)))
    ledger.flush()
    ledger.close()
    period = (f"{iso(start)}", f"{iso(start + 3 * 3600)}", "--meter", "main")
    found = rows(config, capsys, *period)
    assert [float(row["amount"]) for row in found] == pytest.approx([0.5, 1.0, 1.5] * 12)
    assert rows(config, capsys, *period, "--raw") == []
    bill = config.parent / "hour.csv"
    bill.write_text(f"time,meter,energy_kwh\n{iso(start + 3600)},main,13\n")
    assert put(config, bill, "--interval", "1h", "--force") == 0
    capsys.readouterr()
    corrected = rows(config, capsys, *period)
    assert [row["seconds"] for row in corrected] == ["300"] * 12 + ["3600"] + ["300"] * 12
