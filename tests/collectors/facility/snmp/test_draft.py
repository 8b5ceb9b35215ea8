"""An unknown device: what is told of it, and a draft of its profile that loads and reads it."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest

from agent.commands import devices
from collectors.facility.snmp.guess import guess
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.recognise import Identity
from collectors.facility.snmp.survey import Survey, sort
from collectors.strict import read
from tests.collectors.facility.snmp.agents import Fake, collector, serving
from tests.collectors.facility.snmp.devices import SYSTEM, named

ACME = "1.3.6.1.4.1.99999.4"
PHASE = f"{ACME}.2.1"
UNKNOWN = {
    **SYSTEM,
    "1.3.6.1.2.1.1.1.0": b"Acme\nPDU: {x} # 7",
    "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.99999.4",
    f"{ACME}.1.0": 500,  # tenths of a hertz
    f"{ACME}.3.0": b"24.5 C",
} | {
    f"{PHASE}.{column}.{row}": value
    for row, values in enumerate(((b"Phase 1", 2301, 37), (b"Phase 2", 2288, 121)), 1)
    for column, value in enumerate((row, *values), 1)
}


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    return devices.run(parser.parse_args(words))


async def run(*words: str) -> int:
    return await asyncio.to_thread(command, *words)


async def test_a_draft_of_an_unknown_pdu_is_read_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its volts, hertz and degrees are found by their size and units; what tells nothing is a
    comment with its values, to be completed by hand.
    """
    out = tmp_path / "acme.yaml"
    async with serving(Fake(dict(UNKNOWN))) as address:
        assert await run("identify", address, "--brief") == 1
        assert "devices draft" in capsys.readouterr().err
        assert await run("draft", address, "--out", str(out)) == 0
        told = capsys.readouterr().out
        device = collector(named(address), profiles_dir=tmp_path)
        values = [value for _, value in await device.collect()]
        await device.aclose()
    assert f"{PHASE}.3  2 x 2301, 2288: mains voltage" in told
    assert read(out, SnmpProfile).generic is False
    assert device.chosen == "acme"
    assert sorted(values) == [1.0, 24.5, 50.0, 228.8, 230.1]
    assert "column 4: 2 x 37, 121" in out.read_text("utf-8")


LIMITS = f"{ACME}.5.1"


@pytest.mark.parametrize(
    ("columns", "read_columns"),
    [
        # low and high alarm of three inlets beside what is measured
        (((2400, 2400, 2400), (2100, 2100, 2100), (2301, 2288, 2295)), {4}),
        # of four outlets one is not fitted
        (((180, 180, 180, 0), (350, 350, 350, 0), (231, 244, 228, 0)), {4}),
        # one voltage on three phases, and no limit beside it
        (((205, 205, 205), (277, 472, 318)), {2}),
        # two readings that are not alike in every row
        (((2301, 2288), (2299, 2299)), {2, 3}),
        # a single row says nothing
        (((2400,), (2100,)), {2, 3}),
    ],
)
async def test_limits_are_no_readings(
    tmp_path: Path, columns: tuple[tuple[int, ...], ...], read_columns: set[int]
) -> None:
    """Columns of one size that are alike in every row are limits, and stay a comment."""
    out = tmp_path / "acme.yaml"
    objects = {**SYSTEM, "1.3.6.1.2.1.1.2.0": ACME} | {
        f"{LIMITS}.{column}.{row}": value
        for column, values in enumerate(columns, 2)
        for row, value in enumerate(values, 1)
    }
    async with serving(Fake(objects)) as address:
        assert await run("draft", address, "--out", str(out)) == 0
    profile = read(out, SnmpProfile)
    assert {int(one.column) for one in profile.readings} == read_columns
    assert ("limits by their look" in out.read_text("utf-8")) is (read_columns == {4})


METER = f"{ACME}.6.1"


@pytest.mark.parametrize(
    ("columns", "kept", "asked"),
    [
        # 230 V x 1.80 A = 414 VA; 398 W are not more
        (((230,), (180,), (398,), (414,)), {2: 230.0, 3: 1.8, 4: 398.0}, {5: "VA? It is"}),
        # 231 V x 0.96 A = 221.76 VA, shown as 222; 205 W
        (((96,), (205,), (231,), (222,)), {2: 0.96, 3: 205.0, 4: 231.0}, {5: "VA? It is"}),
        # tenths of volts, thousandths of amperes, two rows: 230.1 x 1.740 = 400.37,
        # 229.8 x 1.750 = 402.15; no power beside them
        (
            ((2301, 2298), (1740, 1750), (400, 402)),
            {2: 230.1, 3: 1.74},
            {4: "or W at a power factor of 1"},
        ),
        # no current to prove anything: what is nearest to a usual voltage stays
        (((231,), (398,), (416,)), {2: 231.0}, {3: "V, W or VA?", 4: "V, W or VA?"}),
        # three phases of one supply
        (((230,), (231,), (229,)), {2: 230.0, 3: 231.0, 4: 229.0}, {}),
        # hundredths of amperes; 1595 W and 1638 VA might be 16 degrees; 1595 / 1638 = 0.974
        (
            (
                (2301, 2312, 2297),
                (712, 655, 731),
                (1595, 1471, 1640),
                (1638, 1514, 1679),
                (974, 972, 977),
            ),
            {2: 230.1, 3: 7.12, 4: 1595.0},
            {5: "VA? It is column 2 x column 3", 6: "a power factor? It is column 4 / column 5"},
        ),
        # outlets without volt-amperes: watts are 0.968 to 0.97 of 230.1 V x 1.10 A and so on; one
        # is idle
        (
            ((2301, 2302, 2303, 2304), (110, 240, 0, 780), (245, 536, 0, 1743)),
            {2: 230.1, 3: 1.1, 4: 245.0},
            {},
        ),
        # tenths of volts are no power by any sign: input and output
        (((2301,), (2203,), (500,)), {2: 230.1, 3: 220.3, 4: 50.0}, {}),
    ],
)
async def test_power_is_no_voltage(
    tmp_path: Path,
    columns: tuple[tuple[int, ...], ...],
    kept: dict[int, float],
    asked: dict[int, str],
) -> None:
    """Volts times amperes tell volt-amperes and watts; without them a comment asks."""
    out = tmp_path / "acme.yaml"
    objects = {**SYSTEM, "1.3.6.1.2.1.1.2.0": ACME} | {
        f"{METER}.{column}.{row}": value
        for column, values in enumerate(columns, 2)
        for row, value in enumerate(values, 1)
    }
    async with serving(Fake(objects)) as address:
        assert await run("draft", address, "--out", str(out)) == 0
    profile = read(out, SnmpProfile)
    assert {
        int(one.column): pytest.approx(columns[int(one.column) - 2][0] * float(one.scale))
        for one in profile.readings
    } == kept
    lines = out.read_text("utf-8").splitlines()
    for column, words in asked.items():
        (line,) = (one for one in lines if one.startswith(f"  # column {column}:"))
        assert words in line
    assert sum("?" in line for line in lines) == len(asked)


async def test_scalars_of_three_phases_are_told_apart(tmp_path: Path) -> None:
    """230.1 V x 7.12 A are 1 638 VA in each phase; 1 595 W by that are the factor 0.974."""
    out = tmp_path / "acme.yaml"
    numbers = (2301, 2312, 2297, 712, 655, 731, 1595, 1471, 1640, 1638, 1514, 1679, 974, 972, 977)
    objects = {**SYSTEM, "1.3.6.1.2.1.1.2.0": ACME} | {
        f"{METER}.{place}.0": number for place, number in enumerate(numbers, 1)
    }
    async with serving(Fake(objects)) as address:
        assert await run("draft", address, "--out", str(out)) == 0
    profile = read(out, SnmpProfile)
    assert {int(one.oid.split(".")[-2]): (one.unit, one.scale) for one in profile.readings} == (
        dict.fromkeys((1, 2, 3), ("V", 0.1))
        | dict.fromkeys((4, 5, 6), ("A", 0.01))
        | dict.fromkeys((7, 8, 9), ("W", 1.0))
    )
    text = out.read_text("utf-8")
    assert text.count(" - VA? ") == 3
    assert text.count(" - a power factor? ") == 3


async def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """A draft that somebody has completed stays as it is, unless told otherwise."""
    out = tmp_path / "acme.yaml"
    out.write_text("mine", "utf-8")
    async with serving(Fake(dict(UNKNOWN))) as address:
        assert await run("draft", address, "--out", str(out)) == 2
        assert out.read_text("utf-8") == "mine"
        assert await run("draft", address, "--out", str(out), "--force") == 0
    assert out.read_text("utf-8") != "mine"


async def test_a_device_without_numbers_gets_no_draft(tmp_path: Path) -> None:
    """Where nothing looks like a reading, no file is written."""
    out = tmp_path / "acme.yaml"
    async with serving(Fake({**SYSTEM, f"{ACME}.1.0": b"a name", f"{ACME}.2.0": 1})) as address:
        assert await run("draft", address, "--out", str(out)) == 1
    assert not out.exists()


@pytest.mark.parametrize(
    ("values", "unit", "scale"),
    [
        ((230, 231), "V", "1"),
        ((2301, 2288, 0), "V", "0.1"),
        ((23010,), "V", "0.01"),
        ((499,), "Hz", "0.1"),
        ((6000,), "Hz", "0.01"),
        ((50,), "Hz", "1"),
        ((215, 341), "C", "0.1"),
        ((b"23.4 C", b"21 C"), "C", "1"),
        ((b"12.5 Amps",), "A", "1"),
        ((b"1.2 kWh",), "kWh", "1"),
    ],
)
def test_what_has_a_usual_size_is_guessed(
    values: tuple[object, ...], unit: str, scale: str
) -> None:
    """Mains and rooms have known ranges; a text has its own unit."""
    found = guess(values)
    assert found is not None
    assert (found.unit, found.scale, found.sure) == (unit, scale, True)


@pytest.mark.parametrize("values", [(1, 2), (0, 0), (b"up", b"down"), (b"12 V", 3), ()])
def test_states_and_words_are_no_guess(values: tuple[object, ...]) -> None:
    """Small counts, words and mixtures look like no reading."""
    assert guess(values) is None


def test_a_number_of_any_size_is_no_sure_guess() -> None:
    """What is in no known range is told apart from what is."""
    found = guess((37, 121))
    assert found is not None
    assert not found.sure


def test_many_scalars_of_one_branch_are_sorted_soon() -> None:
    """A hundred threes that look like volts are no phases:
    comparing each with each took minutes.
    """
    branch = "1.3.6.1.4.1.99999.2"
    objects = {f"{branch}.{n}.0": 2300 + n % 40 if n % 9 < 6 else 150 for n in range(1, 3001)}
    found = Survey(identity=Identity(object_id="0.0", description=""))
    sort(objects, found)
    assert len(found.scalars) == 3000


def test_an_idle_outlet_has_no_power_factor() -> None:
    """230 V x 1.50 A are 345 VA, of which 310 W are 90 %; the third outlet draws nothing."""
    columns = {
        2: (230, 231, 229, 230),
        3: (150, 320, 0, 210),
        4: (345, 739, 0, 483),
        5: (310, 700, 0, 450),
        6: (90, 95, 0, 93),
    }
    found = Survey(identity=Identity(object_id="0.0", description=""))
    sort(
        {
            f"{ACME}.1.1.{column}.{row}": value
            for column, values in columns.items()
            for row, value in enumerate(values, 1)
        },
        found,
    )
    (table,) = found.tables
    assert [(one.guess.unit, one.guess.scale) for one in table.columns if one.guess] == [
        ("V", "1"),
        ("A", "0.01"),
        ("W", "1"),
    ]
