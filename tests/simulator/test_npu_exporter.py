"""Simulated chips: their pages tell one story with their racks, and only what was asked for."""

from __future__ import annotations

import asyncio

import pytest

from agent.config import load
from collectors.accelerators import KIND
from collectors.accelerators.exporter import parse
from collectors.accelerators.exporter_profile import load_profile
from collectors.base import BadReply, Context, Place
from collectors.catalogue import node
from simulator.npu_exporter import PROFILE, NpuExporters
from simulator.site import build_site

NOON = 1_795_600_000.0


def test_chips_follow_their_racks() -> None:
    """The cards draw most of their rack's power, never more; equal times give equal pages."""
    exporters = NpuExporters(build_site("guian", 24))
    drawn: dict[str, float] = {}
    for simulated in exporters.nodes.values():
        page = simulated.page(NOON)
        assert page == simulated.page(NOON)
        chips = parse(page.encode(), load_profile(PROFILE), NOON).chips
        assert len(chips) == simulated.node.accelerators == 8
        watts = [
            value for chip in chips if (value := chip.value(node.ACCELERATOR_POWER)) is not None
        ]
        assert len(watts) == 4  # one a card
        drawn[simulated.rack.name] = drawn.get(simulated.rack.name, 0.0) + sum(watts)
        assert all(0 <= chip.value(node.ACCELERATOR_UTILIZATION) <= 1 for chip in chips)
        assert all(20 < chip.value(node.ACCELERATOR_TEMPERATURE) < 70 for chip in chips)
    loads = {one.rack.name: one.rack.load.power(NOON) for one in exporters.nodes.values()}
    assert all(0.3 * loads[rack] < watts < loads[rack] for rack, watts in drawn.items())


async def test_an_agent_reads_what_the_section_names() -> None:
    """The written config section reads every node in its rack; an unknown path gives 404."""
    site = build_site("guian", 8)
    exporters = NpuExporters(site)
    await exporters.start()
    try:
        section = "".join(exporters.section("5s")).replace("timeout: 3s", "timeout: 2m")
        config = load("c.yaml", text=f"hub: guian\nsite: {site.key}\ncollectors:\n{section}")
        context = Context(place=Place(hub="guian", site=site.key), node="here")
        collectors = KIND.build(config.sections[0].config, context)
        assert len(collectors) == len(exporters.nodes) > 0
        rounds = await asyncio.gather(*(one.collect() for one in collectors))
        info = [
            series
            for readings in rounds
            for series, _ in readings
            if series.metric is node.ACCELERATOR_INFO
        ]
        assert {(series.label("rack"), series.label("node")) for series in info} == {
            (one.rack.name, name) for name, one in exporters.nodes.items()
        }
        collectors[0].device = collectors[0].device.replace("/sim-", "/none-")
        with pytest.raises(BadReply, match="404"):
            await collectors[0].collect()
    finally:
        await exporters.stop()


def test_a_site_without_chips_has_no_section() -> None:
    """Where no node has chips, nothing is written."""
    assert not list(NpuExporters(build_site("guian", 1)).section("5s"))
