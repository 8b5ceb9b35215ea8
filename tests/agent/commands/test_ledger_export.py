"""`hubgauge ledger export`: what is written can be imported again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.agent.commands.ledger_site import DAY, ledger, two_halves


def test_export_is_taken_again(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An exported file can be imported, and changes nothing."""
    ledger("import", config, two_halves(tmp_path))
    capsys.readouterr()
    assert ledger("export", config, *DAY) == 0
    text = capsys.readouterr().out
    assert text.splitlines()[:2] == [
        "time,meter,energy_kwh,covered_seconds",
        "2025-03-01T00:00:00+08:00,it,1000.0,3600",
    ]
    (tmp_path / "out.csv").write_text(text)
    ledger("import", config, str(tmp_path / "out.csv"))
    assert capsys.readouterr().out.count(" 0 changed") == 2


@pytest.mark.parametrize("name", ["day.xlsx", "day.XLSX", "day.ods", "day.json"])
def test_a_kind_of_file_that_is_not_written_is_refused(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """CSV under the name of a spreadsheet would not open: one line says what is written."""
    ledger("import", config, two_halves(tmp_path))
    capsys.readouterr()
    assert ledger("export", config, *DAY, "--out", str(tmp_path / name)) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("--out: expected a name such as hours.csv or hours.parquet")
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["day.csv", "day.CSV", "day"])
def test_csv_is_written_under_its_own_name(config: Path, tmp_path: Path, name: str) -> None:
    """CSV in upper case, and a name without an ending, are CSV."""
    ledger("import", config, two_halves(tmp_path))
    assert ledger("export", config, *DAY, "--out", str(tmp_path / name)) == 0
    assert (tmp_path / name).read_text().startswith("time,meter,energy_kwh,covered_seconds\n")


def test_parquet_is_taken_again(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A Parquet export can be read by others, and imported it changes nothing."""
    arrow = pytest.importorskip("pyarrow.parquet")
    ledger("import", config, two_halves(tmp_path))
    assert ledger("export", config, *DAY, "--out", str(tmp_path / "day.parquet")) == 0
    table = arrow.read_table(tmp_path / "day.parquet")
    assert (table.num_rows, table.column_names) == (
        48,
        ["time", "meter", "energy_kwh", "covered_seconds"],
    )
    capsys.readouterr()
    assert ledger("import", config, str(tmp_path / "day.parquet")) == 0
    assert capsys.readouterr().out.count(" 0 changed") == 2


def test_parquet_without_pyarrow(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where pyarrow is missing, one line says what to install."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    ledger("import", config, two_halves(tmp_path))
    assert ledger("export", config, *DAY, "--out", str(tmp_path / "day.parquet")) == 2
    assert (
        "day.parquet: Parquet needs pyarrow: pip install 'hubgauge[parquet]'"
        in capsys.readouterr().err
    )
