"""The collector that reads NetBox when it is due."""

from __future__ import annotations

import asyncio
import time

import pytest

from agent import config as config_module
from agent.config import Config
from agent.inventory.netbox.collector import NetBoxCollector
from agent.inventory.netbox.config import InventorySource
from collectors.base import BadReply
from tests.agent.inventory.netbox.data import example
from tests.agent.inventory.netbox.panels import panels
from tests.agent.inventory.netbox.reading import Write
from tests.agent.inventory.netbox.server import served
from tests.support import HANGS, until


def collector_of(config: Config, calls: list[str]) -> NetBoxCollector:
    """Return the collector of a config; `calls` gets a word for each changed inventory."""
    source = config.file.inventory
    assert isinstance(source, InventorySource)
    return NetBoxCollector(
        source.netbox,
        config.file.hub,
        config.file.state_dir,
        changed=lambda: calls.append("changed"),
    )


async def test_the_collector_never_waits_for_a_slow_netbox(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A round does not wait for a reading, which goes on and is reported when it ends."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", 0.1)
    calls: list[str] = []
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(503, {"Retry-After": "1"})]
        config = config_module.load(write(netbox.url))
        collector = collector_of(config, calls)
        # Were the reading waited for, there would be readings.
        assert list(await collector.collect()) == []
        async with asyncio.timeout(HANGS):
            while not (found := await collector.collect()):
                await asyncio.sleep(0.01)
                assert netbox.asked["sites"] <= 2
        readings = {series.metric.name: value for series, value in found}
        assert calls == ["changed"]
        assert readings == {"problems": 0.0}
        assert netbox.asked["sites"] == 2
        monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", HANGS)
        collector._due = 0.0
        await collector.collect()
        assert netbox.asked["sites"] == 3
        assert calls == ["changed"], "nothing has changed"
        netbox.data.rack(netbox.data.lists["sites"][0], "A09")
        collector._due = 0.0
        await collector.collect()
        assert calls == ["changed", "changed"]
        await collector.aclose()


async def test_a_panels_new_rating_is_a_change(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A panel that is rated otherwise than before changes the inventory, though no rack changes."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", HANGS)
    calls: list[str] = []
    with served(panels()) as netbox:
        config = config_module.load(write(netbox.url, extra="panel_amperes_field: amperes"))
        collector = collector_of(config, calls)
        await collector.collect()
        netbox.data.lists["power-panels"][0]["custom_fields"]["amperes"] = 80
        collector._due = 0.0
        await collector.collect()
        assert calls == ["changed", "changed"]
        await collector.aclose()


async def test_a_failure_is_told_every_round_and_tried_again(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While NetBox cannot be read every round fails with the reason; `aclose` ends the reading."""
    monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", HANGS)
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(500, {}), "slow"]
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 50s", "timeout: 1h"))
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        collector = NetBoxCollector(
            source.netbox, config.file.hub, config.file.state_dir, changed=lambda: None
        )
        for _ in range(2):
            with pytest.raises(BadReply, match="HTTP 500"):
                await collector.collect()
        assert netbox.asked["sites"] == 1
        collector._due = 0.0
        monkeypatch.setattr("agent.inventory.netbox.collector._PATIENCE", 0.1)
        with pytest.raises(BadReply):
            await collector.collect()
        await until(lambda: netbox.asked["sites"] == 2)
        began = time.monotonic()
        await collector.aclose()
        assert time.monotonic() - began < HANGS
