"""Files of other systems, and what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.commands.ledger_site import DAY, ledger


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "when,meter,energy_kwh\n",
            (
                "1: expected the header time,meter,energy_kwh, time,meter,"
                "power_w or time,meter,volume_m3, found when,meter,energy_kwh"
            ),
        ),
        ("", "1: expected the header"),
        (
            "time,meter,energy_kwh\n2025-03-01,main,1\nyesterday,main,1\n",
            "3: time: expected ISO 8601",
        ),
        (
            "time,meter,energy_kwh\n2025-03-01,mian,1\n",
            "2: meter: 'mian' is not a meter of this site; did you mean main?",
        ),
        (
            "time,meter,energy_kwh\n2025-03-01,main,many\n",
            "2: energy_kwh: expected a number, got 'many'",
        ),
        (
            "time,meter,energy_kwh\n2025-03-01,main,nan\n",
            "2: energy_kwh: expected a number of at least 0, got nan",
        ),
        (
            "time,meter,energy_kwh\n2025-03-01,main,-1\n",
            "2: energy_kwh: expected a number of at least 0, got -1",
        ),
        ("time,meter,energy_kwh\n2025-03-01,main\n", "2: expected 3 cells, found 2"),
        (
            "time,meter,energy_kwh\n2025-03-01,main,1\n2025-03-01T00:00+08:00,main,2\n",
            "3: time: main has another value for this time in line 2",
        ),
    ],
)
def test_each_wrong_row_is_one_line(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    """A wrong row is one line with file and line number, status 2, and nothing is written."""
    (tmp_path / "bad.csv").write_text(text)
    assert ledger("import", config, str(tmp_path / "bad.csv")) == 2
    assert f"bad.csv:{words}" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


OTHER = """Export of the building
Zeit;Zaehler;Arbeit
01.03.2025 00:00;Trafo 1;1.150,5
01.03.2025 01:00;Trafo 1;1.150,5
01.03.2025 00:00;Saal;1.000
01.03.2025 01:00;Saal;1.000
01.03.2025 00:00;Garten;3
"""


MAPPED = (
    "--skip-lines",
    "1",
    "--delimiter",
    ";",
    "--decimal-comma",
    "--time-column",
    "Zeit",
    "--meter-column",
    "Zaehler",
    "--value-column",
    "Arbeit",
    "--unit",
    "kWh",
    "--time-format",
    "%d.%m.%Y %H:%M",
    "--alias",
    "Trafo 1=main",
    "--alias",
    "Saal=it",
    "--alias",
    "Garten=-",
)


def test_another_system_s_export_by_options(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with its own headers, names, numbers and times is read by options alone."""
    (tmp_path / "other.csv").write_text(OTHER)
    assert ledger("import", config, str(tmp_path / "other.csv"), *MAPPED) == 0
    last = "2025-03-01T01:00:00+08:00 to 2025-03-01T02:00:00+08:00"
    assert capsys.readouterr().out.splitlines() == [
        "main: 2 rows, 2301.000 kWh in 2 hours, 2 changed",
        f"  guessed by the rows' spacing, 1 h: {last}",
        "it: 2 rows, 2000.000 kWh in 2 hours, 2 changed",
        f"  guessed by the rows' spacing, 1 h: {last}",
    ]
    ledger("export", config, "--from", "2025-03-01", "--to", "2025-03-02")
    assert "2025-03-01T01:00:00+08:00,main,1150.5,3600" in capsys.readouterr().out


TWO_COLUMNS = (
    ("--date-column", "Datum", "--time-column", "Zeit", "--time-format", "%d.%m.%Y %H:%M"),
    "Datum;Zeit;Wirkarbeit",
    (
        "01.03.2025;00:00;126,5",
        "01.03.2025;00:15;127",
        "01.03.2025; 00:30 ;126",
        "01.03.2025;00:45;127",
    ),
    (*MAPPED[2:5], "--meter", "main", "--value-column", "Wirkarbeit", "--unit", "kWh"),
)

TWO_COLUMNS_WIDE = (
    ("--date-column", "date"),
    "time,date,main,it",
    ("00:00,2025-03-01,506.5,600", "01:00,2025-03-01,406.5,500"),
    (),
)


@pytest.mark.parametrize("file", [TWO_COLUMNS, TWO_COLUMNS_WIDE], ids=["long", "wide"])
def test_date_and_time_in_two_columns(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: tuple[tuple[str, ...], str, tuple[str, ...], tuple[str, ...]],
) -> None:
    """A day in one column and the time of day in another are one time, in any order of columns."""
    when, header, rows, more = file
    (tmp_path / "two.csv").write_text("\n".join((header, *rows)) + "\n")
    assert ledger("import", config, str(tmp_path / "two.csv"), *when, *more) == 0
    capsys.readouterr()
    ledger("export", config, *DAY)
    # 126.5 + 127 + 126 + 127 kWh in the hour of local midnight
    assert "2025-03-01T00:00:00+08:00,main,506.5,3600" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "two.csv:1: expected the header time,meter,energy_kwh"),
        (("--date-column", "Day"), "two.csv:1: expected the header Day,time,meter,VALUE"),
        (("--date-column", "day", "--end-column", "to"), "--date-column: cannot be used with"),
        (("--date-column", "day"), "two.csv:3: time: expected ISO 8601"),
    ],
)
def test_a_wrong_date_column_is_one_line(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    """A header that is not there, or a day that is none, is told with its line."""
    rows = "2025-03-01,00:00,main,1\n2025-03-32,01:00,main,1\n"
    (tmp_path / "two.csv").write_text("day,time,meter,energy_kwh\n" + rows)
    assert ledger("import", config, str(tmp_path / "two.csv"), *args) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("delimiter", "said"), [(";", "';'"), ("\t", "tab"), ("|", "'|'")])
def test_the_delimiter_that_a_header_has_is_named(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], delimiter: str, said: str
) -> None:
    """A header of one cell with another delimiter in it is told with that delimiter."""
    (tmp_path / "one.csv").write_text(delimiter.join(("time", "meter", "energy_kwh")) + "\n")
    assert ledger("import", config, str(tmp_path / "one.csv")) == 2
    assert capsys.readouterr().err.endswith(f"; is it --delimiter {said}?\n")


def test_a_spreadsheet_is_not_read_as_text(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A workbook is told as what it is, not as text in a wrong encoding."""
    (tmp_path / "bill.xlsx").write_bytes(b"PK\x03\x04\xff")
    assert ledger("import", config, str(tmp_path / "bill.xlsx")) == 2
    assert "bill.xlsx: is a spreadsheet; save the sheet as CSV" in capsys.readouterr().err


def test_a_column_for_each_meter(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wide file is recognised by its meters' names, and an empty cell is missing."""
    (tmp_path / "wide.csv").write_text(
        "time,main,IT\n2025-03-01T01:00,1.2,1.0\n2025-03-01T02:00,1.2,\n2025-03-01T03:00,0,1\n"
    )
    assert (
        ledger(
            "import",
            config,
            str(tmp_path / "wide.csv"),
            "--alias",
            "IT=it",
            "--unit",
            "MWh",
            "--stamped-at-end",
            "--interval",
            "1h",
        )
        == 0
    )
    ledger("export", config, "--from", "2025-03-01", "--to", "2025-03-02")
    assert [line.split(",")[:3] for line in capsys.readouterr().out.splitlines()[3:]] == [
        ["2025-03-01T00:00:00+08:00", "it", "1000.0"],
        ["2025-03-01T00:00:00+08:00", "main", "1200.0"],
        ["2025-03-01T01:00:00+08:00", "main", "1200.0"],
        ["2025-03-01T02:00:00+08:00", "it", "1000.0"],
        ["2025-03-01T02:00:00+08:00", "main", "0.0"],
    ]
