"""Water bills, and all figures beside PUE in `hubgauge ledger show`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli import main
from tests.support.ledger import SITE

INVENTORY = f"""\
sites:
- site: {SITE}
  timezone: Asia/Shanghai
  emissions: [{{kilograms_per_kilowatt_hour: 0.5, source: a notice, basis: market}}]
meters:
- {{meter: main, point: utility, accuracy_class: 0.5}}
- {{meter: it, point: pdu_output, accuracy_class: 1}}
- {{meter: chiller, point: cooling}}
- {{meter: heat, point: reused}}
- {{meter: mains, point: water}}
"""
MONTH = ("--from", "2025-03-01", "--to", "2025-04-01")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    path = tmp_path / "hubgauge.yaml"
    path.write_text(
        f"hub: guian\nsite: {SITE}\nstate_dir: {tmp_path}/state\ninventory: inventory.yaml\n"
    )
    return path


def ledger(action: str, config: Path, *args: str) -> int:
    return main(["ledger", action, "--config", str(config), "--site", SITE, *args])


def sheet(path: Path, column: str, **amounts: float) -> str:
    path.write_text(
        f"time,meter,{column}\n"
        + "".join(f"2025-03-01,{name},{each}\n" for name, each in amounts.items())
    )
    return str(path)


def test_a_month_of_bills_gives_the_family(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month of bills gives ERF 0.2, CUE 0.625 kg/kWh, WUE 1.5 l/kWh and grade 2."""
    bills = sheet(tmp_path / "e.csv", "energy_kwh", main=1.25e6, it=1e6, chiller=1.5e5, heat=2.5e5)
    assert ledger("import", config, bills, "--interval", "31d") == 0
    assert (
        ledger(
            "import",
            config,
            sheet(tmp_path / "w.csv", "volume_m3", mains=1500.0),
            "--interval",
            "31d",
        )
        == 0
    )
    assert "mains: 1 rows, 1500.000 m3 in 744 hours" in capsys.readouterr().out
    assert ledger("show", config, *MONTH, "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    figures = (
        "pue",
        "energy_reuse_factor",
        "carbon_kilograms_per_kilowatt_hour",
        "water_liters_per_kilowatt_hour",
        "grade",
    )
    assert [shown[name] for name in figures] == pytest.approx([1.25, 0.2, 0.625, 1.5, 2])
    assert (shown["carbon_basis"], shown["factor_coverage"]) == (
        "market",
        {"erf": 1.0, "cue": 1.0, "wue": 1.0},
    )
    assert [(part["subsystem"], round(part["energy_kwh"])) for part in shown["overhead"]] == [
        ("cooling", 150000),
        ("unmetered", 100000),
    ]
    assert ledger("show", config, *MONTH) == 0
    out = capsys.readouterr().out
    for line in (
        "ERF          0.200  (ISO/IEC 30134-6; coverage 100.0%)",
        "CUE          0.625 kg/kWh, market-based  (ISO/IEC 30134-8; coverage 100.0%)",
        "WUE          1.500 l/kWh  (ISO/IEC 30134-9; coverage 100.0%)",
        "grade        grade 2 of GB 40879-2021, to be confirmed at the end of a year",
        "cooling      150000.000 kWh of the overhead  (partial PUE 1.150, coverage 100.0%)",
    ):
        assert line in out


@pytest.mark.parametrize(
    ("column", "meter", "what"), [("volume_m3", "main", "energy"), ("energy_kwh", "mains", "water")]
)
def test_water_is_no_energy(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    column: str,
    meter: str,
    what: str,
) -> None:
    """A volume for a meter of energy, or energy for a water meter, is refused with its line."""
    assert ledger("import", config, sheet(tmp_path / "x.csv", column, **{meter: 1.0})) == 2
    assert (
        f"x.csv:2: meter: {meter} measures {what}, and {column} is not that"
        in capsys.readouterr().err
    )


def test_water_is_explained_in_litres(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """1500 m3 are 1 500 000 litres in the JSON and in words; energies stay kilowatt-hours."""
    for column, amounts in (
        ("energy_kwh", {"main": 1.25e6, "it": 1e6}),
        ("volume_m3", {"mains": 1500.0}),
    ):
        path = sheet(tmp_path / f"{column}.csv", column, **amounts)
        assert ledger("import", config, path, "--interval", "31d") == 0
    capsys.readouterr()
    assert ledger("show", config, *MONTH, "--explain", "--hours", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    water, utility = shown["points"]["water"], shown["points"]["utility"]
    assert (water["liters"], water["by_meter"][0]["liters"]) == pytest.approx((1.5e6, 1.5e6))
    assert "energy_kwh" not in water
    assert utility["energy_kwh"] == pytest.approx(1.25e6)
    hour = shown["hours"][0]
    assert hour["points_liters"]["water"] == pytest.approx(1.5e6 / 744)
    assert sorted(hour["points_kwh"]) == ["pdu_output", "utility"]
    assert ledger("show", config, *MONTH, "--explain") == 0
    assert "mains: 1500000.0 l x 1 = 1500000.0 l" in capsys.readouterr().out
