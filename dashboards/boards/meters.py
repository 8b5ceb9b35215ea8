"""Meters and data quality: does the evidence arrive, and is it plausible?"""

from __future__ import annotations

from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker, Table
from dashboards.signals import inventory, meter, own, power, pue

COLUMNS = {
    "reason": Text("Reason"),
    "rack": Text("Rack"),
    "device": Text("Device"),
    "site": Text("Site"),
    "hub": Text("Hub"),
}


def board(language: Language) -> Board:
    """Return the dashboard of meters and data quality."""
    make = Maker(language, uid=uids.METERS, within=("hub", "site"))
    return Board(
        uid=uids.METERS,
        title=Text("Meters and data quality"),
        description=Text(
            "Whether the evidence arrives, is plausible, and matches the inventory.",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        time_from="now-24h",
        sections=[_meters(make), _evidence(make), _inventory(make)],
    )


def _meters(make: Maker) -> Section:
    return Section(
        title=Text("Meters"),
        cells=[
            panels.stat(make, meter.METER_COUNT, width=6),
            panels.stat(make, meter.METER_SILENT, width=6),
            panels.timeline(make, power.METER_UP, width=12, height=8),
            panels.series(make, meter.METER_EACH, width=12, height=9, legend="right"),
            panels.series(make, meter.METER_FACTOR, width=12, height=9, legend="right"),
            panels.series(make, meter.METER_VOLTAGE, width=12, legend="right"),
            panels.series(make, meter.METER_FREQUENCY, width=12, legend="right"),
        ],
    )


def _evidence(make: Maker) -> Section:
    return Section(
        title=Text("Evidence of the PUE"),
        cells=[
            panels.timeline(make, pue.PUE_STATE, width=8),
            panels.series(make, pue.PUE_COVERAGE, width=8),
            panels.series(make, pue.PUE_UNCERTAINTY, width=8),
            panels.series(make, own.LEDGER_READINGS, width=8),
            panels.series(make, own.LEDGER_REJECTED, width=8),
            panels.bars(make, own.LEDGER_EVENTS, width=8),
        ],
    )


def _inventory(make: Maker) -> Section:
    return Section(
        title=Text("Inventory against what is seen"),
        cells=[
            panels.series(make, inventory.ANSWERING, width=8),
            panels.bars(make, inventory.EXPECTED),
            panels.bars(make, inventory.MISMATCHES),
            panels.bars(make, inventory.SILENT_FOR, width=10, height=10),
            panels.table(
                make,
                Table(
                    title=Text("What differs"),
                    description=Text(
                        "Racks and devices on which inventory, config and what answers differ.",
                    ),
                    columns=[inventory.MISMATCH_LIST],
                    names=COLUMNS,
                    sort=inventory.MISMATCH_LIST,
                ),
                width=14,
            ),
        ],
    )
