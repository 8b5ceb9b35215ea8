"""Racks and power: from the utility to the rack, which racks need someone, and whether the PUE can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.boards.base import HUB, RACKS, ROW, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker, Table
from dashboards.signals import chip, inventory, kpi, power, rack

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from dashboards.language import Language

COLUMNS = {"site": Text("Site", "站点"), "row": Text("Row", "列"), "rack": Text("Rack", "机柜"), "hub": Text("Hub", "枢纽")}


def board(registry: Registry, language: Language) -> Board:
    """Return the dashboard of racks and power."""
    make = Maker(language)
    return Board(
        uid=RACKS,
        title=Text("Racks and power", "机柜与供电"),
        description=Text(
            "Rack utilisation, failover, heat, PDUs, PUE with its evidence.", "机柜利用率、单路失电、温度、PDU、PUE及其依据。"
        ),
        language=language,
        variables=[HUB, SITE, ROW],
        sections=[_now(make), _racks(make), _pue(make, registry), _supply(make), _inventory(make)],
    )


def _now(make: Maker) -> Section:
    return Section(
        title=Text("Now", "当前"),
        cells=[
            make.stat(rack.RACK_COUNT, width=6, graph=False),
            make.gauge(rack.SITE_RACK_UTILIZATION, width=6),
            make.stat(rack.FAILOVER_COUNT, width=4),
            make.stat(rack.HOT_COUNT, width=4),
            make.stat(power.PDU_SILENT, width=4),
        ],
    )


def _racks(make: Maker) -> Section:
    columns = [rack.RACK_POWER_RATIO, rack.RACK_SPACE_RATIO, rack.FAILOVER, rack.INLET, rack.RACK_POWER_EACH]
    return Section(
        title=Text("Racks", "机柜"),
        cells=[
            make.tiles(rack.RACK_POWER_RATIO, height=9, title=Text("Rack map by power utilisation", "机柜功率利用率图")),
            make.history(rack.FAILOVER, width=12, height=12),
            make.history(rack.INLET, width=12, height=12),
            make.heatmap(rack.RACK_DISTRIBUTION, width=12),
            make.series(rack.SITE_RACK_POWER, width=12, height=9, stack=True),
            make.table(
                Table(
                    title=Text("Racks nearest to a limit", "最接近上限的机柜"),
                    description=Text(
                        "The fullest, most loaded and warmest racks; pick a row above to see one row whole.",
                        "最满、负载最高和最热的机柜；可在上方选择某一列查看整列。",
                    ),
                    columns=columns,
                    names=COLUMNS,
                    sort=rack.FAILOVER,
                )
            ),
            make.bars(rack.OCCUPANCY, width=6),
            make.bars(rack.RESERVED, width=6),
            make.series(rack.STRANDED, width=6),
            make.series(rack.HUMIDITY, width=6),
        ],
    )


def _inventory(make: Maker) -> Section:
    return Section(
        title=Text("Inventory against what is seen", "清单与实测"),
        cells=[
            make.series(inventory.ANSWERING, width=8),
            make.bars(inventory.MISMATCHES),
            make.bars(inventory.SILENT_FOR),
        ],
    )


def _pue(make: Maker, registry: Registry) -> Section:
    return Section(
        title=Text("PUE", "PUE"),
        cells=[
            make.series(
                power.SITE_PUE,
                power.PUE_LIMIT,
                width=16,
                height=9,
                title=Text("PUE by window, with its limit", "各时间窗PUE与上限"),
            ),
            make.stat(kpi.measured(registry, "pue"), width=8, height=5, graph=False),
            make.stat(power.PUE_REQUIRED, width=8, height=4, graph=False),
            make.timeline(power.PUE_STATE, width=12),
            make.series(power.PUE_COVERAGE),
            make.series(power.PUE_UNCERTAINTY, width=8),
            make.series(power.RENEWABLE, width=8),
            make.series(power.CARBON, width=8),
            make.bars(power.WINDOW_ENERGY, width=12, height=9),
            make.series(power.SITE_LEDGER_POWER, height=9),
        ],
    )


def _supply(make: Maker) -> Section:
    return Section(
        title=Text("From the utility to the chip", "从市电到芯片"),
        cells=[
            make.series(power.METER_POWER),
            make.series(power.SITE_POWER),
            make.series(power.PDU_POWER, width=8),
            make.series(power.PDU_UP, width=8),
            make.timeline(power.METER_UP, width=8),
            make.series(power.UPS_LOAD, width=8),
            make.gauge(power.UPS_BATTERY, width=8, height=8),
            make.timeline(power.UPS_ON_BATTERY, width=8),
            make.series(power.COOLING_CAPACITY, width=8),
            make.series(power.COOLING_SUPPLY, width=8),
            make.series(chip.NODE_POWER, width=8),
            make.series(chip.CHIP_POWER, width=8),
            make.series(chip.CHIP_UTILIZATION, width=8),
            make.series(chip.CHIP_TEMPERATURE, width=8),
        ],
    )
