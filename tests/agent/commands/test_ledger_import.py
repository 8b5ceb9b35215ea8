"""`hubgauge ledger import`: again, dry, in parts, and with wrong arguments."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from pathlib import Path

import pytest

from agent.cli import main
from agent.ledger.ledger import Ledger
from tests.agent.commands.ledger_site import DAY, ledger, ledger_bytes, two_halves, write_csv
from tests.support.ledger import SITE


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


@pytest.mark.parametrize(
    ("locale", "told"),
    [
        ("C.UTF-8", "  3 rows repeat another row of the file, and are counted once"),
        ("zh_CN.UTF-8", "  3 行与文件中另一行相同，只计一次"),
    ],
)
@pytest.mark.parametrize("options", [("--dry-run",), ()])
def test_rows_that_are_there_twice_are_told(
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    locale: str,
    told: str,
) -> None:
    """Of six hours of 10 kWh, three rows come again: 60 kWh, and three rows are told."""
    hours = [0, 1, 2, 3, 4, 5, 5, 5, 2]
    rows: list[tuple[object, ...]] = [(f"2025-03-01T0{hour}:00", "main", 10.0) for hour in hours]
    rows += [(f"2025-03-01T0{hour}:00", "it", 5.0) for hour in range(6)]
    file = write_csv(tmp_path / "joined.csv", "time,meter,energy_kwh", rows)
    monkeypatch.setenv("LC_ALL", locale)
    assert ledger("import", config, file, *options) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == told
    assert "60.000 kWh" in lines[0]
    assert sum(told in line for line in lines) == 1


def test_rows_of_a_parquet_file_that_are_there_twice(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same hour twice is counted once and told; with two energies the file is refused."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    start = dt.datetime(2025, 3, 1, tzinfo=dt.UTC)

    def taken(*hours: tuple[int, float]) -> int:
        columns = {
            "time": [start + dt.timedelta(hours=hour) for hour, _ in hours],
            "meter": ["main"] * len(hours),
            "energy_kwh": [kwh for _, kwh in hours],
        }
        parquet.write_table(arrow.table(columns), tmp_path / "hours.parquet")
        return ledger("import", config, str(tmp_path / "hours.parquet"))

    assert taken((0, 10.0), (1, 20.0), (0, 10.0)) == 0
    said = capsys.readouterr().out
    assert "main: 2 rows, 30.000 kWh in 2 hours, 2 changed" in said
    assert "  1 rows repeat another row of the file" in said
    assert taken((0, 10.0), (1, 20.0), (0, 11.0)) == 2
    assert "main has two values for one time" in capsys.readouterr().err
