"""Where meters stand, and what of them is facility and IT; docs/kpis.md has the cases by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.pue.two_meters import MAIN, of_a_day, stock
from tests.support.ledger import (
    HEAD,
    bench,
    day,
)


def test_an_office_behind_the_utility_meter(tmp_path: Path) -> None:
    """An office of 100 kW behind the utility meter is subtracted: (1300 - 100) / 1000 = 1.20."""
    with bench(
        tmp_path,
        stock("{meter: office, point: utility, behind: main, subtract: true}"),
        now=day(24).timestamp(),
    ) as b:
        result = of_a_day(b, main=1300.0, office=100.0, it=1000.0)
        assert (result.pue, result.facility_joules / 3.6e6) == (
            pytest.approx(1.20),
            pytest.approx(24 * 1200),
        )
        b.put("main", {day(h): 1300.0 for h in range(24, 48)})
        b.put("it", {day(h): 1000.0 for h in range(24, 48)})
        assert b.between(day(24), day(48)).pue is None, "a silent office is missing, and not zero"


def test_an_office_s_errors_are_the_rest_s(tmp_path: Path) -> None:
    """Subtracting adds uncertainty: of class 0.5 of 1300 and 100 kWh a third adds up by size.

    The rest, 8/9 of the variance, adds up by squares.
    """
    office = "{meter: office, point: utility, behind: main, subtract: true, accuracy_class: 0.5}"
    with bench(tmp_path, stock(office), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1300.0, office=100.0, it=1000.0)
    facility = (1400**2 / 9 + (1300**2 + 100**2) * 8 / 9) / 1200**2
    assert result.uncertainty == pytest.approx(2 * 0.005 * ((facility + 1.0) / 3) ** 0.5)


def test_a_share_of_a_meter(tmp_path: Path) -> None:
    """Of a transformer whose share is 0.8, eight tenths count."""
    with bench(
        tmp_path, stock("{meter: hall, point: utility, share: 0.8}"), now=day(24).timestamp()
    ) as b:
        assert of_a_day(b, main=800.0, hall=500.0, it=1000.0).pue == pytest.approx(1.2)


def test_ups_output_and_pdu_output_at_once(tmp_path: Path) -> None:
    """IT of 1050 kW at UPS output and 1000 kW at PDU output is 1000 kW, never 2050.

    The 50 kW between them are lost in distribution.
    """
    meters = [
        MAIN,
        "{meter: ups, point: ups_output}",
        "{meter: pdus, point: pdu_output, behind: ups}",
    ]
    with bench(
        tmp_path, HEAD + "meters: [" + ", ".join(meters) + "]", now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1250.0, ups=1050.0, pdus=1000.0)
    assert (result.pue, result.category, result.it_point) == (pytest.approx(1.25), 2, "pdu_output")
    assert {one.subsystem: round(one.joules / 3.6e6 / 24, 6) for one in result.overheads} == {
        "distribution": 50.0,
        "unmetered": 200.0,
    }


def test_fans_behind_the_ups_are_no_it(tmp_path: Path) -> None:
    """Of 1050 kW that a UPS delivers 50 drive fans: IT is 1000 kW.

    The UPS itself loses 1090 - 1050 = 40 kW.
    """
    meters = [
        MAIN,
        "{meter: ups-in, point: ups_input}",
        "{meter: ups, point: ups_output}",
        "{meter: fans, point: cooling, behind: ups}",
        "{meter: chiller, point: cooling}",
    ]
    with bench(
        tmp_path, HEAD + "meters: [" + ", ".join(meters) + "]", now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1300.0, ups_in=1090.0, ups=1050.0, fans=50.0, chiller=150.0)
        by_parts = HEAD + "meters: [" + ", ".join(meters[1:]) + "]"
    assert (result.pue, result.category) == (pytest.approx(1.3), 1)
    assert [(one.subsystem, round(one.joules / 3.6e6 / 24, 6)) for one in result.overheads] == [
        ("cooling", 200.0),
        ("ups", 40.0),
        ("unmetered", 60.0),
    ]
    with bench(tmp_path / "parts", by_parts, now=day(24).timestamp()) as b:
        result = of_a_day(b, ups_in=1090.0, ups=1050.0, fans=50.0, chiller=150.0)
    assert (result.pue, result.facility_method) == (pytest.approx(1.24), "parts")


def test_district_cooling(tmp_path: Path) -> None:
    """500 kW of bought cooling at factor 0.4 are 200 kW of facility energy and of overhead."""
    with bench(
        tmp_path, stock("{meter: district, point: cooling, factor: 0.4}"), now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1100.0, district=500.0, it=1000.0)
    assert result.pue == pytest.approx(1.3)
    cooling, rest = result.overheads
    assert (cooling.partial_pue, cooling.joules / 3.6e6, rest.joules / 3.6e6) == pytest.approx(
        (1.2, 24 * 200, 24 * 100)
    )


def test_half_of_bought_cooling(tmp_path: Path) -> None:
    """Of 1000 kW of bought cooling half is the data centre's: 0.5 · 0.4 · 1000 = 200 kW."""
    district = "{meter: district, point: cooling, factor: 0.4, share: 0.5}"
    with bench(tmp_path, stock(district), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1100.0, district=1000.0, it=1000.0)
    assert result.pue == pytest.approx(1.3)


def test_fans_behind_the_pdus_are_no_it(tmp_path: Path) -> None:
    """Of 1000 kW of PDU output 50 drive fans, so IT is 950 kW, and UPS output is 1000 kW.

    The UPS loses 1090 - 1050 = 40 kW, and distribution 1000 - 950 = 50 kW.
    """
    meters = (
        MAIN,
        "{meter: ups-in, point: ups_input}",
        "{meter: ups, point: ups_output, behind: ups-in}",
        "{meter: pdus, point: pdu_output, behind: ups}",
        "{meter: fans, point: cooling, behind: pdus}",
    )
    text = HEAD + "meters: [" + ", ".join(meters) + "]"
    with bench(tmp_path, text, now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1235.0, ups_in=1090.0, ups=1050.0, pdus=1000.0, fans=50.0)
    assert (result.pue, result.category) == (pytest.approx(1235 / 950), 2)
    assert [(one.subsystem, round(one.joules / 3.6e6 / 24, 6)) for one in result.overheads] == [
        ("cooling", 50.0),
        ("ups", 40.0),
        ("distribution", 50.0),
        ("unmetered", 1235 - 950 - 140.0),
    ]
