"""What is made of a device's plain answers, without a device."""

from __future__ import annotations

import math

import pytest
from bacpypes3.basetypes import EngineeringUnits
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.facility.bacnet.engineering_units import UNIT_NAMES
from collectors.facility.bacnet.profile import (
    Point,
    Value,
    decode,
    load_profile,
    parse_object,
    span_of,
)
from collectors.facility.profile import metric_named
from collectors.facility.units import UNITS
from collectors.strict import Problems

INPUT = "analog-input,1"


def point(**options: object) -> Point:
    return Point(**{"metric": "dc_cooling_power_watts", "object": INPUT} | options)


@pytest.mark.parametrize("name", sorted(UNIT_NAMES))
def test_every_unit_is_one_of_the_standard(name: str) -> None:
    """A name that is mapped is a member of BACnetEngineeringUnits, and its unit is known."""
    assert str(EngineeringUnits(name)) == name
    assert UNIT_NAMES[name] in UNITS


@pytest.mark.parametrize(
    ("options", "raw", "expected"),
    [
        ({}, 5.0, Value(5000.0)),
        ({"scale": 0.1}, 5.0, Value(500.0)),
        ({"unit": "W"}, 5.0, Value(5.0)),
        ({"missing": [-1]}, -1.0, Value(None, "sentinel")),
        ({"least": 0.0}, -0.1, Value(None, "sentinel")),
        ({"most": 10.0}, 10.1, Value(None, "sentinel")),
        ({}, math.inf, Value(None, "sentinel")),
        ({}, "kilowatts", Value(None, "no_value")),
        ({"map": {1: 0.0, 2: 700.0}}, 2, Value(700.0)),
        ({"map": {1: 0.0, 2: 700.0}}, 3, Value(None, "unknown_state")),
        ({"map": {1: 0.0}}, math.nan, Value(None, "unknown_state")),
    ],
)
def test_a_value_is_scaled_bounded_and_mapped(
    options: dict[str, object], raw: float | str, expected: Value
) -> None:
    """Units, scale, bounds and states do what the config says; the reason for none is told."""
    one = point(**options)
    assert (
        decode(
            one,
            metric_named(one.metric),
            {(INPUT, "present-value"): raw, (INPUT, "units"): "kilowatts"},
        )
        == expected
    )


def test_only_an_accumulator_of_energy_has_a_span() -> None:
    """A register starts over one beyond its largest value, in joules."""
    one = point(metric="dc_cooling_energy_joules_total", object="accumulator,1")
    answers = {
        ("accumulator,1", "max-pres-value"): 9999,
        ("accumulator,1", "units"): "watt-hours",
        ("accumulator,1", "scale"): 10.0,
    }
    metric = metric_named(one.metric)
    assert span_of(one, metric, answers) == 10_000 * 10 * 3600
    assert span_of(one, metric, answers | {("accumulator,1", "max-pres-value"): 0}) is None
    assert (
        span_of(
            point(),
            metric_named("dc_cooling_power_watts"),
            {(INPUT, "max-pres-value"): 9, (INPUT, "units"): "watts"},
        )
        is None
    )


PROPERTIES = (
    "present-value",
    "units",
    "status-flags",
    "reliability",
    "out-of-service",
    "scale",
    "max-pres-value",
)
ANSWER = st.one_of(
    st.floats(),
    st.integers(),
    st.text(max_size=8),
    st.sampled_from(["kilowatts", "no-fault-detected"]),
    st.lists(st.integers(0, 1), max_size=5).map(tuple),
)


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([("accumulator,1", name) for name in PROPERTIES]), ANSWER))
def test_whatever_a_device_answers_it_is_a_number_or_a_reason(
    answers: dict[tuple[str, str], float | str | tuple[int, ...]],
) -> None:
    """Answers of any type give a finite number or why there is none, and never an error."""
    one = point(metric="dc_cooling_energy_joules_total", object="accumulator,1")
    metric = metric_named(one.metric)
    value = decode(one, metric, answers)
    assert (value.number is None) == bool(value.why)
    assert value.number is None or math.isfinite(value.number)
    span = span_of(one, metric, answers)
    assert span is None or span > 0


@given(st.text(max_size=30))
def test_whatever_is_called_an_object_it_is_one_or_refused(text: str) -> None:
    """Nothing but a known type and a number passes."""
    try:
        name = parse_object(text)
    except ValueError:
        return
    assert parse_object(name) == name


def test_a_profile_s_mistake_is_named_with_its_file_and_line(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The line is the point's own."""
    folder = tmp_path_factory.mktemp("profiles")
    (folder / "own.yaml").write_text(
        "protocol: bacnet\ntitle: T\nsource: S\npoints:\n  -"
        " {object: 'analog-input,1', metric: dc_cooling_power}\n"
    )
    with pytest.raises(
        Problems,
        match=(
            r"own\.yaml:5: points\[0\]\.metric: unknown"
            r" metric .*did you mean dc_cooling_power_watts"
        ),
    ):
        load_profile("own", folder)
