"""The simulated UPSs and coolers, read by our collector through the packaged profiles."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from collectors.base import Context, Place, Unreachable
from collectors.facility.snmp import KIND
from collectors.facility.snmp.collector import SnmpCollector
from collectors.strict import read
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.support import hurried

NOW = 1_790_000_000.0
KINDS = {"ups": "ups", "ats": "ats", "cooler": "unit"}


@asynccontextmanager
async def plant(
    *, spread: bool = False
) -> AsyncIterator[tuple[Simulator, dict[str, SnmpCollector]]]:
    """Yield collectors of a site's plant by name; each device is identified, none is configured."""
    simulator = Simulator(build_site("guian", 14), clock=lambda: NOW, spread=spread)
    await simulator.start()
    made = []
    try:
        devices = "".join(
            f'  - {{address: "{simulator.addresses[name]}", '
            f"{KINDS[name.partition('-')[0]]}: {name}}}\n"
            for name in simulator.plant
        )
        config = read("snmp.yaml", KIND.Config, text=f"timeout: 2m\ndevices:\n{devices}")
        made = KIND.build(config, Context(place=Place(hub="guian", site="s"), node="n"))
        yield simulator, {one.device: one for one in made}
    finally:
        for one in made:
            await one.aclose()
        await simulator.stop()


async def values(collector: SnmpCollector) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for series, value in await collector.collect():
        found.setdefault(series.metric.full_name, []).append(value)
    return found


@pytest.mark.parametrize("spread", [False, True])
async def test_a_ups_shows_what_the_model_says(spread: bool) -> None:
    """A UPS's power matches its output meter; its full battery lasts longer at a smaller load."""
    async with plant(spread=spread) as (simulator, collectors):
        (model, _) = simulator.model.ups
        got = await values(collectors[model.name])
        watts = model.output.power(NOW)
        assert watts == simulator.meters["ups-a"].meter.power.power(NOW)
        assert sum(got["dc_ups_output_power_watts"]) == pytest.approx(watts, abs=2)
        assert max(got["dc_ups_load_ratio"]) == pytest.approx(watts / model.rated_watts, abs=0.02)
        assert 0.3 < max(got["dc_ups_load_ratio"]) < 0.5  # room for the other feed's load
        assert (got["dc_ups_battery_charge_ratio"], got["dc_ups_on_battery"]) == ([1.0], [0.0])
        (runtime,) = got["dc_ups_runtime_seconds"]
        assert runtime == pytest.approx(600 * model.rated_watts / watts, abs=60)


async def test_a_transfer_switch_is_on_the_mains_and_its_generator_stands() -> None:
    """It carries what its UPS draws, to tenths of a kilowatt of each phase."""
    async with plant() as (simulator, collectors):
        got = await values(collectors["ats-a"])
        (ups, _) = simulator.model.ups
        drawn = ups.output.power(NOW) + ups.losses.power(NOW)
        assert sum(got["dc_ats_output_power_watts"]) == pytest.approx(drawn, abs=150)
        assert got["dc_ats_source_selected"] == [1.0, 0.0]
        assert got["dc_generator_running"] == [0.0]
        assert set(got["dc_generator_output_power_watts"]) == {0.0}


async def test_coolers_show_the_heat_they_remove() -> None:
    """Coolers remove the heat of racks and losses; the return air is warmer by that heat."""
    async with plant() as (simulator, collectors):
        got = [await values(collectors[one.name]) for one in simulator.model.coolers]
        assert len(got) == 2
        heat = sum(one.output.power(NOW) + one.losses.power(NOW) for one in simulator.model.ups)
        assert sum(one["dc_cooling_capacity_watts"][0] for one in got) == pytest.approx(
            heat, abs=100
        )
        for one in got:
            (supply,), (returning,) = (
                one["dc_cooling_supply_temperature_celsius"],
                one["dc_cooling_return_temperature_celsius"],
            )
            assert 20 < supply < 21
            assert 8 < returning - supply < 15


async def test_a_silent_ups_is_unreachable_and_the_rest_answers() -> None:
    """A fault of the plant is as any other device's."""
    async with plant() as (simulator, collectors):
        simulator.set_fault("ups-system-a", "silent")
        with hurried(collectors["ups-system-a"], 0.5), pytest.raises(Unreachable):
            await collectors["ups-system-a"].collect()
        assert await collectors["ups-system-b"].collect()
