"""Devices of one make share what they are asked, and nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.facility.naming import Naming
from collectors.facility.snmp.plan import plan
from collectors.facility.snmp.point import Raw
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.programs import Programs
from collectors.facility.snmp.rows import Rows
from collectors.strict import read
from tests.collectors.facility.snmp.planned import ALL, BASE, HEAD, NAMING, OUTLET, PLACE, POWER
from tests.collectors.facility.snmp.test_plan_rows import PROFILE, RAWS, SUFFIXES

OTHER = Naming(name="B01-B", labels={**PLACE, "rack": "B01", "feed": "B"})
UNITS = (
    "  - {metric: dc_pdu_outlet_power_watts, table: rows, column: 6, unit_column: unit,"
    ' labels: {outlet: "{row}"}}\n'
)
TWICE = (
    "  - {metric: dc_pdu_power_watts, table: rows, column: 5, unit: W}\n"
    "  - {metric: dc_pdu_power_watts, table: rows, column: 6, unit: kW}\n"
)
SENSOR = (
    "  - {metric: dc_sensor_temperature_celsius, table: rows, column: 6, unit: C,"
    ' labels: {sensor: "{row}"}}\n'
)


def profile(readings: str) -> SnmpProfile:
    return read("p.yaml", SnmpProfile, text=HEAD + readings)


def rows(columns: Mapping[str, Mapping[str, Raw]], texts: Mapping[str, Raw] | None = None) -> Rows:
    return Rows(
        columns={f"{BASE}.{number}": dict(found) for number, found in columns.items()},
        objects={f"{BASE}.{number}": raw for number, raw in (texts or {}).items()},
    )


def read_of(made: Plan, answers: Mapping[str, Raw]) -> dict[str, float]:
    """Return the readings of a round by their names on a page."""
    values = {f"{BASE}.{oid}": raw for oid, raw in answers.items()}
    return {series.prefix: value for series, value in made.decode(values, Counter())}


def test_devices_that_are_alike_share_a_program_and_have_their_own_names() -> None:
    """From the second PDU of a make on: one program, and a set of series each."""
    programs, own = Programs(), profile(POWER + OUTLET)
    columns = {"5": {"1.1": 7}, "6": {"1.1": 5, "1.2": 6}}
    programs.plan(own, rows(columns), NAMING, ALL)
    one = programs.plan(own, rows(columns), NAMING, ALL)
    two = programs.plan(own, rows({"5": {"1.1": 8}, "6": {"1.1": 1, "1.2": 2}}), OTHER, ALL)
    assert one.program is two.program
    first, second = (
        'hub="guian",site="s1",row="A",rack="A07",pdu="A07-A",feed="A"',
        'hub="guian",site="s1",row="A",rack="B01",pdu="B01-B",feed="B"',
    )
    answers = {"5.1.1": 150, "6.1.1": 40, "6.1.2": 60}
    for made, labels in ((one, first), (two, second)):
        assert read_of(made, answers) == {
            f"dc_pdu_power_watts{{{labels}}} ": 1500.0,
            f'dc_pdu_outlet_power_watts{{{labels},outlet="1"}} ': 40.0,
            f'dc_pdu_outlet_power_watts{{{labels},outlet="2"}} ': 60.0,
        }


def test_other_rows_make_another_program() -> None:
    """A PDU with a third outlet is asked for it."""
    programs, own = Programs(), profile(OUTLET)
    programs.plan(own, rows({"6": {"1.1": 5, "1.2": 6}}), NAMING, ALL)
    one = programs.plan(own, rows({"6": {"1.1": 5, "1.2": 6}}), NAMING, ALL)
    two = programs.plan(own, rows({"6": {"1.1": 5, "1.2": 6, "1.3": 7}}), OTHER, ALL)
    assert (len(one.oids), len(two.oids)) == (2, 3)


def test_another_text_that_describes_a_row_makes_another_program() -> None:
    """A column of one make may be in watts here and in kilowatts there."""
    programs, own = Programs(), profile(UNITS)
    programs.plan(own, rows({"6": {"1.1": 5}}, {"3.1.1": 3}), NAMING, ALL)
    watts = programs.plan(own, rows({"6": {"1.1": 5}}, {"3.1.1": 3}), NAMING, ALL)
    kilowatts = programs.plan(own, rows({"6": {"1.1": 5}}, {"3.1.1": 8}), OTHER, ALL)
    assert list(read_of(watts, {"6.1.1": 5}).values()) == [5.0]
    assert list(read_of(kilowatts, {"6.1.1": 5}).values()) == [5000.0]


def test_a_value_that_is_missing_makes_another_program() -> None:
    """Of two objects for one series, the first that has a value is read: it may be the second."""
    programs, own = Programs(), profile(TWICE)
    both = rows({"5": {"1.1": 7}, "6": {"1.1": 8}})
    programs.plan(own, both, NAMING, ALL)
    first = programs.plan(own, both, NAMING, ALL)
    second = programs.plan(own, rows({"5": {"1.1": None}, "6": {"1.1": 8}}), OTHER, ALL)
    again = programs.plan(own, rows({"5": {"1.1": 9}, "6": {"1.1": 9}}), OTHER, ALL)
    assert (first.oids, second.oids) == ((f"{BASE}.5.1.1",), (f"{BASE}.6.1.1",))
    assert again.program is first.program


def test_names_that_become_one_series_are_never_doubled() -> None:
    """A name of 1 000 letters leaves no room for the number of a sensor."""
    programs, own = Programs(), profile(SENSOR)
    columns = {"6": {"1.1": 20, "1.2": 21}}
    for _ in range(2):
        assert len(list(programs.plan(own, rows(columns), NAMING, ALL).series())) == 2
    long = Naming(name="n" * 5000, labels=PLACE)
    made = programs.plan(own, rows(columns), long, ALL)
    assert len(list(made.series())) == len(set(made.series())) == 1
    assert made.dropped == Counter(duplicate=1)


def test_a_profile_that_was_replaced_has_no_part_in_another_one() -> None:
    """A reload makes profiles anew: the factor of the newer one counts."""
    programs, columns = Programs(), {"5": {"1.1": 7}}
    for unit, wanted in (("W", 7.0), ("kW", 7000.0), ("W", 7.0)):
        own = profile(f"  - {{metric: dc_pdu_power_watts, table: rows, column: 5, unit: {unit}}}\n")
        for _ in range(3):
            made = programs.plan(own, rows(columns), NAMING, ALL)
        assert list(read_of(made, {"5.1.1": 7}).values()) == [wanted]


_COLUMNS = st.dictionaries(
    st.sampled_from(["5", "6"]), st.dictionaries(SUFFIXES, RAWS, max_size=4), max_size=2
)
_OBJECTS = st.dictionaries(
    st.tuples(st.sampled_from("23479"), SUFFIXES).map(".".join), RAWS, max_size=8
)


@settings(max_examples=200)
@given(
    devices=st.lists(st.tuples(_COLUMNS, _OBJECTS), min_size=1, max_size=2),
    turns=st.lists(st.integers(0, 1), min_size=3, max_size=6),
    answers=st.dictionaries(
        st.tuples(st.sampled_from("569"), SUFFIXES).map(".".join), RAWS, max_size=12
    ),
)
def test_a_shared_program_reads_what_an_own_one_reads(
    devices: list[tuple[dict[str, dict[str, Raw]], dict[str, Raw]]],
    turns: list[int],
    answers: dict[str, Raw],
) -> None:
    """Whatever devices say, and in whatever order they come."""
    programs = Programs()
    for number, turn in enumerate(turns):
        found = rows(*devices[turn % len(devices)])
        naming = (NAMING, OTHER)[number % 2]
        shared = programs.plan(PROFILE, found, naming, ALL)
        alone = plan(PROFILE, found, naming, ALL)
        assert shared.oids == alone.oids
        assert shared.spans == alone.spans
        assert shared.constants == alone.constants
        assert shared.dropped == alone.dropped
        assert read_of(shared, answers) == read_of(alone, answers)


NAMED = (
    "  - {metric: dc_pdu_outlet_info, table: rows, column: 6, constant: 1,"
    ' labels: {outlet: "{row}", name: "{name}"}}\n'
)


def test_outlets_that_are_called_otherwise_do_not_make_another_program() -> None:
    """Each operator's names stand in labels of constants, and nothing else depends on them."""
    programs, own = Programs(), profile(OUTLET + NAMED)
    columns = {"6": {"1.1": 5, "1.2": 6}}
    called = [{"2.1.1": f"server {n}".encode(), "2.1.2": f"switch {n}".encode()} for n in range(3)]
    programs.plan(own, rows(columns, called[0]), NAMING, ALL)
    one = programs.plan(own, rows(columns, called[1]), NAMING, ALL)
    two = programs.plan(own, rows(columns, called[2]), OTHER, ALL)
    assert one.program is two.program
    for made, naming, texts in ((one, NAMING, called[1]), (two, OTHER, called[2])):
        alone = plan(own, rows(columns, texts), naming, ALL)
        assert made.constants == alone.constants
        assert {series.label("name") for series, _ in made.constants} == {
            text.decode() for text in texts.values()
        }


def test_a_text_that_chooses_rows_makes_another_program() -> None:
    """An outlet that is called "spare" is not read."""
    chosen = OUTLET.replace("labels:", "where: {name: [used]}, labels:")
    programs, own = Programs(), profile(chosen + NAMED)
    columns = {"6": {"1.1": 5, "1.2": 6}}
    both = rows(columns, {"2.1.1": b"used", "2.1.2": b"used"})
    programs.plan(own, both, NAMING, ALL)
    programs.plan(own, both, NAMING, ALL)
    other = programs.plan(own, rows(columns, {"2.1.1": b"used", "2.1.2": b"spare"}), OTHER, ALL)
    assert [series.label("outlet") for series in other.series()] == ["1"]
