"""Local times of files in the hour that comes twice, and numbers with a decimal comma."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.imports.refusals import Refused
from agent.ledger.imports.times import parse_number, parse_time
from tests.support.imports import Bills

DAY, NEXT = "2025-10-26", "2025-10-27"
HOURS = 25
KILOWATTS = {"u": 130, "i": 100}


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bills:
    """A site in Berlin, where 26 October 2025 has 25 hours."""
    return Bills(tmp_path, ZoneInfo("Europe/Berlin"), capsys)


Moments = Callable[[int], int]
"""How many seconds after midnight a row is read."""


def rows(
    bench: Bills, count: int, moment: Moments, value: Callable[[int, int], float]
) -> list[str]:
    """Return rows of both meters at local times without an offset."""
    first = bench.time(f"{DAY}T00:00").timestamp()
    found = []
    for n in range(count):
        at = dt.datetime.fromtimestamp(first + moment(n), bench.zone).replace(tzinfo=None)
        found += [f"{at.isoformat()},{meter},{value(n, kw)}" for meter, kw in KILOWATTS.items()]
    return found


def jittered(step: int) -> Moments:
    """Return moments that are some seconds late, never twice by as much."""
    return lambda n: step * n + n * 7 % 11


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("step", [300, 900])
def test_a_register_through_the_hour_that_comes_twice(bench: Bills, step: int, order: int) -> None:
    """Readings with seconds are in order, so the hour begins again where times go back."""
    moment = jittered(step)
    count = HOURS * 3600 // step + 1
    found = rows(bench, count, moment, lambda n, kw: 5000 + kw * moment(n) / 3600)
    args = ("--cumulative",)
    assert bench.load("r.csv", "time,meter,energy_kwh", found[::order], *args) == 0
    pue, coverage = bench.pue(DAY, NEXT)
    assert (pue, coverage) == (pytest.approx(1.3), pytest.approx(1.0, abs=0.005))
    said = bench.run("export", "--from", DAY, "--to", NEXT)
    energies = [
        float(line.split(",")[2])
        for line in bench.capsys.readouterr().out.splitlines()
        if ",u," in line
    ]
    assert said == 0
    assert sum(energies) == pytest.approx(130 * HOURS, rel=1e-3)
    assert max(energies) == pytest.approx(130)


def test_power_through_the_hour_that_comes_twice(bench: Bills) -> None:
    """Power that rises all day has the energy of its mean, with readings at odd seconds."""
    moment = jittered(300)
    count = HOURS * 12 + 1
    found = rows(bench, count, moment, lambda n, kw: kw * (1000 + moment(n) / 36))
    assert bench.load("p.csv", "time,meter,power_w", found) == 0
    assert bench.pue(DAY, NEXT) == (pytest.approx(1.3), pytest.approx(1.0, abs=0.005))


def test_without_the_turn_nobody_knows_the_hour(bench: Bills) -> None:
    """Where only one of the two hours has rows, each of these rows is refused;
    the rest may stay.
    """
    moment = jittered(300)
    found = rows(bench, HOURS * 12 + 1, moment, lambda _, kw: kw * 1000)
    kept = found[: 2 * 36] + found[2 * 48 :]  # the first of the two hours alone
    assert bench.load("p.csv", "time,meter,power_w", kept) == 2
    said = bench.capsys.readouterr().err.splitlines()
    assert len(said) == 24
    assert said[0].endswith(
        "p.csv:50: time: this time came twice in Europe/Berlin; give its offset from UTC"
    )
    assert bench.load("p.csv", "time,meter,power_w", kept, "--skip-refused") == 0
    pue, coverage = bench.pue(DAY, NEXT)
    assert (pue, coverage) == (pytest.approx(1.3), pytest.approx(23 / 25, abs=0.01))


def test_shuffled_rows_of_the_hour_are_refused(bench: Bills) -> None:
    """Rows in no order do not tell which of the two hours they are in."""
    moment = jittered(900)
    found = rows(bench, HOURS * 4 + 1, moment, lambda _, kw: kw * 1000)
    mixed = found[::3] + found[1::3] + found[2::3]
    assert bench.load("p.csv", "time,meter,power_w", mixed) == 2
    assert "this time came twice" in bench.capsys.readouterr().err


def test_half_an_hour_that_comes_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On Lord Howe clocks go back by half an hour; 6 April 2025 has 24 and a half hours."""
    bench = Bills(tmp_path, ZoneInfo("Australia/Lord_Howe"), capsys)
    first = bench.time("2025-04-06T00:00").timestamp()
    found = []
    for n in range(24 * 6 + 4):
        second = 600 * n + n % 7
        at = dt.datetime.fromtimestamp(first + second, bench.zone).replace(tzinfo=None)
        found += [f"{at.isoformat()},{meter},{kw * second}" for meter, kw in KILOWATTS.items()]
    args = ("--cumulative", "--unit", "Wh", "--value-column", "energy_kwh")
    assert bench.load("r.csv", "time,meter,energy_kwh", found, *args) == 0
    assert bench.hours("2025-04-06", "2025-04-07") == 24.5
    assert bench.pue("2025-04-06", "2025-04-07") == (
        pytest.approx(1.3),
        pytest.approx(1.0, abs=0.01),
    )


def test_ends_in_the_hour_that_comes_twice(bench: Bills) -> None:
    """A row that ends in that hour ends after it began, and the next one begins there."""
    local = ["00:00", "01:00", "02:00", "02:00", "03:00", "04:00"]
    found = [
        f"{DAY}T{start},{DAY}T{end},{meter},{kw}"
        for start, end in pairwise(local)
        for meter, kw in KILOWATTS.items()
    ]
    args = ("--time-column", "from", "--end-column", "to", "--value-column", "kwh", "--unit", "kWh")
    assert bench.load("e.csv", "from,to,meter,kwh", found, *args) == 0
    assert "u: 5 rows, 650.000 kWh in 5 hours" in bench.capsys.readouterr().out
    assert bench.pue(f"{DAY}T00:00+02:00", f"{DAY}T04:00+01:00") == (pytest.approx(1.3), 1.0)


def test_a_day_that_begins_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In Havana midnight of 2 November 2025 comes twice; a day begins with the first."""
    bench = Bills(tmp_path, ZoneInfo("America/Havana"), capsys)
    dates = [f"2025-11-0{day}" for day in range(1, 6)]
    bills = list(itertools.pairwise(dates))
    assert bench.hours("2025-11-02", "2025-11-03") == 25
    bench.hourly("u", 130, "2025-11-01", "2025-11-05")
    assert bench.bills("i", 100, bills) == 0
    assert bench.pue("2025-11-01", "2025-11-05") == (pytest.approx(1.3), pytest.approx(1.0))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.234,5", 1234.5),
        ("1.234.567", 1234567),
        ("0,5", 0.5),
        ("12", 12),
        ("1,2e3", 1200),
        ("1 305,5", 1305.5),
        ("12\u00a0305,25", 12305.25),
        ("1\u202f305\u202f000", 1305000),
        ("7'654,5", 7654.5),
    ],
)
def test_numbers_with_a_decimal_comma(text: str, value: float) -> None:
    """Points, spaces or apostrophes stand between groups of three digits."""
    assert parse_number("v", text, decimal_comma=True) == value


@pytest.mark.parametrize(
    "text",
    ["130.5", "1.23", "1234.567", "0.500", "1,234.5", "1.2345,0", ".5", "1 30,5", "1.305 000,5"],
)
def test_a_decimal_point_is_no_decimal_comma(text: str) -> None:
    """A point that does not part groups of three digits is refused, and not left out."""
    with pytest.raises(Refused, match=r"expected a number such as 1\.234,5, got"):
        parse_number("v", text, decimal_comma=True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 305.5", 1305.5),
        ("12\u00a0305", 12305),
        ("1'305'000.25", 1305000.25),
        ("7\u2019654", 7654),
        ("1,305.5", 1305.5),
        ("1,305,000", 1305000),
        ("130.5", 130.5),
        ("1e3", 1000),
    ],
)
def test_numbers_with_groups_of_digits(text: str, value: float) -> None:
    """Without a decimal comma groups of three digits may be parted too."""
    assert parse_number("v", text) == value


@pytest.mark.parametrize("text", ["1,305", "1,30.5", "1 30", "0,305.5", "1,305 000", "13,05"])
def test_a_comma_that_may_be_a_decimal_one_is_refused(text: str) -> None:
    """Nobody knows whether 1,305 is a thousand and more, or one and a third."""
    with pytest.raises(Refused, match="expected a number, got"):
        parse_number("v", text)


CHINA = ZoneInfo("Asia/Shanghai")
GERMANY = ZoneInfo("Europe/Berlin")
WITH_ZONE = "%d.%m.%Y %H:%M %Z"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-02-01 24:00", ""),
        ("2026-02-01T24:00:00", ""),
        ("2026-02-01T24:00:00+08:00", ""),
        ("01.02.2026 24:00", "%d.%m.%Y %H:%M"),
        ("2026/2/1 24:00:00", "%Y/%m/%d %H:%M:%S"),
    ],
)
def test_24_00_is_the_end_of_its_day(text: str, form: str) -> None:
    """ISO 8601-1:2019/Amd 1: 24:00 on 1 February is 00:00 on 2 February, in Shanghai 16:00 UTC."""
    assert parse_time(text, CHINA, form) == dt.datetime(2026, 2, 1, 16, tzinfo=dt.UTC)


@pytest.mark.parametrize("form", ["", "%Y-%m-%dT%H:%M"])
def test_the_end_of_the_last_day_is_refused(form: str) -> None:
    """Python's calendar ends with the year 9999: nothing comes after its last day."""
    with pytest.raises(Refused, match="got '9999-12-31T24:00'"):
        parse_time("9999-12-31T24:00", CHINA, form)


@pytest.mark.parametrize("text", ["2026-02-01 24:01", "2026-02-01 25:00", "2026-02-01 24:00:01"])
def test_nothing_comes_after_24_00(text: str) -> None:
    """No clock shows it."""
    with pytest.raises(Refused):
        parse_time(text, CHINA)


@pytest.mark.parametrize(
    ("text", "utc_hour"),
    [
        ("25.10.2026 02:00 CEST", 0),
        ("25.10.2026 02:00 CET", 1),
        ("25.10.2026 02:00 UTC", 2),
        ("25.10.2026 02:00 GMT", 2),
    ],
)
def test_the_zone_behind_a_time_counts(text: str, utc_hour: int) -> None:
    """The hour that comes twice in Berlin on 25 October 2026 is first UTC+2, then UTC+1."""
    expected = dt.datetime(2026, 10, 25, utc_hour, tzinfo=dt.UTC)
    assert parse_time(text, GERMANY, WITH_ZONE) == expected


@pytest.mark.parametrize("text", ["01.02.2026 02:00 EST", "01.02.2026 02:00 CEST"])
def test_a_zone_that_is_not_the_sites_then_is_refused(text: str) -> None:
    """EST is no time of Berlin, and in February CEST is none."""
    with pytest.raises(Refused, match="is not UTC, nor what Europe/Berlin calls its time then"):
        parse_time(text, GERMANY, WITH_ZONE)
