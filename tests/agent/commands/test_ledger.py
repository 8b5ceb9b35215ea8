"""`hubgauge ledger`: what is imported is shown, as figures and in words."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agent.commands.ledger_site import DAY, ledger, two_halves, write_csv
from tests.support.ledger import SITE


def test_import_and_show(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A day of bills gives the ratio of its sums, with all that `--json` promises."""
    assert ledger("import", config, two_halves(tmp_path)) == 0
    assert "24 rows, 17640.000 kWh in 24 hours, 24 changed" in capsys.readouterr().out
    assert ledger("show", config, *DAY, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["pue"] == pytest.approx(1.225)
    assert (shown["category"], shown["coverage"], shown["state"], shown["interim"]) == (
        2,
        1.0,
        "valid",
        True,
    )
    assert (shown["facility_kwh"], shown["it_kwh"]) == pytest.approx((17640.0, 14400.0))
    assert 0.01 < shown["uncertainty"] < 0.02
    assert shown["from"] == "2025-03-01T00:00:00+08:00"


def test_import_leaves_nothing_to_sum(config: Path, tmp_path: Path) -> None:
    """After an import the site's hours are summed, and no needless cells are stored."""
    ledger("import", config, two_halves(tmp_path))
    with sqlite3.connect(tmp_path / "state" / "ledger.db") as db:
        counts = {
            name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("unsummed", "block", "cell")
        }
        points = db.execute(
            "SELECT point, count(*) FROM site_hour WHERE mask = 4095 GROUP BY point ORDER BY point"
        ).fetchall()
    db.close()
    assert counts == {"unsummed": 0, "block": 2, "cell": 0}
    assert points == [("pdu_output", 24), ("utility", 24)]


def test_show_in_words(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--json` the same is said in words; `--explain` names points and silent meters."""
    ledger("import", config, two_halves(tmp_path))
    capsys.readouterr()
    assert ledger("show", config, *DAY, "--explain") == 0
    text = capsys.readouterr().out
    assert (
        "PUE          1.225  (valid, interim; category "
        "2, IT metered at pdu_output; ISO/IEC 30134-2)"
    ) in text
    assert "utility     facility            1    100.0%         17640.000" in text
    assert ledger("show", config, "--from", "2025-03-05", "--to", "2025-03-06", "--explain") == 0
    text = capsys.readouterr().out
    assert "PUE          no value  (no_data, interim" in text
    assert "never heard: main" in text


def test_recompute(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After the inventory is corrected, recompute sums the past by it."""
    ledger("import", config, two_halves(tmp_path))
    stock = tmp_path / "inventory.yaml"
    stock.write_text(stock.read_text().replace("pdu_output", "it_input"))
    ledger("show", config, *DAY, "--json")
    ledger("recompute", config, *DAY)
    capsys.readouterr()
    ledger("show", config, *DAY, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["category"], shown["pue"]) == (3, pytest.approx(1.225))


def test_power_is_integrated(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows of power are joined by trapezoids, but not across a gap."""
    rows = [
        (f"2025-03-01T{h:02}:{m:02}:00Z", "main", 1200)
        for h in (0, 1, 2, 5)
        for m in range(0, 60, 5)
    ]
    rows += [(at, "it", 1000) for at, _, _ in rows]
    ledger("import", config, write_csv(tmp_path / "p.csv", "time,meter,power_w", rows))
    capsys.readouterr()
    ledger("show", config, "--from", "2025-03-01T00:00Z", "--to", "2025-03-01T05:00Z", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["pue"] == pytest.approx(1.2)
    assert shown["coverage"] == pytest.approx(175 / 300)


def test_no_ledger_yet(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything was metered, show says that there is no ledger."""
    assert ledger("show", config, *DAY) == 2
    assert "no ledger there yet" in capsys.readouterr().err


def test_the_program_itself(config: Path, tmp_path: Path) -> None:
    """The installed program imports and shows."""
    command = [sys.executable, "-m", "agent.cli", "ledger"]
    where = ["--config", str(config), "--site", SITE]
    subprocess.run(
        [*command, "import", *where, two_halves(tmp_path)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    shown = subprocess.run(
        [*command, "show", *where, *DAY, "--json"], check=True, capture_output=True, timeout=300
    )
    assert json.loads(shown.stdout)["pue"] == pytest.approx(1.225)


def test_an_auditor_can_redo_it_by_hand(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the printed text alone, all sums and the PUE can be done again."""
    stock = tmp_path / "inventory.yaml"
    stock.write_text(
        stock.read_text().replace(
            "meters: [",
            "meters: [{meter: sun, point: renewable}, {meter: cold, point: cooling, factor: 0.4}, ",
        )
    )
    rows = [
        (f"2025-03-01T{h:02}:00", m, v + h / 7)
        for h in range(24)
        for m, v in (("sun", 90), ("cold", 200), ("main", 1100), ("it", 1000))
    ]
    path = write_csv(tmp_path / "audit.csv", "time,meter,energy_kwh", rows)
    ledger("import", config, path, "--interval-values")
    capsys.readouterr()
    assert ledger("show", config, *DAY, "--explain", "--hours") == 0
    text = capsys.readouterr().out
    found = {
        m[1]: (float(m[2]), float(m[3]), float(m[4]))
        for m in re.finditer(r"^  (\S+): (\S+) kWh x (\S+) = (\S+) kWh", text, re.MULTILINE)
    }
    assert all(
        energy * factor == pytest.approx(counted, abs=2e-3)
        for energy, factor, counted in found.values()
    )
    facility, it = (
        sum(found[name][2] for name in names) for names in (("main", "sun", "cold"), ("it",))
    )
    hours = re.findall(r"^2025-03-01T\S+ +12 +(\S+) +(\S+)", text, re.MULTILINE)
    assert len(hours) == 24
    assert (sum(float(a) for a, _ in hours), sum(float(b) for _, b in hours)) == pytest.approx(
        (facility, it), abs=0.02
    )
    shown = re.search(r"^PUE +(\S+)", text, re.MULTILINE)
    formula = re.search(r"^PUE = facility / IT = (\S+) / (\S+) = (\S+)$", text, re.MULTILINE)
    assert shown is not None
    assert formula is not None
    assert facility / it == pytest.approx(float(shown[1]), abs=6e-4)
    assert (
        float(formula[1]) / float(formula[2])
        == pytest.approx(float(formula[3]), abs=6e-5)
        == pytest.approx(facility / it, abs=6e-5)
    )
    ledger("show", config, *DAY, "--explain", "--hours", "--json")
    told = json.loads(capsys.readouterr().out)
    assert sum(hour["it_kwh"] for hour in told["hours"]) == pytest.approx(told["it_kwh"])
    assert sum(
        m["counted_kwh"] for p in told["points"].values() if p["sign"] for m in p["by_meter"]
    ) == pytest.approx(told["facility_kwh"])


def test_a_day_out_of_a_month_s_bill_is_uncertain(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month's bill says little of a day of it, until better rows for that day come."""
    path = write_csv(
        tmp_path / "bill.csv",
        "time,meter,energy_kwh",
        [
            (f"2025-{m:02}-01", n, k * 720.0)
            for m in (3, 4)
            for n, k in (("main", 1200), ("it", 1000))
        ],
    )

    def uncertainty(start: str, end: str) -> float:
        capsys.readouterr()
        ledger("show", config, "--from", start, "--to", end, "--json")
        return float(json.loads(capsys.readouterr().out)["uncertainty"])

    ledger("import", config, path)
    assert uncertainty("2025-03-01", "2025-05-01") == pytest.approx(0.0129, abs=1e-4)
    assert uncertainty("2025-03-10", "2025-03-11") > 0.2
    rows = [
        (f"2025-03-01T{h:02}:00", n, k)
        for h in range(24)
        for n, k in (("main", 1200), ("it", 1000))
    ]
    ledger("import", config, write_csv(tmp_path / "hours.csv", "time,meter,energy_kwh", rows))
    assert uncertainty("2025-03-01", "2025-03-02") == pytest.approx(0.0129, abs=1e-4)
    assert uncertainty("2025-03-01", "2025-03-03") > 0.05


def test_what_is_zero_is_folded(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five meters that counted nothing share a line; the sixth has its own, and JSON has all."""
    panels = [f"sun-{n}" for n in range(1, 7)]
    stock = tmp_path / "inventory.yaml"
    listed = ", ".join(f"{{meter: {name}, point: renewable}}" for name in panels)
    stock.write_text(stock.read_text().replace("meters: [", f"meters: [{listed}, "))
    rows = [
        (f"2025-03-01T{hour:02}:00", name, kwh)
        for hour in range(24)
        for name, kwh in [("main", 1100), ("it", 1000), ("sun-6", 90)]
        + [(name, 0) for name in panels[:5]]
    ]
    path = write_csv(tmp_path / "day.csv", "time,meter,energy_kwh", rows)
    ledger("import", config, path, "--interval-values")
    capsys.readouterr()
    assert ledger("show", config, *DAY, "--explain", "--hours") == 0
    lines = capsys.readouterr().out.splitlines()
    folded = "  5 meters counted nothing in the covered time: sun-1, sun-2, sun-3, sun-4, sun-5"
    assert folded in lines
    own = [line.split(":")[0].strip() for line in lines if " kWh x 1 = " in line]
    assert sorted(own) == ["it", "main", "sun-6"]
    ledger("show", config, *DAY, "--explain", "--json")
    told = json.loads(capsys.readouterr().out)["points"]["renewable"]
    assert len(told["by_meter"]) == 6
