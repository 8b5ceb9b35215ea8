"""The accelerators of a site: how many, how busy, how hot, which are unwell."""

from __future__ import annotations

from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker, Table
from dashboards.signals import chip, each_chip

COLUMNS = {
    "node": Text("Node"),
    "accelerator": Text("Chip"),
    "site": Text("Site"),
    "hub": Text("Hub"),
}


def board(language: Language) -> Board:
    """Return the dashboard of the accelerators."""
    make = Maker(language, uid=uids.CHIPS, within=("hub", "site"))
    columns = each_chip.SIGNALS
    return Board(
        uid=uids.CHIPS,
        title=Text("Chips"),
        description=Text(
            "Accelerators: how many, how busy, how hot, which are unwell.",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        sections=[
            Section(
                title=Text("Now"),
                cells=[
                    panels.stat(make, chip.CHIPS, width=4),
                    panels.stat(make, chip.CHIP_PEAK, width=4),
                    panels.stat(make, chip.CHIP_INTEGER_PEAK, width=4),
                    panels.stat(make, chip.CHIP_HEALTHY, width=4),
                    panels.stat(make, chip.CHIP_SILENT, width=4),
                    panels.gauge(make, chip.CHIP_MEMORY, width=4),
                ],
            ),
            Section(
                title=Text("Work and power"),
                cells=[
                    panels.series(make, chip.CHIP_UTILIZATION),
                    panels.heatmap(make, chip.CHIP_DISTRIBUTION, height=8),
                    panels.series(make, chip.CHIP_POWER),
                    panels.series(make, chip.NODE_POWER),
                ],
            ),
            Section(
                title=Text("Heat and faults"),
                cells=[
                    panels.series(make, chip.CHIP_TEMPERATURE, width=24, height=9, legend="right"),
                    panels.table(
                        make,
                        Table(
                            title=Text("Warmest chips"),
                            description=Text("The warmest chips and what they do."),
                            columns=columns,
                            names=COLUMNS,
                            hidden=("site", "hub"),
                            sort=each_chip.EACH_TEMPERATURE,
                        ),
                        height=12,
                    ),
                    panels.series(make, chip.CHIP_THROTTLED),
                    panels.series(make, chip.CHIP_ECC),
                ],
            ),
        ],
    )
