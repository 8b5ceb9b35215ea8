"""Device profiles: the packaged ones, mistakes in one's own, and a new device as one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import ConfigError
from collectors.facility.profile import PACKAGED, load, load_all, paths
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.recognise import OWN, Identity, candidates
from collectors.facility.snmp.table import parse_oid
from collectors.facility.units import UNITS, exact, quantity_of
from collectors.strict import Problems, read

GOOD = """\
protocol: snmp
title: a device
kind: pdu
match: {sys_object_id: [1.3.6.1.4.1.99999]}
tables: {rows: {oid: 1.3.6.1.4.1.99999.1.1, index: [row],
                columns: {module: 2, name: {oid: 3, map: {1: L1}}}, unit: "{module}"}}
readings:
  - metric: dc_pdu_power_watts
    table: rows
    column: 5
    unit: kW
    scale: 0.01
  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit: W, labels: {outlet: "{row}"}}
"""


def mistakes(text: str) -> str:
    with pytest.raises(Problems) as caught:
        read("p.yaml", SnmpProfile, text=text)
    return str(caught.value)


def test_every_packaged_profile_is_good() -> None:
    """Every packaged SNMP profile loads, says which MIB it follows, and how its device is known."""
    profiles = dict(load_all("snmp", SnmpProfile))
    assert len(profiles) >= 12
    for name, profile in profiles.items():
        assert profile.source, name
        assert profile.match or name == "if-mib", (
            name
        )  # any device may have interfaces: it is used by name
        assert all(quantity_of(reading.metric) for reading in profile.readings)


def test_the_example_of_these_tests_is_good() -> None:
    """The profile that the tests of mistakes begin from has none."""
    assert len(read("p.yaml", SnmpProfile, text=GOOD).readings) == 2


@pytest.mark.parametrize(
    ("before", "after", "line", "said"),
    [
        ("dc_pdu_power_watts", "dc_pdu_power_wats", 8, "did you mean dc_pdu_power_watts?"),
        (
            "unit: kW",
            "unit: kWh",
            11,
            "kWh does not fit dc_pdu_power_watts; expected one of mW, W, kW, MW",
        ),
        ("unit: kW", "unit: kilowatt", 11, "unknown unit 'kilowatt'"),
        ("scale: 0.01", "scale: 0", 12, "a number other than 0"),
        ("scale: 0.01", "scala: 0.01", 12, "did you mean scale?"),
        ("column: 5", "column: five", 10, "a column's number such as 5, or a whole OID"),
        ("table: rows\n", "table: row\n", 9, "no table 'row'; expected one of rows"),
        ('{outlet: "{row}"}', '{outlet: "{socket}"}', 13, "no index part or column 'socket'"),
        ('{outlet: "{row}"}', '{phase: "{row}"}', 13, "dc_pdu_outlet_power_watts needs outlet"),
        ('unit: "{module}"}', 'unit: "{modul}"}', 6, "no index part or column 'modul'"),
        ("index: [row]", "index: []", 5, "expected at least one name"),
        ("1.3.6.1.4.1.99999.1.1,", ".1.3.6.1.4.1.99999,", 5, "a numeric OID such as"),
        ("kind: pdu", "kind: pud", 3, "did you mean pdu?"),
        ("scale: 0.01", "bits: 32", 12, "dc_pdu_power_watts is not a counter"),
        ("scale: 0.01", "where: {rwo: [1]}", 12, "no index part or column 'rwo'"),
        ("scale: 0.01", "valid_when: {row: ['1']}", 12, "never changes; use where"),
        ("scale: 0.01", "match: {name: '('}", 12, "a regular expression"),
        (
            "unit: kW",
            "unit_column: module\n    unit: kW",
            8,
            "expected one of: unit, unit_column, map, words, constant",
        ),
        ("{1: L1}", "{1: L1, 1: L2}", 6, "given twice"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_line(
    before: str, after: str, line: int, said: str
) -> None:
    """A mistake in a profile is told in one line that names the file, the line and what was
    expected.
    """
    assert before in GOOD
    told = mistakes(GOOD.replace(before, after, 1))
    assert told.startswith(f"p.yaml:{line}: ")
    assert said in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\n", "p.yaml:1: protocol: missing; expected one of snmp, modbus"),
        (
            "protocol: smtp\n",
            "p.yaml:1: protocol: expected one of snmp, modbus, bacnet, got 'smtp'",
        ),
        ("protocol: [snmp]\n", "p.yaml:1: protocol: expected one of snmp, modbus"),
        ("", "p.yaml:1: protocol: missing"),
    ],
)
def test_a_profile_without_a_protocol_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A profile that does not say its protocol, or an unknown one,
    is one line with file and line.
    """
    (tmp_path / "p.yaml").write_text(text, "utf-8")
    with pytest.raises(Problems) as caught:
        load("p", "snmp", SnmpProfile, tmp_path)
    assert said in str(caught.value)


def test_ones_own_profile_wins_over_a_packaged_one(tmp_path: Path) -> None:
    """A file in the operator's folder takes the place of the packaged profile of the same name."""
    (tmp_path / "apc-rpdu2.yaml").write_text(GOOD, "utf-8")
    assert load("apc-rpdu2", "snmp", SnmpProfile, tmp_path).title == "a device"
    assert paths(tmp_path)["raritan-px"].parent == PACKAGED


def test_an_unknown_profile_is_told_with_the_nearest_name() -> None:
    """A profile's name that is not known is told with the one that was probably meant."""
    with pytest.raises(ConfigError, match="did you mean apc-rpdu2"):
        load("apc-rpdu22", "snmp", SnmpProfile)


def test_a_profile_of_another_protocol_is_refused() -> None:
    """A Modbus profile is not taken for an SNMP device."""
    with pytest.raises(ConfigError, match="is a profile of the protocol modbus, not snmp"):
        load("eastron-sdm630", "snmp", SnmpProfile)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """A folder of profiles that is not there is an error of the config."""
    with pytest.raises(ConfigError, match="no such folder"):
        paths(tmp_path / "none")


@pytest.mark.parametrize(
    ("object_id", "description", "first"),
    [
        ("1.3.6.1.4.1.13742.6", "Raritan PDU", "raritan-px"),
        ("1.3.6.1.4.1.1718.4", "Sentry Smart PDU", "servertech-sentry4"),
        ("1.3.6.1.4.1.2011.6.174.4.1.2.4", "", "huawei-ups"),
    ],
)
def test_the_longest_prefix_is_asked_first(object_id: str, description: str, first: str) -> None:
    """Of the profiles whose sysObjectID prefix fits by whole numbers,
    the longest is asked first.
    """
    found = candidates(Identity(object_id=object_id, description=description), Library().heads())
    assert found[0] == (first, OWN)


@pytest.mark.parametrize("object_id", ["", "1.3.6.1.4.1.134742.6", "1.3.6.1.4.1", "1.3.6.1.2.1.33"])
def test_a_number_that_no_profile_has_fits_by_probes_alone(object_id: str) -> None:
    """A device of a number that merely begins alike is never taken for a known one by that; every
    profile must find its own objects there.
    """
    known = Library().heads()
    found = candidates(Identity(object_id=object_id, description=""), known)
    assert found
    assert OWN not in {how for _, how in found}
    assert [name for name, _ in found if (m := known[name].match) is None or not m.probes] == []


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.3", ".1.3.6", "1.3.6.", "1.3.a", "3.3.6", "1.3.06", "1.3.4294967296", "1..3"],
)
def test_what_is_no_oid_is_refused(text: str) -> None:
    """Only numeric OIDs without a leading dot are taken."""
    with pytest.raises(ValueError, match="^" + text.replace(".", r"\.") + "$"):
        parse_oid(text)


def test_factors_are_the_decimals_that_were_written() -> None:
    """A tenth is a tenth, not the binary number nearest to it."""
    assert (exact(0.1).numerator, exact(0.1).denominator) == (1, 10)
    assert exact(UNITS["kWh"].factor) * exact(0.1) == 360000


def test_merge_keys_save_repetition() -> None:
    """YAML's merge key takes another mapping's keys.

    A mapping's own win, and mistakes are told at their own line.
    """
    text = GOOD + (
        "  - &one"
        " {metric: dc_pdu_outlet_power_watts, table: rows,"
        ' column: 7, unit: W, labels: {outlet: "{row}"}}\n'
    )
    profile = read(
        "p.yaml",
        SnmpProfile,
        text=text
        + "  - {<<: *one, column: 8}\n  - {<<: [*one, {bits: 8}], unit: kW}\n".replace(
            "{bits: 8}", "{scale: 2}"
        ),
    )
    assert [(reading.column, reading.unit, reading.scale) for reading in profile.readings[2:]] == [
        ("7", "W", 1),
        ("8", "W", 1),
        ("7", "kW", 2),
    ]
    assert mistakes(text + "  - {<<: *one, colum: 8}\n").startswith(
        "p.yaml:15: readings[3].colum: unknown key; did you mean column?"
    )
    assert "expected a mapping to merge" in mistakes(text + "  - {<<: here, metric: x}\n")


def test_merge_keys_cannot_be_made_to_explode() -> None:
    """Mappings that merge themselves, or each other twice over and over, cost nothing."""
    doubled = "".join(f"x{n}: &x{n} {{<<: [*x{n - 1}, *x{n - 1}]}}\n" for n in range(1, 40))
    assert "unknown key" in mistakes("x0: &x0 {a: 1}\n" + doubled + "protocol: snmp\n<<: *x39\n")
    assert "missing" in mistakes("--- &me\n<<: *me\nprotocol: snmp\n")
