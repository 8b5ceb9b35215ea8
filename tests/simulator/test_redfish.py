"""Simulated management controllers, read by our own collector."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.config import load
from collectors.base import BadReply, Context, Place, Unreachable
from collectors.power.redfish import KIND
from collectors.power.redfish.collector import RedfishCollector
from collectors.strict import read
from simulator.config import write_config
from simulator.simulator import Simulator, month_begin
from simulator.site import build_site
from tests.support import HANGS, hurried

NOW = dt.datetime(2026, 7, 15, 12, 34, 56, tzinfo=dt.UTC).timestamp()


@asynccontextmanager
async def site(
    folder: Path, controllers: int
) -> AsyncIterator[tuple[Simulator, dict[str, RedfishCollector]]]:
    """Run a site and our collector of every node that answers, as its written config has them."""
    simulator = Simulator(build_site("guian", 2), controllers=controllers, clock=lambda: NOW)
    await simulator.start()
    write_config(simulator, folder)
    devices = "".join(
        f'  - {{address: "http://{simulator.addresses[name]}", node: {name}, timeout: 2m}}\n'
        for name in simulator.controllers
    )
    account = "username_file: username\npassword_file: password\nallow_http: true\n"
    config = read(folder / "redfish.yaml", KIND.Config, text=f"{account}devices:\n{devices}")
    made = KIND.build(config, Context(place=Place(hub="guian", site="s"), node="n"))
    try:
        yield simulator, {one.device: one for one in made}
    finally:
        for one in made:
            await one.aclose()
        await simulator.stop()


async def test_nodes_tell_their_share_of_the_rack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rack's nodes add up to its power in both schemas; registers show the model's energy."""
    monkeypatch.setattr("collectors.power.redfish.link._GOODBYE", HANGS)
    nodes = sum(len(rack.nodes) for rack in build_site("guian", 2).racks)
    async with site(tmp_path, nodes) as (simulator, collectors):
        assert len(collectors) == nodes > 4
        watts: dict[str, float] = {}
        for name, collector in collectors.items():
            controller = simulator.controllers[name]
            got = {series.metric.name: value for series, value in await collector.collect()}
            watts[controller.rack.name] = watts.get(controller.rack.name, 0.0) + got["power_watts"]
            assert got["inlet_temperature_celsius"] == pytest.approx(
                controller.rack.inlet_celsius.power(NOW), abs=0.5
            )
            assert ("energy_joules_total" in got) == controller.modern
            if controller.modern:
                assert got["energy_joules_total"] == pytest.approx(
                    controller.power.energy(month_begin(NOW), NOW), rel=1e-5
                )
        for rack in simulator.site.racks:
            if rack.nodes:
                assert watts[rack.name] == pytest.approx(
                    rack.load.power(NOW), abs=0.5 * len(rack.nodes)
                )
        assert {len(one.sessions) for one in simulator.controllers.values()} == {1}
    assert not any(one.sessions for one in simulator.controllers.values())


async def test_controllers_fail_as_other_devices_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is silent, one talks nonsense, the others read on; both come back."""
    async with site(tmp_path, 3) as (simulator, collectors):
        silent, garbled, well = collectors
        simulator.set_fault(silent, "silent")
        simulator.set_fault(garbled, "garbage")
        with monkeypatch.context() as brief, hurried(collectors[silent], 1.0):
            brief.setattr(collectors[silent].link.http, "timeout", 0.9)
            with pytest.raises(Unreachable):
                await collectors[silent].collect()
        with pytest.raises(BadReply):
            await collectors[garbled].collect()
        assert len(await collectors[well].collect()) > 5
        for name in (silent, garbled):
            simulator.set_fault(name, None)
            assert len(await collectors[name].collect()) > 5


async def test_the_written_config_names_them(tmp_path: Path) -> None:
    """An agent takes the config as it stands, each node in its rack, with the account beside it."""
    async with site(tmp_path, 2) as (simulator, _):
        config = load(tmp_path / "config.yaml")
        places = {
            f"A{n:02}": Place(hub="guian", site="s", row="A", rack=f"A{n:02}") for n in (1, 2)
        }
        made = [
            one
            for built in config.build_collectors(config.context(places))
            if built.kind.name == "redfish"
            for one in built.collectors
        ]
        assert [one.device for one in made] == list(simulator.controllers)
        assert all(
            one.up_series[0].label("rack") == simulator.controllers[one.device].rack.name
            for one in made
        )
