"""The BACnet collector against real bacpypes3 servers on loopback, and against what they cannot be
made to do.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from bacpypes3.basetypes import Scale, StatusFlags
from bacpypes3.object import (  # not those of bacpypes3.local, which make their own status flags
    AccumulatorObject,
    AnalogValueObject,
    BinaryInputObject,
    MultiStateInputObject,
)

from collectors.base import BadReply
from tests.collectors.facility.bacnet.plant import (
    CHILLER,
    HEALTHY,
    analog,
    chiller,
    collectors,
    plant,
    values,
)


async def test_points_come_out_in_base_units_by_the_device_s_own_unit() -> None:
    """Degrees Fahrenheit, kilowatts and tons of refrigeration become degrees Celsius and watts."""
    objects = (
        analog(1, 7.5, "degrees-celsius"),
        analog(2, 53.6, "degrees-fahrenheit"),
        analog(3, 120.0, "kilowatts"),
        analog(4, 200.0, "tons-refrigeration"),
    )
    async with (
        plant(*objects) as (address, server),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        first, second = await values(one), await values(one)
        asked = list(server.asked)
    unit = '{unit="chiller-1"}'
    assert first == second
    assert first == pytest.approx(
        {
            f"dc_cooling_up{unit}": 1.0,
            f"dc_cooling_supply_temperature_celsius{unit}": 7.5,
            f"dc_cooling_return_temperature_celsius{unit}": 12.0,
            f"dc_cooling_power_watts{unit}": 120_000.0,
            f"dc_cooling_capacity_watts{unit}": 703_370.57,
        },
        rel=1e-6,
    )
    assert (one.device, one.dropped) == ("chiller-1", {})
    assert asked == ["ReadPropertyMultipleRequest"] * 2


async def test_what_the_device_itself_calls_unreliable_is_absent() -> None:
    """A point that is out of service, faulty by flag or by reliability, or not a number is no
    reading, and is counted.
    """
    objects = (
        analog(1, 7.5, "degrees-celsius", outOfService=True, statusFlags=StatusFlags([0, 0, 0, 1])),
        analog(2, 12.0, "degrees-celsius", statusFlags=StatusFlags([1, 1, 0, 0])),
        analog(3, 120.0, "kilowatts", reliability="no-sensor"),
        analog(4, float("nan"), "kilowatts"),
    )
    async with chiller(*objects) as one:
        assert await values(one) == {'dc_cooling_up{unit="chiller-1"}': 1.0}
    assert one.dropped == {"out_of_service": 1, "fault": 2, "sentinel": 1}


async def test_an_alarm_or_an_override_is_still_a_measurement() -> None:
    """A point that is in alarm is what one wants to see."""
    objects = [
        analog(
            n, 10.0, unit, statusFlags=StatusFlags([1, 0, 1, 0]), reliability="no-fault-detected"
        )
        for n, unit in enumerate(
            ("degrees-celsius", "degrees-celsius", "kilowatts", "kilowatts"), 1
        )
    ]
    async with chiller(*objects) as one:
        assert len(await values(one)) == 5


@pytest.mark.parametrize(
    "options",
    [{"multiple": False}, {"most": 5}, {"most": 1}],
    ids=["no RPM", "narrow", "one at a time"],
)
async def test_old_and_narrow_devices_are_read_as_they_can(options: dict[str, Any]) -> None:
    """Where ReadPropertyMultiple is not there, or the answer would be too long, questions become
    smaller, and stay so.
    """
    objects = [
        analog(n, 10.0, unit)
        for n, unit in enumerate(
            ("degrees-celsius", "degrees-celsius", "kilowatts", "kilowatts"), 1
        )
    ]
    async with (
        plant(*objects, **options) as (address, server),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        first = await values(one)
        server.asked.clear()
        assert first == await values(one)
        assert len(first) == 5
        if not options.get("multiple", True):
            assert set(server.asked) == {"ReadPropertyRequest"}
        else:
            assert len(server.asked) <= 13


async def test_an_object_that_is_not_there_costs_only_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is absent, counted every round, and named once in the log."""
    async with (
        plant(analog(1, 7.5, "degrees-celsius")) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        await values(one)
        got = await values(one)
    assert got == {
        'dc_cooling_up{unit="chiller-1"}': 1.0,
        'dc_cooling_supply_temperature_celsius{unit="chiller-1"}': 7.5,
    }
    assert one.dropped == {"no_value": 6}
    assert [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ] == [
        f"bacnet chiller-1: the device has no present-value of analog-input,{n}" for n in (2, 3, 4)
    ]


async def test_a_device_with_none_of_the_points_is_a_bad_reply() -> None:
    """That is another device's mapping, and the error says so."""
    async with plant() as (address, _), collectors(CHILLER.format(address=address)) as (one,):
        with pytest.raises(BadReply, match="answers, but has none of its 4 points"):
            await one.collect()


async def test_a_unit_of_another_quantity_is_no_reading(caplog: pytest.LogCaptureFixture) -> None:
    """A temperature is not taken for a power; the log says which object and what to give."""
    objects = (analog(3, 120.0, "degrees-celsius"), analog(1, 7.5, "no-units"))
    async with chiller(*objects) as one:
        assert await values(one) == {'dc_cooling_up{unit="chiller-1"}': 1.0}
    assert one.dropped == {"unit": 2, "no_value": 2}
    assert (
        "analog-input,3 reports the unit degrees-celsius, which does not fit"
        " dc_cooling_power_watts; give unit"
    ) in caplog.text


async def test_states_registers_and_scales_are_mapped() -> None:
    """Binary and multi-state objects become states, an accumulator its energy with where it wraps,
    a count what the config says.
    """
    objects = (
        BinaryInputObject(
            objectIdentifier=("binary-input", 1),
            objectName="b",
            presentValue="active",
            statusFlags=HEALTHY,
        ),
        MultiStateInputObject(
            objectIdentifier=("multi-state-input", 1),
            objectName="m",
            presentValue=2,
            numberOfStates=3,
            statusFlags=HEALTHY,
        ),
        AccumulatorObject(
            objectIdentifier=("accumulator", 1),
            objectName="e",
            presentValue=12345,
            units="kilowatt-hours",
            scale=Scale(integerScale=-1),
            maxPresValue=99999,
            statusFlags=HEALTHY,
        ),
        AnalogValueObject(
            objectIdentifier=("analog-value", 9),
            objectName="v",
            presentValue=875.0,
            units="no-units",
            statusFlags=HEALTHY,
            covIncrement=1.0,
        ),
    )
    text = """
devices:
  - address: {address}
    meter: chiller-meter
    point: cooling
    ups: ups-1
    rack: A07
    points:
      - {{object: "binary-input,1", metric: dc_ups_on_battery}}
      - {{object: "multi-state-input,1", metric: dc_ups_on_bypass, map: {{1: 0, 2: 1}}}}
      - {{object: "accumulator,1", metric: dc_meter_energy_joules_total}}
      - {{object: "analog-value,9", metric: dc_meter_power_watts, unit: kW, scale: 0.1,
         least: 0, most: 10000}}
      - {{object: "analog-value,9", metric: dc_sensor_humidity_ratio, unit: permille,
         labels: {{sensor: hall-2}}}}
"""
    async with plant(*objects) as (address, _), collectors(text.format(address=address)) as (one,):
        got = await values(one)
    meter, ups = '{meter="chiller-meter",point="cooling"}', '{ups="ups-1"}'
    assert got == pytest.approx(
        {
            f"dc_meter_up{meter}": 1.0,
            f"dc_ups_up{ups}": 1.0,
            f"dc_ups_on_battery{ups}": 1.0,
            f"dc_ups_on_bypass{ups}": 1.0,
            f"dc_meter_energy_joules_total{meter}": 1234.5 * 3.6e6,
            f"dc_meter_power_watts{meter}": 87_500.0,
            'dc_sensor_humidity_ratio{row="A",rack="A07",sensor="hall-2"}': 0.875,
        }
    )
    assert {series.metric.name: span for series, span in one.register_rollovers.items()} == {
        "energy_joules_total": pytest.approx(10_000.0 * 3.6e6)
    }


async def test_devices_that_are_alike_share_a_profile(tmp_path: Path) -> None:
    """A profile's points are read from every device that names it, under that device's own name."""
    (tmp_path / "crah.yaml").write_text(
        "protocol: bacnet\ntitle: CRAH\nsource: as programmed\npoints:\n"
        "  - {object: 'analog-input,1', metric: dc_cooling_supply_temperature_celsius}\n"
    )
    async with (
        plant(analog(1, 18.0, "degrees-celsius")) as (a, _),
        plant(analog(1, 19.0, "degrees-celsius")) as (b, _),
    ):
        text = (
            f"profiles_dir: {tmp_path}\ndevices: [{{address: '{a}', cooling: c1, profile: crah}},"
            f" {{address: '{b}', cooling: c2, profile: crah}}]"
        )
        async with collectors(text) as (one, two):
            got = await values(one) | await values(two)
    assert got['dc_cooling_supply_temperature_celsius{unit="c1"}'] == 18.0
    assert got['dc_cooling_supply_temperature_celsius{unit="c2"}'] == 19.0


async def test_a_point_that_cannot_be_is_no_reading() -> None:
    """65535 is the sign of a gateway without a value, 215 C is no supply air: both are counted, and
    the second is listed.
    """
    objects = (
        analog(1, 215.0, "degrees-celsius"),
        analog(2, 12.0, "degrees-celsius"),
        analog(3, 65535.0, "kilowatts"),
        analog(4, 200.0, "kilowatts"),
    )
    async with chiller(*objects) as one:
        got = await values(one)
    assert {name.partition("{")[0] for name in got} == {
        "dc_cooling_up",
        "dc_cooling_return_temperature_celsius",
        "dc_cooling_capacity_watts",
    }
    assert one.dropped == {"sentinel": 1, "out_of_bounds": 1}
    assert [(refusal.value, refusal.reason) for refusal in one.refused] == [
        (215.0, "out_of_bounds")
    ]
