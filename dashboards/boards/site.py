"""One site: its energy from the utility to the chip, and a PUE that shows what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, SITE, WINDOW, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import chip, energy, power, rack, supply

if TYPE_CHECKING:
    from dashboards.language import Language


def board(language: Language) -> Board:
    """Return the dashboard of a site."""
    make = Maker(language, uid=uids.SITE, within=("hub", "site"))
    return Board(
        uid=uids.SITE,
        title=Text("Site", "站点"),
        description=Text(
            "Energy from the utility to the chip, PUE with its limit and its evidence, where the overhead goes.",
            "从市电到芯片的能量流、PUE及其上限与依据、非IT能耗去向。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), WINDOW],
        time_from="now-24h",
        sections=[
            _flow(make),
            _pue(make),
            _overhead(make),
            _supply(make),
            _breakers(make),
            _environment(make),
        ],
    )


def _flow(make: Maker) -> Section:
    stages = [replace(stage, legend=make.say(stage.name)) for stage in energy.FLOW]
    return Section(
        title=Text("From the utility to the chip", "从市电到芯片"),
        cells=[
            make.bars(
                *stages, width=10, height=10, title=Text("Power by stage, now", "各级当前功率")
            ),
            make.series(power.METER_POWER, width=14, height=10, legend="right"),
            make.series(power.SITE_POWER),
            make.series(power.SITE_LEDGER_POWER),
        ],
    )


def _pue(make: Maker) -> Section:
    return Section(
        title=Text("PUE", "PUE"),
        cells=[
            make.stat(energy.WINDOW_PUE, width=6, height=5, graph=False),
            make.stat(energy.SITE_PUE_LIMIT, width=4, height=5, graph=False),
            make.stat(power.PUE_REQUIRED, width=6, height=5, graph=False),
            make.stat(energy.PUE_GRADE, width=4, height=5, graph=False),
            make.stat(rack.SITE_OCCUPANCY, width=4, height=5, graph=False),
            make.series(
                power.SITE_PUE,
                replace(energy.SITE_PUE_LIMIT, legend=make.say(Text("limit", "上限"))),
                width=16,
                height=9,
                title=Text("PUE by window, with its limit", "各时间窗PUE与上限"),
            ),
            make.timeline(power.PUE_STATE, width=8, height=9),
            make.series(power.PUE_COVERAGE),
            make.bars(power.WINDOW_ENERGY, width=12),
            make.series(power.PUE_BURN, width=8),
            make.series(power.PUE_UNCERTAINTY, width=8),
            make.series(power.RENEWABLE, width=8),
        ],
    )


def _overhead(make: Maker) -> Section:
    return Section(
        title=Text("Where the overhead goes, in the window", "所选时间窗内的非IT能耗去向"),
        cells=[
            make.bars(energy.OVERHEAD, height=7),
            make.bars(energy.PARTIAL_PUE, height=7),
            make.bars(energy.OVERHEAD_COVERAGE, height=7),
            make.series(energy.REUSED, width=6),
            make.series(energy.CUE, width=6, height=9),
            make.series(energy.WUE, width=6),
            make.series(power.CARBON, width=6),
        ],
    )


def _supply(make: Maker) -> Section:
    return Section(
        title=Text("Power supply", "供电"),
        cells=[
            make.series(power.UPS_LOAD, width=8),
            make.bars(power.UPS_BATTERY),
            make.timeline(power.UPS_ON_BATTERY, width=8),
            make.series(power.PDU_POWER, width=8),
            make.series(power.PDU_UP, width=8),
            make.series(rack.SITE_RACK_POWER, width=8, stack=True),
        ],
    )


def _breakers(make: Maker) -> Section:
    return Section(
        title=Text("Breakers", "断路器"),
        cells=[
            make.history(supply.BREAKER_LOAD, width=12),
            make.history(supply.BREAKER_FAILOVER, width=12),
        ],
    )


def _environment(make: Maker) -> Section:
    return Section(
        title=Text("Cooling and computing", "制冷与算力"),
        cells=[
            make.series(power.COOLING_CAPACITY, width=8),
            make.series(power.COOLING_SUPPLY, width=8),
            make.series(rack.HUMIDITY, width=8),
            make.series(chip.NODE_POWER, width=8),
            make.series(chip.CHIP_POWER, width=8),
            make.series(chip.CHIP_UTILIZATION, width=8),
        ],
    )
