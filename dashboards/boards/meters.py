"""Meters and data quality: whether what the PUE rests on arrives, is plausible, and matches the inventory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker, Table
from dashboards.signals import inventory, meter, own, power

if TYPE_CHECKING:
    from dashboards.language import Language

COLUMNS = {
    "reason": Text("Reason", "原因"),
    "rack": Text("Rack", "机柜"),
    "device": Text("Device", "设备"),
    "site": Text("Site", "站点"),
    "hub": Text("Hub", "枢纽"),
}


def board(language: Language) -> Board:
    """Return the dashboard of meters and data quality."""
    make = Maker(language, uid=uids.METERS, within=("hub", "site"))
    return Board(
        uid=uids.METERS,
        title=Text("Meters and data quality", "电表与数据质量"),
        description=Text(
            "Whether the evidence arrives, is plausible, and matches the inventory.",
            "依据是否到达、是否可信、是否与清单一致。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        time_from="now-24h",
        sections=[_meters(make), _evidence(make), _inventory(make)],
    )


def _meters(make: Maker) -> Section:
    return Section(
        title=Text("Meters", "电表"),
        cells=[
            make.stat(meter.METER_COUNT, width=6, graph=False),
            make.stat(meter.METER_SILENT, width=6),
            make.timeline(power.METER_UP, width=12, height=8),
            make.series(meter.METER_EACH, width=12, height=9, legend="right"),
            make.series(meter.METER_FACTOR, width=12, height=9, legend="right"),
            make.series(meter.METER_VOLTAGE, width=12, legend="right"),
            make.series(meter.METER_FREQUENCY, width=12, legend="right"),
        ],
    )


def _evidence(make: Maker) -> Section:
    return Section(
        title=Text("Evidence of the PUE", "PUE的依据"),
        cells=[
            make.timeline(power.PUE_STATE, width=8),
            make.series(power.PUE_COVERAGE, width=8),
            make.series(power.PUE_UNCERTAINTY, width=8),
            make.series(own.LEDGER_READINGS, width=8),
            make.series(own.LEDGER_REJECTED, width=8),
            make.bars(own.LEDGER_EVENTS, width=8),
        ],
    )


def _inventory(make: Maker) -> Section:
    return Section(
        title=Text("Inventory against what is seen", "清单与实测"),
        cells=[
            make.series(inventory.ANSWERING, width=8),
            make.bars(inventory.EXPECTED),
            make.bars(inventory.MISMATCHES),
            make.bars(inventory.SILENT_FOR, width=10, height=10),
            make.table(
                Table(
                    title=Text("What differs", "不符明细"),
                    description=Text(
                        "Racks and devices on which inventory, config and what answers differ.",
                        "清单、配置与应答不一致的机柜和设备。",
                    ),
                    columns=[inventory.MISMATCH_LIST],
                    names=COLUMNS,
                    sort=inventory.MISMATCH_LIST,
                ),
                width=14,
            ),
        ],
    )
