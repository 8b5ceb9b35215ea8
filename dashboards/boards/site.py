"""One site: its energy from the utility to the chip, and a PUE that shows what it rests on."""

from __future__ import annotations

from dataclasses import replace

from collectors.catalogue.rack_limits import SiteLimits
from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, SITE, WINDOW, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker
from dashboards.signals import chip, energy, power, pue, rack, rack_limits, supply


def board(language: Language, limits: SiteLimits | None = None) -> Board:
    """Return the dashboard of a site."""
    make = Maker(language, uid=uids.SITE, within=("hub", "site"), limits=limits)
    return Board(
        uid=uids.SITE,
        title=Text("Site"),
        description=Text(
            "Energy from the utility to the chip, PUE with its limit and its evidence, where the"
            " overhead goes.",
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
    stages = [
        replace(stage, legend=f"{make.say(stage.name)} {stage.legend}".strip())
        for stage in energy.FLOW
    ]
    return Section(
        title=Text("From the utility to the chip"),
        cells=[
            panels.bars(make, *stages, width=10, height=10, title=Text("Power by stage, now")),
            panels.series(make, power.METER_POWER, width=14, height=10, legend="right"),
            panels.series(make, power.SITE_POWER),
            panels.series(make, pue.SITE_LEDGER_POWER),
        ],
    )


def _pue(make: Maker) -> Section:
    return Section(
        title=Text("PUE"),
        cells=[
            panels.stat(make, energy.WINDOW_PUE, width=6, height=5),
            panels.stat(make, energy.SITE_PUE_LIMIT, width=4, height=5),
            panels.stat(make, pue.PUE_REQUIRED, width=6, height=5),
            panels.stat(make, energy.PUE_GRADE, width=4, height=5),
            panels.stat(make, rack.SITE_OCCUPANCY, width=4, height=5),
            panels.series(
                make,
                pue.SITE_PUE,
                replace(energy.SITE_PUE_LIMIT, legend=make.say(Text("limit"))),
                width=16,
                height=9,
                title=Text("PUE by window, with its limit"),
            ),
            panels.timeline(make, pue.PUE_STATE, width=8, height=9),
            panels.series(make, pue.PUE_COVERAGE),
            panels.bars(make, pue.WINDOW_ENERGY, width=12),
            panels.series(make, pue.PUE_BURN, width=8),
            panels.series(make, pue.PUE_UNCERTAINTY, width=8),
            panels.series(make, pue.RENEWABLE, width=8),
        ],
    )


def _overhead(make: Maker) -> Section:
    return Section(
        title=Text("Where the overhead goes, in the window"),
        cells=[
            panels.bars(make, energy.OVERHEAD, height=7),
            panels.bars(make, energy.PARTIAL_PUE, height=7),
            panels.bars(make, energy.OVERHEAD_COVERAGE, height=7),
            panels.series(make, energy.REUSED, width=6),
            panels.series(make, energy.CUE, width=6, height=9),
            panels.series(make, energy.WUE, width=6),
            panels.series(make, pue.CARBON, width=6),
        ],
    )


def _supply(make: Maker) -> Section:
    return Section(
        title=Text("Power supply"),
        cells=[
            panels.series(make, power.UPS_LOAD, width=8),
            panels.bars(make, power.UPS_BATTERY),
            panels.timeline(make, power.UPS_ON_BATTERY, width=8),
            panels.series(make, power.PDU_POWER, width=8),
            panels.series(make, power.PDU_UP, width=8),
            panels.series(make, rack.SITE_RACK_POWER, width=8, stack=True),
        ],
    )


def _breakers(make: Maker) -> Section:
    return Section(
        title=Text("Breakers"),
        cells=[
            panels.history(make, supply.BREAKER_LOAD, width=12),
            panels.history(make, supply.BREAKER_FAILOVER, width=12),
        ],
    )


def _environment(make: Maker) -> Section:
    return Section(
        title=Text("Cooling and computing"),
        cells=[
            panels.series(make, power.COOLING_CAPACITY, width=8),
            panels.series(make, power.COOLING_SUPPLY, width=8),
            panels.series(make, rack_limits.HUMIDITY, width=8),
            panels.series(make, chip.NODE_POWER, width=8),
            panels.series(make, chip.CHIP_POWER, width=8),
            panels.series(make, chip.CHIP_UTILIZATION, width=8),
        ],
    )
