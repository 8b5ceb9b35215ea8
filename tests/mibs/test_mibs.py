"""Every profile agrees with what was found in its MIB; a wrong one is found.

The findings name objects and units in the makers' words. They were taken from the MIBs' text, by
`tools/mib_check.py` or by reading it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.facility.profile import load, load_all
from collectors.facility.snmp.profile import SnmpProfile
from tests.mibs.findings import Found, findings, problems, wanted
from tests.mibs.text import Modules, compiled
from tests.mibs.units import unit_in

FINDINGS = findings()
AUX = "1.3.6.1.4.1.476.1.42.3.8.60.15.1"
PDU = """protocol: snmp
title: wrong on purpose
kind: pdu
readings:
"""
MIB = """ACME-MIB DEFINITIONS ::= BEGIN
IMPORTS enterprises FROM RFC1155-SMI OBJECT-TYPE FROM RFC-1212 DisplayString FROM RFC1213-MIB;
acme OBJECT IDENTIFIER ::= { enterprises 424242 }
box OBJECT IDENTIFIER ::= { acme 7 }
boxTable OBJECT-TYPE
  SYNTAX SEQUENCE OF BoxEntry ACCESS not-accessible STATUS mandatory DESCRIPTION "boxes"
  ::= { box 2 }
boxEntry OBJECT-TYPE
  SYNTAX BoxEntry ACCESS not-accessible STATUS mandatory DESCRIPTION "a box" INDEX { boxIndex }
  ::= { boxTable 1 }
BoxEntry ::= SEQUENCE {
  boxIndex INTEGER, boxPower INTEGER, boxName DisplayString, boxLoad INTEGER }
boxIndex OBJECT-TYPE
  SYNTAX INTEGER ACCESS read-only STATUS mandatory DESCRIPTION "its number" ::= { boxEntry 1 }
boxPower OBJECT-TYPE
  SYNTAX INTEGER (0..99999) ACCESS read-only STATUS mandatory
  DESCRIPTION "The power of the box in tenths of watts." ::= { boxEntry 2 }
boxName OBJECT-TYPE
  SYNTAX DisplayString ACCESS read-only STATUS mandatory DESCRIPTION "its name" ::= { boxEntry 3 }
boxLoad OBJECT-TYPE
  SYNTAX INTEGER ACCESS read-only STATUS mandatory
  DESCRIPTION "The load of the box, the unit is VA." ::= { boxEntry 4 }
END
"""


def profile(folder: Path, *readings: str) -> SnmpProfile:
    """Return a made-up profile of some readings."""
    text = PDU + "".join(f"  - {{{one}}}\n" for one in readings)
    (folder / "wrong.yaml").write_text(text, "utf-8")
    return load("wrong", "snmp", SnmpProfile, folder)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_profile_agrees_with_its_mib(name: str) -> None:
    """Each object is there, can be read, is no threshold,
    and has the unit that the profile takes.
    """
    found = FINDINGS[name]
    one = load(name, "snmp", SnmpProfile)
    assert not list(problems(one, found.objects, complete=found.checked == "tool"))


@pytest.mark.parametrize("name", FINDINGS)
def test_what_was_found_belongs_to_the_profile(name: str) -> None:
    """An object that the profile does not read any more goes from the findings too."""
    read = {oid for oid, _ in wanted(load(name, "snmp", SnmpProfile))}
    assert not set(FINDINGS[name].objects) - read


def test_the_findings_are_of_profiles() -> None:
    """A file of findings has the name of a packaged profile."""
    assert set(FINDINGS) <= {name for name, _ in load_all("snmp", SnmpProfile)}


def test_objects_beneath_a_branch_that_the_mib_does_not_have_are_found(tmp_path: Path) -> None:
    """The Dell PDU's power was read from 674.10893.2.200: no MIB has an object there."""
    one = profile(
        tmp_path,
        "metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.674.10893.2.200.110.2.1.3.0, unit: kW",
    )
    assert list(problems(one, FINDINGS["dell-rpdu"].objects)) == [
        "1.3.6.1.4.1.674.10893.2.200.110.2.1.3: the MIB has no such object"
    ]


def test_a_threshold_that_is_read_as_a_temperature_is_found(tmp_path: Path) -> None:
    """The MPH2's temperature was read from column 65, its over-temperature threshold in
    Fahrenheit.
    """
    objects = {
        f"{AUX}.65.1": Found(
            name="lgpPduAuxMeasTempThrshldOvrWarnDegF",
            syntax="Integer32",
            units="0.1 degrees Fahrenheit",
            access="read-write",
        ),
        f"{AUX}.70.1": Found(
            name="lgpPduAuxMeasTempDegC", syntax="Integer32", units="0.1 degrees Celsius"
        ),
    }
    wrong, right = (
        profile(
            tmp_path,
            f"metric: dc_sensor_temperature_celsius, oid: {AUX}.{column}.1.0, unit: C, scale: 0.1,"
            " labels: {sensor: a}",
        )
        for column in (65, 70)
    )
    told = list(problems(wrong, objects))
    assert len(told) == 2
    assert "read from what its name calls a threshold" in told[0]
    assert "is in '0.1 degrees Fahrenheit', and is read as 0.1 C" in told[1]
    assert not list(problems(right, objects))


@pytest.mark.parametrize(
    ("units", "reading", "told"),
    [
        ("0.1 Volts", "metric: dc_pdu_voltage_volts, unit: V", "is read as 1 V"),
        ("0.1 Volts", "metric: dc_pdu_voltage_volts, unit: V, scale: 0.1", ""),
        ("RMS Volts", "metric: dc_pdu_voltage_volts, unit: V", ""),
        ("tenths of kilowatt-hours", "metric: dc_pdu_energy_joules_total, unit: kWh", "as 1 kWh"),
        ("Watts", "metric: dc_pdu_current_amperes, unit: A", "is read from what is in 'Watts'"),
        ("milliamps", "metric: dc_pdu_current_amperes, unit: mA", ""),
        ("widgets", "metric: dc_pdu_current_amperes, unit: A", ""),
    ],
)
def test_a_unit_of_the_mib_that_the_profile_takes_for_another_is_found(
    units: str, reading: str, told: str, tmp_path: Path
) -> None:
    """Quantity, scale and offset must be the MIB's; a unit that nobody knows is not judged."""
    one = profile(tmp_path, f"{reading}, oid: 1.3.6.1.4.1.424242.1.0")
    objects = {"1.3.6.1.4.1.424242.1": Found(name="x", syntax="INTEGER", units=units)}
    found = list(problems(one, objects))
    assert told in "".join(found)
    assert bool(found) is bool(told)


@pytest.mark.parametrize(
    ("text", "name", "scale"),
    [
        ("1/100 of KWatts", "kW", 0.01),
        ("hundredths of kilowatts", "kW", 0.01),
        ("0.1 degrees Fahrenheit", "F", 0.1),
        ("0.1 Volt DC", "V", 0.1),
        ("0.01 Hertz", "Hz", 0.01),
        ("VA", "VA", 1.0),
        ("tenths of Amps", "A", 0.1),
        ("milliamperes", "A", 0.001),
        ("tenths of a Celsius degree", "C", 0.1),
        ("percent", "percent", 1.0),
        ("minutes", "min", 1.0),
    ],
)
def test_a_maker_s_words_are_a_unit(text: str, name: str, scale: float) -> None:
    """A share, in words or digits, and a unit."""
    said = unit_in(text)
    assert said is not None
    assert (said.name, said.scale) == (name, pytest.approx(scale))


def test_mib_text_gives_objects_with_type_unit_and_access(tmp_path: Path) -> None:
    """The tool resolves names over modules; the unit is the clause's or the description's."""
    (tmp_path / "ACME-MIB").write_text(MIB, "ascii")
    (tmp_path / "README").write_text("no MIB at all {", "ascii")
    modules = Modules()
    modules.read(sorted(tmp_path.iterdir()))
    base = "1.3.6.1.4.1.424242.7.2.1"
    assert list(modules.unread) == ["README"]
    assert {oid: one for oid, (_, one) in modules.objects().items() if oid > f"{base}."} == {
        f"{base}.1": Found(name="boxIndex", syntax="INTEGER"),
        f"{base}.2": Found(name="boxPower", syntax="INTEGER", units="in tenths of watts"),
        f"{base}.3": Found(name="boxName", syntax="DisplayString"),
        f"{base}.4": Found(name="boxLoad", syntax="INTEGER", units="unit is VA"),
    }


def test_what_pysnmp_has_compiled_gives_objects_too() -> None:
    """The modules of the package pysnmp-mibs: scalars and columns, with their units and access."""
    text = (
        "boxTable = MibTable((1, 3, 6, 1, 4, 1, 424242, 7, 2), )\n"
        "boxPower = MibTableColumn((1, 3, 6, 1, 4, 1, 424242, 7, 2, 1, 2), Integer32().subtype("
        "subtypeSpec=ValueRangeConstraint(0,9)))"
        ".setUnits('0.1 Watts').setMaxAccess(\"readonly\")\n"
        "boxKey = MibScalar((1, 3, 6, 1, 4, 1, 424242, 7, 3), DisplayString())"
        '.setMaxAccess("noaccess")\n'
    )
    assert dict(compiled("ACME-MIB", text)) == {
        "1.3.6.1.4.1.424242.7.2.1.2": (
            "ACME-MIB",
            Found(name="boxPower", syntax="Integer32", units="0.1 Watts"),
        ),
        "1.3.6.1.4.1.424242.7.3": (
            "ACME-MIB",
            Found(name="boxKey", syntax="DisplayString", access="not-accessible"),
        ),
    }


def test_a_unit_that_some_devices_send_stands_beside_the_mib_s(tmp_path: Path) -> None:
    """Cards that send whole hertz may be read, if the MIB's tenths are read as well."""
    objects = {"1.3.6.1.4.1.424242.1": Found(name="x", syntax="INTEGER", units="0.1 Hertz")}
    whole = "metric: dc_pdu_frequency_hertz, oid: 1.3.6.1.4.1.424242.1.0, unit: Hz"
    assert list(problems(profile(tmp_path, whole), objects))
    assert not list(problems(profile(tmp_path, f"{whole}, scale: 0.1", whole), objects))


def test_a_text_that_is_read_as_a_number_is_found(tmp_path: Path) -> None:
    """A DisplayString needs `text`, `extract` or `words`."""
    objects = {"1.3.6.1.4.1.424242.1": Found(name="x", syntax="DisplayString")}
    plain = profile(tmp_path, "metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.424242.1.0, unit: W")
    assert "the reading is no text" in "".join(problems(plain, objects))
