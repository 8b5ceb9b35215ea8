"""Whether the units of a device answer: a chained PDU says so like the one that is asked."""

from __future__ import annotations

from collectors.base import Reading, Series
from collectors.catalogue import facility
from collectors.facility.naming import Naming
from collectors.facility.snmp.linked import Units

PLACE = {"hub": "guian", "site": "s1", "row": "A", "rack": "A07", "feed": "A"}
NAMING = Naming(
    name="A07-A",
    labels=PLACE,
    linked={"2": PLACE | {"name": "A08-A", "rack": "A08"}},
)


def power(unit: str) -> Series:
    """Return the series of a unit's power."""
    return NAMING.series(facility.PDU_POWER, unit, {})


def shown(readings: list[Reading]) -> dict[str, float]:
    """Return the up readings by the name of the PDU."""
    return {series.label("pdu"): value for series, value in readings}


def test_a_linked_unit_that_is_lost_is_down_while_the_device_is_up() -> None:
    """The chained PDU gives no reading any more: it is 0, and the runner leaves it so."""
    units = Units("pdu", NAMING, ["2"], [power(""), power("2")])
    assert shown(units.readings([(power(""), 510.0), (power("2"), 690.0)])) == {
        "A07-A": 1.0,
        "A08-A": 1.0,
    }
    units.begin()
    assert [series.label("pdu") for series in units.up_series] == ["A07-A", "A08-A"]
    assert shown(units.readings([(power(""), 510.0)])) == {"A07-A": 1.0, "A08-A": 0.0}
    assert [series.label("pdu") for series in units.up_series] == ["A07-A"]


def test_a_linked_unit_that_the_config_names_is_down_until_it_is_found() -> None:
    """The config names a second PDU that was never plugged in."""
    units = Units("pdu", NAMING, ["2"], [power("")])
    assert shown(units.readings([(power(""), 510.0)])) == {"A07-A": 1.0, "A08-A": 0.0}


def test_a_linked_unit_without_a_name_in_the_config_is_known_by_its_readings() -> None:
    """A third PDU of the chain has a name made of its number, and an up series of its own."""
    units = Units("pdu", NAMING, [], [power(""), power("3")])
    assert shown(units.readings([(power(""), 510.0), (power("3"), 20.0)])) == {
        "A07-A": 1.0,
        "A07-A/3": 1.0,
    }


def test_a_sensor_of_a_linked_unit_is_no_unit() -> None:
    """Only series that carry the label of the device's kind belong to a unit."""
    probe = NAMING.series(facility.SENSOR_TEMPERATURE, "2", {"sensor": "1"})
    units = Units("pdu", NAMING, [], [power(""), probe])
    assert shown(units.readings([(power(""), 510.0), (probe, 24.0)])) == {"A07-A": 1.0}


def test_a_device_of_unknown_kind_has_no_up_series() -> None:
    """Nothing is said before the device has said what it is."""
    assert Units(None, NAMING, ["2"]).readings([]) == []
