"""Rows that an import does not take: above a rating, a register's, coarser than what is known."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Meters
from agent.ledger.imports.importer import WouldReplaceFiner
from agent.ledger.imports.periods import HOUR
from agent.ledger.imports.rows import Timing
from agent.ledger.stretches import Stretch
from collectors.strict import Problems
from tests.support.imports import Bills
from tests.support.ledger import SITE, T0, Clock, batch, energy, ledger

HEADER = "time,meter,energy_kwh"


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bills:
    """A site of which nothing is known."""
    return Bills(tmp_path, ZoneInfo("Asia/Shanghai"), capsys)


@pytest.fixture
def bench(site: Bills) -> Bills:
    """A site whose meters u and i are known for February and March, hour by hour."""
    site.hourly("u", 130, "2025-02-01", "2025-04-01")
    site.hourly("i", 100, "2025-02-01", "2025-04-01")
    return site


def hours(meter: str, *energies: float) -> list[str]:
    return [f"2025-06-01T{n:02}:00,{meter},{kwh}" for n, kwh in enumerate(energies)]


def test_a_bill_of_a_month_is_not_an_hour(bench: Bills) -> None:
    """A month's bill alone says nothing of its length; stated, it asks before it replaces hours."""
    bill = ["2025-03-01,i,74400"]
    assert bench.load("b.csv", HEADER, bill) == 2
    assert "a single row does not say how long it lasts" in bench.capsys.readouterr().err
    for args in (("--dry-run",), ()):
        assert bench.load("b.csv", HEADER, ["2025-03-01,i,81840"], "--interval", "1mo", *args) == 2
        assert (
            "i: rows longer than an hour would replace 744 hours that are known better, from"
            " 2025-03-01T00:00:00+08:00 to 2025-03-31T23:00:00+08:00: 74400.000 kWh becomes"
            " 81840.000; --replace does it"
        ) in bench.capsys.readouterr().err
    assert bench.pue("2025-02-01", "2025-04-01") == (pytest.approx(1.3), 1.0)
    # 31 of 59 days at 110 kW: 130 * 59 / (100 * 28 + 110 * 31) = 1.23511.
    args = ("--interval", "1mo", "--replace")
    assert bench.load("b.csv", HEADER, ["2025-03-01,i,81840"], *args) == 0
    assert bench.pue("2025-02-01", "2025-04-01") == (pytest.approx(130 * 59 / 6210), 1.0)


def test_what_is_no_better_is_replaced_unasked(bench: Bills) -> None:
    """A bill that is corrected, or hours for a bill's month, replace it; so do hours for hours."""
    for kwh in (72000, 79200):
        assert bench.load("b.csv", HEADER, [f"2025-06-01,i,{kwh}"], "--interval", "1mo") == 0
    rows = [f"2025-06-01T{hour:02}:00,i,{101 + hour % 2}" for hour in range(24)]
    assert bench.load("h.csv", HEADER, rows) == 0
    assert bench.load("h.csv", HEADER, rows[::-1]) == 0
    two_days = ["2025-06-01,i,4800", "2025-06-03,i,4800", "2025-06-05,i,4800"]
    assert bench.load("d.csv", HEADER, two_days) == 2
    assert "would replace 24 hours that are known better" in bench.capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        (
            hours("rated", 100, 251, 100, 90),
            3,
            "251.000 kWh in 1 h is more than the 250.000 kWh that its rating allows",
        ),
        (
            ["2025-03-01,rated,74400"],
            2,
            "74400.000 kWh in 1 h is more than the 250.000 kWh",
        ),
        (
            [f"2025-06-0{n},rated,{kwh}" for n, kwh in ((1, 5900), (2, 6001), (3, 5800))],
            3,
            "6001.000 kWh in 24 h is more than the 6000.000 kWh",
        ),
        (  # each five minutes may be a step of the register too many, but not twelve in a row
            [f"2025-06-01T00:{n:02}:00,rated,{25 + n % 2}" for n in range(0, 60, 5)],
            13,
            "306.000 kWh in 1 h is more than the 250.000 kWh",
        ),
    ],
)
def test_a_row_above_the_rating_is_refused(
    site: Bills, rows: list[str], line: int, words: str
) -> None:
    """A row of more energy than the rating allows in its time is refused with its line."""
    args = ("--interval", "1h") if len(rows) == 1 else ()
    assert site.load("r.csv", HEADER, rows, *args) == 2
    said = site.capsys.readouterr().err
    assert f"r.csv:{line}: rating: {words}" in said
    assert len(said.splitlines()) == 1


def test_rows_at_the_rating_are_taken(site: Bills) -> None:
    """The rating itself is possible, and refused rows may be left out."""
    assert site.load("r.csv", HEADER, hours("rated", 250, 100, 250, 90)) == 0
    rows = hours("rated", 100, 400, 100, 90)
    assert site.load("r.csv", HEADER, rows, "--skip-refused") == 0
    assert "rated: 4 rows, 290.000 kWh in 3 hours" in site.capsys.readouterr().out
    five = [f"2025-06-01T00:{n:02}:00,rated,{20 + n % 2}" for n in range(0, 60, 5)]
    assert site.load("r.csv", HEADER, five) == 0


REGISTERS = {
    "hours of an old register": hours("i", *(100_000 + 100 * n for n in range(24))),
    "a new register": hours("i", *(100 * n for n in range(24))),
    "a register that stood still": hours("i", 500, 500, 500, 600, 600),
    "two readings": hours("i", 7000, 7100),
    "readings at the beginning of each month": [
        f"2024-{month:02}-01,i,{2_000_000 + 72_000 * month}" for month in range(1, 13)
    ],
    "readings at the beginning of each quarter": [
        f"2024-{month:02}-01,i,{9_000_000 + 216_000 * month}" for month in (1, 4, 7, 10)
    ],
}


def read(rows: list[str], timing: Timing | None = None) -> float:
    """Return the kilowatt-hours of the rows of i."""
    known = Meters(frozenset(["i"]))
    sheet = read_csv([HEADER, *rows], "r.csv", ZoneInfo("Asia/Shanghai"), known)
    found = sheet.lay_out("i", timing).hours.values()
    return sum(one if isinstance(one, float) else one.total for one in found) / 3.6e6


@pytest.mark.parametrize("name", REGISTERS)
def test_values_that_only_rise_may_be_a_register(name: str) -> None:
    """Values that only ever rise are refused until the user says what they are."""
    rows = REGISTERS[name]
    with pytest.raises(Problems, match=r"r\.csv:2: i: the values only ever rise") as raised:
        read(rows)
    assert "say --cumulative if" in str(raised.value)
    assert "--interval-values if" in str(raised.value)
    values = [float(row.split(",")[2]) for row in rows]
    assert read(rows, Timing(cumulative=True)) == pytest.approx(values[-1] - values[0])
    assert read(rows, Timing(interval_values=True)) == pytest.approx(sum(values))


def test_energies_that_rise_with_their_lengths_are_no_register() -> None:
    """The quarters and years of a constant load rise because each is longer than the last."""
    quarters = [
        f"2023-{month:02}-01,i,{2400 * days}"
        for month, days in ((1, 90), (4, 91), (7, 92), (10, 92))
    ]
    assert read(quarters) == pytest.approx(2400 * 365)
    years = [f"{year}-01-01,i,{2400 * (365 + (year % 4 == 0))}" for year in range(2017, 2021)]
    assert read(years) == pytest.approx(2400 * 1461)


def test_a_register_is_not_told_by_its_interval() -> None:
    """Of many rows that only rise, a stated interval does not make energies."""
    rows = REGISTERS["hours of an old register"]
    with pytest.raises(Problems, match="only ever rise"):
        read(rows, Timing(interval=HOUR))
    assert read(rows[:12], Timing(interval=HOUR)) == pytest.approx(12 * 100_000 + 100 * 66)


def test_a_register_gives_the_pue_of_its_differences(site: Bills) -> None:
    """Registers of 130 and 100 kW give 1.300 with --cumulative, and nothing without it."""
    rows = [
        f"2025-06-0{day}T{hour:02}:00,{meter},{first + kw * (24 * day + hour)}"
        for day in (1, 2)
        for hour in range(24)
        for meter, first, kw in (("u", 9e6, 130), ("i", 7e6, 100))
    ]
    assert site.load("r.csv", HEADER, rows) == 2
    assert len(site.capsys.readouterr().err.splitlines()) == 2
    assert site.load("r.csv", HEADER, rows, "--cumulative") == 0
    assert site.pue("2025-06-01", "2025-06-02") == (pytest.approx(1.3), 1.0)


def test_a_bill_among_hours_stands_out(site: Bills) -> None:
    """A month's energy in a file of hours is asked about, with or without a row behind it."""
    for energies in ((100, 110, 90, 100, 74400), (100, 74400, 90, 100, 95)):
        assert site.load("h.csv", HEADER, hours("i", *energies)) == 2
        said = site.capsys.readouterr().err
        line = energies.index(74400) + 2
        assert f"h.csv:{line}: i: this row has ten times the mean power of any other" in said
    with pytest.raises(Problems, match="ten times"):
        read(hours("i", 1, 0, 11, 0))
    assert read(hours("i", 0, 0, 11, 0)) == pytest.approx(11)  # a generator is mostly at rest
    assert read(hours("i", 2, 0, 11, 0)) == pytest.approx(13)


def test_a_bill_asks_before_it_replaces_what_was_metered(tmp_path: Path) -> None:
    """Hours that the agent read itself are known better than a day's bill."""
    first = round(T0 * 1000)
    day = {first + n * HOUR_MS: 4.8e8 for n in range(24)}
    bill = Stretch(first, first + 24 * HOUR_MS, 24 * 4.8e8)
    with closing(ledger(tmp_path, Clock(T0 + 86400))) as book:
        for n in range(13):
            book.accept(batch(T0 + 300 * n, energy("main", 1.2e8 * n)))
        book.flush()
        with pytest.raises(WouldReplaceFiner) as raised:
            book.import_meters(
                SITE, {"main": day}, stretches={"main": [bill]}, may_replace_finer=False
            )
        # One hour of 12 times 1.2e8 J was metered.
        assert list(raised.value.meters["main"].hours) == [first]
        assert raised.value.meters["main"].before == pytest.approx(1.44e9)
        assert book.energy("main", T0, T0 + 7200).joules == pytest.approx(1.44e9)


def test_a_row_that_lasts_into_the_future_is_refused(site: Bills) -> None:
    """Nobody knows the energy of a month that is not over, and readings to come are better."""
    today = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    months = [today.replace(day=1)]
    for _ in range(3):
        months.insert(0, (months[0] - dt.timedelta(days=1)).replace(day=1))
    rows = [f"{month},i,{1000 - n}" for n, month in enumerate(months)]
    assert site.load("f.csv", HEADER, rows) == 2
    assert "f.csv:5: end: the row lasts into the future" in site.capsys.readouterr().err
    assert site.load("f.csv", HEADER, rows, "--skip-refused") == 0
    assert "i: 4 rows, 2997.000 kWh" in site.capsys.readouterr().out


def test_options_that_exclude_each_other(site: Bills) -> None:
    """Two options that contradict each other are one line."""
    assert site.load("r.csv", HEADER, hours("i", 1, 1), "--interval", "1h", *ENDS) == 2
    assert "--interval: cannot be used with --end-column" in site.capsys.readouterr().err


ENDS = ("--end-column", "to")


def test_energy_that_left_in_the_past(bench: Bills) -> None:
    """What a site fed in is imported by itself, and is subtracted from what it bought."""
    # February: (130 - 26) / 100 = 1.04 kW for kW. March lacks what left, so it is not covered any
    # more: nobody says that nothing was fed in.
    rows = ["2025-02-01,u,17472"]
    assert bench.load("x.csv", HEADER, rows, "--exported", "--interval", "1mo") == 0
    assert bench.pue("2025-02-01", "2025-03-01") == (pytest.approx(1.04), 1.0)
    pue, coverage = bench.pue("2025-02-01", "2025-04-01")
    assert (pue, coverage) == (pytest.approx(1.04), pytest.approx(28 / 59))
    rows = ["2025-03-01,u,0"]
    assert bench.load("x.csv", HEADER, rows, "--exported", "--interval", "1mo") == 0
    # 28 days of 104 kW and 31 of 130 kW.
    assert bench.pue("2025-02-01", "2025-04-01") == (
        pytest.approx((28 * 104 + 31 * 130) / 5900),
        1.0,
    )


def test_energy_that_leaves_is_not_negative(site: Bills) -> None:
    """A net energy below zero is refused, and the line says what to import instead."""
    assert site.load("n.csv", HEADER, hours("u", 5, -1, 4)) == 2
    assert (
        "expected a number of at least 0, got -1; energy that leaves is imported by itself,"
        " with --exported"
    ) in site.capsys.readouterr().err
    assert site.load("n.csv", HEADER, hours("i", 5, 1, 4), "--exported") == 2
    assert "'i' is not a meter of this site" in site.capsys.readouterr().err
