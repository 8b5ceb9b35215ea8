from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli import main
from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Form, Meters
from agent.ledger.imports.periods import HOUR
from agent.ledger.imports.rows import Timing
from agent.ledger.ledger import Ledger
from collectors.strict import Problems
from tests.support.ledger import SITE

ZONE = ZoneInfo("Asia/Shanghai")
DAY = ("--from", "2025-03-01", "--to", "2025-03-02")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A config file of a gateway with two meters."""
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, name: Huawei, timezone: Asia/Shanghai}}]\n"
        "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
        " {meter: it, point: pdu_output, accuracy_class: 1}]\n"
    )
    path = tmp_path / "hubgauge.yaml"
    path.write_text(
        f"hub: guian\nsite: {SITE}\nstate_dir: {tmp_path}/state\ninventory: inventory.yaml\n"
    )
    return path


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


def test_a_past_of_single_pdus_may_come_in_several_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Old hours of PDUs make the site's sum, one file each, and the sum outlives the hours."""
    racks = (
        f"racks: [{{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}, B: {{pdu: A07-B}}}}}}]\n"
    )
    path = tmp_path / "hubgauge.yaml"
    (tmp_path / "inventory.yaml").write_text(
        f"sites: [{{site: {SITE}, timezone: Asia/Shanghai}}]\n"
        f"{racks}meters: [{{meter: main, point: utility}}]\n"
    )
    path.write_text(
        f"hub: guian\nsite: {SITE}\nstate_dir: {tmp_path}/state\ninventory: inventory.yaml\n"
    )
    for meter, kwh in (("main", 3.0), ("A07-A", 1.0), ("A07-B", 1.0)):
        hours: list[tuple[object, ...]] = [
            (f"2025-03-01T{hour:02}:00", meter, kwh) for hour in range(24)
        ]
        assert (
            ledger(
                "import", path, write_csv(tmp_path / f"{meter}.csv", "time,meter,energy_kwh", hours)
            )
            == 0
        )

    def shown() -> tuple[object, ...]:
        capsys.readouterr()
        assert ledger("show", path, *DAY, "--json") == 0
        found = json.loads(capsys.readouterr().out)
        return found["pue"], found["coverage"], found["category"]

    assert shown() == (pytest.approx(1.5), 1.0, 2)
    Ledger(
        tmp_path / "state" / "ledger.db"
    ).close()  # an agent: it lets go of what is past its time
    assert (
        ledger(
            "import",
            path,
            write_csv(
                tmp_path / "more.csv", "time,meter,energy_kwh", [("2025-03-01T00:00", "A07-A", 1.5)]
            ),
            "--interval",
            "1h",
        )
        == 0
    )
    assert shown() == (pytest.approx(1.5), 1.0, 2)


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


def test_import_again_changes_nothing(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same file a second time changes no hour; a corrected row replaces what was there."""
    path = two_halves(tmp_path)
    ledger("import", config, path)
    capsys.readouterr()
    ledger("import", config, path)
    assert capsys.readouterr().out.count(" 0 changed") == 2
    ledger(
        "import",
        config,
        write_csv(
            tmp_path / "fix.csv",
            "time,meter,energy_kwh",
            [("2025-03-01T05:00+08:00", "main", 2150)],
        ),
        "--interval",
        "1h",
    )
    assert "1 changed" in capsys.readouterr().out
    ledger("show", config, *DAY, "--json")
    assert json.loads(capsys.readouterr().out)["facility_kwh"] == pytest.approx(18640.0)


def test_dry_run_writes_nothing(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run says what the file holds and makes no ledger."""
    assert ledger("import", config, two_halves(tmp_path), "--dry-run") == 0
    assert "nothing written" in capsys.readouterr().out
    assert not (tmp_path / "state").exists()


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


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ("show", "--site", "huawei-guian", *DAY),
            f"--site: unknown site 'huawei-guian'; did you mean {SITE}?",
        ),
        (
            ("show", "--site", SITE, "--from", "soon", "--to", "2025-03-02"),
            "--from: expected ISO 8601",
        ),
        (
            ("show", "--site", SITE, "--from", "2025-03-02", "--to", "2025-03-01"),
            "--to: expected a time after --from",
        ),
        (("import", "--site", SITE, "none.csv"), "none.csv: cannot be read"),
        (
            ("import", "--site", SITE, "none.csv", "--interval", "soon"),
            "--interval: expected a duration",
        ),
    ],
)
def test_wrong_arguments(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    """A wrong argument is one line on standard error and status 2."""
    ledger("import", config, two_halves(tmp_path))
    capsys.readouterr()
    assert main(["ledger", args[0], "--config", str(config), *args[1:]]) == 2
    assert words in capsys.readouterr().err


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


def sheet_hours(*rows: str, cumulative: bool = False) -> dict[int, float]:
    sheet = read_csv(["time,meter,energy_kwh", *rows], "f.csv", ZONE, Meters(frozenset(["m"])))
    return {
        hour: (cells if isinstance(cells, float) else cells.total) / 3.6e6
        for hour, cells in sheet.lay_out("m", Timing(cumulative=cumulative)).hours.items()
    }


def test_a_bill_of_a_month_is_spread_over_it() -> None:
    """A month's energy is even over its month; a missing month stays missing."""
    hours = sheet_hours(
        "2025-01-01,m,744", "2025-02-01,m,1344", "2025-03-01,m,744", "2025-05-01,m,744"
    )
    per_hour = sorted({round(kwh, 6) for kwh in hours.values()})
    assert per_hour == [1.0, 2.0]
    assert len(hours) == (31 + 28 + 31 + 31) * 24


def test_the_last_row_lasts_as_long_as_most() -> None:
    """The last of quarter-hour rows lasts a quarter of an hour; a single row says nothing."""
    quarters = sheet_hours(*(f"2025-01-01T00:{minute:02},m,1" for minute in (0, 15, 30, 45)))
    assert list(quarters.values()) == [pytest.approx(4.0)]
    with pytest.raises(Problems, match=r"f\.csv:2: m: a single row does not say how long it lasts"):
        sheet_hours("2025-01-01T00:00,m,7")


def test_readings_of_a_register() -> None:
    """With `cumulative` each hour has the difference to the register's next row."""
    hours = sheet_hours(
        "2025-01-01T00:00,m,100",
        "2025-01-01T01:00,m,103",
        "2025-01-01T03:00,m,113",
        cumulative=True,
    )
    assert list(hours.values()) == pytest.approx([3.0, 5.0, 5.0])


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


def test_a_dry_run_tells_what_would_change(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A dry run tells the new hours, the replaced ones, and the refused rows."""
    ledger("import", config, two_halves(tmp_path))
    before = ledger_bytes(tmp_path)
    capsys.readouterr()
    rows: list[tuple[object, ...]] = [
        ("2025-03-01T05:00", "main", 2150),
        ("2025-03-02T00:00", "main", 7),
        ("2025-03-01T05:00", "mian", 1),
    ]
    rows.append(("2025-03-01T07:00", "it", "-"))
    path = write_csv(tmp_path / "fix.csv", "time,meter,energy_kwh", rows)
    assert ledger("import", config, path, "--dry-run", "--interval", "1h") == 2
    said = capsys.readouterr()
    assert said.out.splitlines() == [
        "main: 2 rows, 2157.000 kWh in 2 hours, 2 would change, nothing written",
        "  1 hours are new; 1 were there: 1150.000 kWh becomes 2150.000",
        "  2025-03-01T05:00:00+08:00: 1150.000 kWh becomes 2150.000",
        f"{path}: 2 rows refused (1 by energy_kwh, 1 by meter), they would refuse the file",
    ]
    assert said.err.splitlines() == [
        f"{path}:4: meter: 'mian' is not a meter of this site; did you mean main?",
        f"{path}:5: energy_kwh: expected a number, got '-'",
    ]
    assert ledger_bytes(tmp_path) == before
    assert ledger("import", config, path, "--skip-refused", "--interval", "1h") == 0
    assert "2 rows refused (1 by energy_kwh, 1 by meter), left out" in capsys.readouterr().out


def ledger_bytes(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path / "state" / "ledger.db") as db:
        found = [
            row
            for name in ("meter", "hour", "block", "cell", "unsummed")
            for row in db.execute(f"SELECT * FROM {name}")
        ]
    db.close()
    return found


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


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--alias", "main"), "--alias: expected THEIRS=OURS, got 'main'"),
        (("--delimiter", ";;"), "--delimiter: expected one character or tab"),
        (("--unit", "kwh"), "--unit: kwh is no unit; did you mean kWh?"),
        (
            ("--time-zone", "Asia/Shangai"),
            "--time-zone: expected a time zone such as Asia/Shanghai, got 'Asia/Shangai'",
        ),
        (("--encoding", "utf-9"), "--encoding: unknown encoding: utf-9"),
        (
            ("--time-column", "when"),
            "day.csv:1: expected the header when,meter,VALUE, found time,meter,energy_kwh",
        ),
    ],
)
def test_wrong_options_of_import(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    words: str,
) -> None:
    """A wrong option of import is one line on standard error and status 2."""
    assert ledger("import", config, two_halves(tmp_path), *args) == 2
    assert words in capsys.readouterr().err


def zoned(zone: str, *rows: str) -> dict[str, float]:
    """Import rows in a zone; return kilowatt-hours by hour in UTC."""
    sheet = read_csv(
        ["time,meter,energy_kwh", *rows], "f.csv", ZoneInfo(zone), Meters(frozenset(["m"]))
    )
    return {
        dt.datetime.fromtimestamp(hour / 1000, dt.UTC).isoformat()[:16]: (
            one if isinstance(one, float) else one.total
        )
        / 3.6e6
        for hour, one in sheet.lay_out("m", Timing(interval_values=True)).hours.items()
    }


def test_a_day_in_shanghai_and_the_turn_of_its_year() -> None:
    """A day and a year of Asia/Shanghai begin at 16:00 UTC, and the leap day is a day."""
    assert list(zoned("Asia/Shanghai", "2024-12-31T23:00,m,1", "2025-01-01T00:00,m,2")) == [
        "2024-12-31T15:00",
        "2024-12-31T16:00",
    ]
    days = zoned("Asia/Shanghai", "2024-02-28,m,24", "2024-02-29,m,48", "2024-03-01,m,24")
    assert (len(days), sum(days.values())) == (72, pytest.approx(96))
    assert days["2024-02-28T16:00"] == pytest.approx(2.0)


def test_the_hour_that_comes_twice_and_the_one_that_never_was() -> None:
    """The second of two equal times is an hour later; a time that clocks skip is refused."""
    hours = zoned(
        "Europe/Berlin", *(f"2025-10-26T0{at}:00,m,{n}" for n, at in enumerate((0, 1, 2, 2, 3), 1))
    )
    assert list(hours.items()) == [
        (f"2025-10-2{day}T{hour}:00", n)
        for day, hour, n in (
            (5, "22", 1.0),
            (5, "23", 2.0),
            (6, "00", 3.0),
            (6, "01", 4.0),
            (6, "02", 5.0),
        )
    ]
    months = zoned("Europe/Berlin", "2025-03-01,m,743", "2025-04-01,m,720", "2025-05-01,m,744")
    assert {round(kwh, 9) for kwh in months.values()} == {1.0}
    with pytest.raises(
        Problems, match=r"2025-03-30T02:00 never was in Europe/Berlin: clocks went forward over it"
    ):
        zoned("Europe/Berlin", "2025-03-30T01:00,m,1", "2025-03-30T02:00,m,1")


def test_times_of_other_systems() -> None:
    """Epoch seconds and milliseconds are times as well."""
    for form, time in (("epoch", "1740787200"), ("epoch_ms", "1740787200000")):
        sheet = read_csv(
            ["time,main", f"{time},5"],
            "f.csv",
            ZONE,
            Meters(frozenset(["main"])),
            Form(time_format=form),
        )
        laid = sheet.lay_out("main", Timing(interval=HOUR))
        assert laid.hours == {1_740_787_200_000: 5 * 3.6e6}


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


def test_imports_are_listed(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each import is listed with its file's digest; one that changes nothing is none."""
    file = two_halves(tmp_path)
    for _ in range(2):
        assert ledger("import", config, file) == 0
    capsys.readouterr()
    assert ledger("imports", config) == 0
    lines = capsys.readouterr().out.splitlines()
    digest = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout
    assert len(lines) == 1
    assert "2 meters, 48 hours changed, 2025-03-01 00:00 to 2025-03-02 00:00" in lines[0]
    assert lines[0].endswith(digest.split()[0])
