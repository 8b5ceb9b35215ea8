"""Which readings cannot be: bounds by metric, and what the rest of the round says.

The values are made up. What is expected was worked out by hand, from the rules in docs/profiles.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from agent.commands.devices.show import show_refused
from collectors.base import Metric, Reading
from collectors.catalogue import (
    dcplant,
    facility,
    generator,
    node,
    pdu_parts,
    sensor,
    transfer,
    ups,
)
from collectors.catalogue.bounds import EXTREMES, has_extremes
from collectors.judge import judge
from collectors.refusal import Refusal, summary

UPS = {"hub": "guian", "site": "s1", "ups": "ups-1"}
PDU = {"hub": "guian", "site": "s1", "row": "A", "rack": "A07", "pdu": "A07-A", "feed": "A"}
METER = {"hub": "guian", "site": "s1", "meter": "m1", "point": "utility"}


def reading(metric: Metric, value: float, **labels: str) -> Reading:
    """Return a reading of a metric; labels that are not given are empty."""
    known: Mapping[str, str] = UPS | PDU | METER | labels
    return metric.series(*(known.get(name, "") for name in metric.labels)), value


def verdict(*readings: Reading) -> dict[str, str]:
    """Return the reason of each refused reading by its place, or by its metric without one."""
    dropped: Counter[str] = Counter()
    judged = judge(list(readings), dropped)
    assert len(judged.readings) + len(judged.refused) == len(readings)
    assert dropped == Counter(one.reason for one in judged.refused)
    return {
        one.series.label("phase")
        or one.series.label("outlet")
        or one.series.metric.name: one.reason
        for one in judged.refused
    }


@pytest.mark.parametrize(
    ("metric", "possible", "impossible"),
    [
        (facility.SENSOR_TEMPERATURE, (-59.9, 0.0, 77.0, 149.9), (-60.0, 150.0, 3276.7)),
        (facility.SENSOR_HUMIDITY, (0.0, 0.151, 1.0), (-0.01, 1.51, 15.1)),
        (facility.PDU_FREQUENCY, (0.0, 40.0, 49.98, 60.0, 70.0), (5.0, 39.9, 99.8, 500.0)),
        (facility.PDU_PHASE_VOLTAGE, (0.0, 100.0, 230.0, 415.0, 690.0), (-1.0, 1000.0, 2300.0)),
        (ups.UPS_BATTERY_VOLTAGE, (-54.0, 54.6, 546.0), (1001.0, -1000.0)),
        (dcplant.DCPLANT_BUS_VOLTAGE, (-53.5, 53.5, 380.0), (535.0, 5350.0)),
        (ups.UPS_LOAD, (0.0, 0.5, 1.2, 1.5), (-0.01, 1.51, 50.0)),
        (facility.PDU_POWER_FACTOR, (-1.0, 0.0, 0.98, 1.0), (1.02, 98.0, -9.9)),
        (facility.PDU_CURRENT_DISTORTION, (0.0, 0.39, 1.825), (-0.1, 39.0)),
        (facility.PDU_PHASE_CURRENT, (0.0, 63.0), (-0.1, 1e6)),
        # Static switches are made for up to 1 000 A at 480 V: 831 kVA in three phases.
        (transfer.ATS_OUTPUT_APPARENT, (0.0, 831e3), (-1.0,)),
        (facility.PDU_APPARENT_POWER, (0.0, 500e3), (-1.0,)),
        (ups.UPS_BATTERY_CURRENT, (-40.0, 0.0, 40.0), (1e6,)),
        (generator.GENERATOR_RUN_SECONDS, (0.0, 3.6e6), (-1.0,)),
        (node.NODE_INLET, (22.0,), (200.0,)),
        (sensor.SENSOR_PRESSURE_DIFFERENCE, (-25.0, 12.0), ()),
    ],
)
def test_each_metric_has_its_bounds(
    metric: Metric, possible: tuple[float, ...], impossible: tuple[float, ...]
) -> None:
    """What can be is a reading, up to the bound; what is beyond is none and is counted."""
    for value in possible:
        assert verdict(reading(metric, value)) == {}, value
    for value in impossible:
        assert set(verdict(reading(metric, value)).values()) <= {"out_of_bounds", "wrong_scale"}
        assert verdict(reading(metric, value)), value


@pytest.mark.parametrize("volts", [2360.0, 2300.0, 1200.0, 4000.0, 23_000.0, 1100.0])
def test_a_voltage_of_ten_or_a_hundred_times_a_nominal_one_says_so(volts: float) -> None:
    """236, 230, 120 and 400 V in tenths, 230 V in hundredths, 110 V in tenths."""
    assert verdict(reading(ups.UPS_INPUT_VOLTAGE, volts, phase="L1")) == {"L1": "wrong_scale"}


def test_0_w_beside_a_current_and_a_load_is_no_reading() -> None:
    """14.5 A x 230 V = 3335 VA and 50 % load are not 0 W; the phase without a current has 0 W."""
    rows = [("L1", 14.5, 0.5), ("L2", 6.4, 0.21), ("L3", 0.0, 0.0)]
    readings = []
    for phase, amperes, load in rows:
        readings += [
            reading(ups.UPS_OUTPUT_CURRENT, amperes, phase=phase),
            reading(ups.UPS_OUTPUT_VOLTAGE, 230.0, phase=phase),
            reading(ups.UPS_LOAD, load, phase=phase),
            reading(ups.UPS_OUTPUT_POWER, 0.0, phase=phase),
        ]
    assert verdict(*readings) == {"L1": "zero_with_load", "L2": "zero_with_load"}


def test_0_w_of_an_outlet_is_judged_by_its_own_current() -> None:
    """2 A x 230 V = 460 VA. 0.2 A are 46 VA: a supply in standby, whose 0 W is a rounding."""
    assert verdict(
        reading(pdu_parts.PDU_OUTLET_POWER, 0.0, outlet="1"),
        reading(pdu_parts.PDU_OUTLET_CURRENT, 2.0, outlet="1"),
        reading(pdu_parts.PDU_OUTLET_POWER, 0.0, outlet="2"),
        reading(pdu_parts.PDU_OUTLET_CURRENT, 0.2, outlet="2"),
        reading(pdu_parts.PDU_OUTLET_POWER, 0.0, outlet="3"),
        reading(pdu_parts.PDU_OUTLET_CURRENT, 0.0, outlet="3"),
        reading(pdu_parts.PDU_OUTLET_VOLTAGE, 230.0, outlet="1"),
        reading(pdu_parts.PDU_OUTLET_VOLTAGE, 230.0, outlet="2"),
        reading(pdu_parts.PDU_OUTLET_VOLTAGE, 230.0, outlet="3"),
    ) == {"1": "zero_with_load"}


def test_0_w_of_the_whole_is_judged_by_all_phases() -> None:
    """Three phases of 0.15 A at 230 V are 103.5 VA together; of 0.05 A they are 34.5 VA."""

    def whole(amperes: float) -> dict[str, str]:
        phases = [
            one
            for phase in ("L1", "L2", "L3")
            for one in (
                reading(facility.PDU_PHASE_CURRENT, amperes, phase=phase),
                reading(facility.PDU_PHASE_VOLTAGE, 230.0, phase=phase),
            )
        ]
        return verdict(reading(facility.PDU_POWER, 0.0), *phases)

    assert whole(0.15) == {"power_watts": "zero_with_load"}
    assert whole(0.05) == {}


def test_0_w_of_one_device_is_not_judged_by_another() -> None:
    """The linked PDU draws 10 A; this one is idle."""
    assert not verdict(
        reading(facility.PDU_PHASE_POWER, 0.0, phase="L1"),
        reading(facility.PDU_PHASE_CURRENT, 10.0, phase="L1", pdu="A08-A"),
    )


def test_0_hz_is_a_reading_only_where_there_is_no_voltage() -> None:
    """Input B of a transfer switch is dead; input A has 231 V, and so a frequency."""
    assert verdict(
        reading(transfer.ATS_INPUT_FREQUENCY, 0.0, ats="t", source="A"),
        reading(transfer.ATS_INPUT_VOLTAGE, 231.0, ats="t", source="A", phase="L1"),
        reading(transfer.ATS_INPUT_FREQUENCY, 0.0, ats="t", source="B"),
        reading(transfer.ATS_INPUT_VOLTAGE, 0.4, ats="t", source="B", phase="L1"),
    ) == {"input_frequency_hertz": "zero_with_load"}


def test_0_a_and_0_v_beside_a_power_are_no_readings() -> None:
    """600 W need 2.6 A at 230 V. 100 W may be a current below the half of one ampere."""
    assert verdict(
        reading(facility.PDU_PHASE_POWER, 600.0, phase="L1"),
        reading(facility.PDU_PHASE_CURRENT, 0.0, phase="L1"),
        reading(facility.PDU_PHASE_POWER, 100.0, phase="L2"),
        reading(facility.PDU_PHASE_CURRENT, 0.0, phase="L2"),
    ) == {"L1": "zero_with_load"}


def test_a_phase_of_a_meter_may_be_idle_while_the_meter_is_not() -> None:
    """All of the meter's 9 kW are on L2; L1 has no current, and that is a reading."""
    assert not verdict(
        reading(facility.METER_POWER, 9000.0),
        reading(facility.METER_CURRENT, 0.0, phase="L1"),
        reading(facility.METER_CURRENT, 39.2, phase="L2"),
    )


def test_a_meter_behind_transformers_is_accepted_where_its_power_agrees() -> None:
    """2 400 V x 100 A = 240 kVA beside 220 kW is medium voltage; beside 22 kW it is tenths."""

    def phase(watts: float) -> dict[str, str]:
        return verdict(
            reading(facility.METER_VOLTAGE, 2400.0, phase="L1"),
            reading(facility.METER_CURRENT, 100.0, phase="L1"),
            reading(facility.METER_PHASE_POWER, watts, phase="L1"),
        )

    assert phase(220_000.0) == {}
    assert phase(22_000.0) == {"L1": "wrong_scale"}
    assert verdict(reading(facility.METER_VOLTAGE, 2300.0, phase="L1")) == {"L1": "wrong_scale"}
    assert verdict(reading(facility.METER_VOLTAGE, 10_000.0, phase="L1")) == {}


def _output(watts: float, amperes: float, phase: str = "L1") -> dict[str, str]:
    """Return the verdict on a phase of a UPS at 230 V, by metric."""
    dropped: Counter[str] = Counter()
    readings = [
        reading(ups.UPS_OUTPUT_POWER, watts, phase=phase),
        reading(ups.UPS_OUTPUT_CURRENT, amperes, phase="L1"),
        reading(ups.UPS_OUTPUT_VOLTAGE, 230.0, phase="L1"),
    ]
    return {one.series.metric.name: one.reason for one in judge(readings, dropped).refused}


@pytest.mark.parametrize("watts", [2.0, 2.5, 49.0])
def test_kilowatts_that_are_told_as_watts_are_no_reading(watts: float) -> None:
    """11 A x 230 V = 2530 VA; a fiftieth of them is 50.6 W."""
    assert _output(watts, 11.0) == {"output_power_watts": "wrong_scale"}


@pytest.mark.parametrize("amperes", [1.1, 0.11, 2.1])
def test_whole_amperes_that_are_told_as_tenths_are_no_reading(amperes: float) -> None:
    """2500 W at 230 V are 10.9 A; a fifth of them is 2.17 A."""
    assert _output(2500.0, amperes) == {"output_current_amperes": "wrong_scale"}


@pytest.mark.parametrize(
    ("watts", "amperes"),
    [
        (2500.0, 11.0),
        (51.0, 11.0),  # a filter at no load
        (2500.0, 2.2),
        (5.0, 2.0),  # 460 VA: too little to judge
        (499.0, 0.1),
        (-2000.0, 0.5),  # power that flows back
    ],
)
def test_a_power_and_a_current_that_may_be_of_one_load_are_readings(
    watts: float, amperes: float
) -> None:
    """Below 500 VA and 500 W, and within the factors of 50 and 5, both are accepted."""
    assert _output(watts, amperes) == {}


@pytest.mark.parametrize(
    ("factor", "refused"),
    [(0.98, {"power_watts"}), (-0.98, {"power_watts"}), (0.01, set()), (None, set())],
)
def test_a_meters_power_is_compared_where_its_power_factor_is_plain(
    factor: float | None, refused: set[str]
) -> None:
    """3 x 10 A x 230 V = 6.9 kVA at 0.98 are 6.8 kW, not 7 W; without a factor, 7 W may be the net
    of what the roof gives and the hall takes.
    """
    readings = [reading(facility.METER_POWER, 7.0)]
    for phase in ("L1", "L2", "L3"):
        readings.append(reading(facility.METER_CURRENT, 10.0, phase=phase))
        readings.append(reading(facility.METER_VOLTAGE, 230.0, phase=phase))
    if factor is not None:
        readings.append(reading(facility.METER_POWER_FACTOR, factor))
    found = judge(readings, Counter()).refused
    assert {one.series.metric.name for one in found} == refused
    assert {one.reason for one in found} <= {"wrong_scale"}


def test_the_power_of_three_phases_does_not_refuse_the_current_of_one() -> None:
    """A UPS tells 2500 W of all phases, and 1.1 A of L1: the others may carry the rest."""
    assert _output(2500.0, 1.1, phase="") == {}


def test_a_power_factor_of_0_beside_a_power_is_no_reading() -> None:
    """514 W of 551 VA have a power factor of 0.93, not 0."""
    assert verdict(reading(facility.PDU_POWER, 514.0), reading(facility.PDU_POWER_FACTOR, 0.0)) == {
        "power_factor_ratio": "zero_with_load"
    }


def test_the_extremes_of_types_are_no_readings_of_gauges() -> None:
    """0x7fffffff, -2^31, 65535 and 0xffffffff are signs for no value; a counter passes them."""
    assert {2147483647, -2147483648, 65535, 4294967295, 32767, -32768} <= EXTREMES
    assert {0, -1, 65534, 2147483646} & EXTREMES == set()
    assert has_extremes(facility.PDU_POWER)
    assert not has_extremes(facility.PDU_ENERGY)
    assert not has_extremes(pdu_parts.PDU_OUTLET_ON)


def test_what_is_refused_is_said_in_one_line_without_values() -> None:
    """A metric is named once, however many outlets it has; a sentinel is not named."""
    watts = [
        Refusal(reading(pdu_parts.PDU_OUTLET_POWER, 0.0, outlet=outlet)[0], 0.0, "zero_with_load")
        for outlet in ("1", "2")
    ]
    volts = Refusal(reading(facility.PDU_VOLTAGE, 2300.0)[0], 2300.0, "wrong_scale")
    none = Refusal(reading(facility.PDU_CURRENT, -1.0)[0], -1.0, "sentinel")
    assert summary([*watts, volts, none]) == (
        "refused readings: dc_pdu_outlet_power_watts (zero_with_load),"
        " dc_pdu_voltage_volts (wrong_scale)"
    )
    assert summary([none]) == ""


def test_identify_lists_what_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Each reading with its labels, what the device sent and the reason."""
    volts = reading(ups.UPS_INPUT_VOLTAGE, 2360.0, phase="L1")[0]
    show_refused([Refusal(volts, 2360.0, "wrong_scale"), Refusal(volts, float("nan"), "sentinel")])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Dropped, because they are impossible:",
        '  dc_ups_input_voltage_volts{ups="ups-1",phase="L1"}  2360 V wrong_scale',
        '  dc_ups_input_voltage_volts{ups="ups-1",phase="L1"}  none sentinel',
    ]
