"""The accelerators of a site: how many, how busy, how hot, which are unwell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker, Table
from dashboards.signals import chip

if TYPE_CHECKING:
    from dashboards.language import Language

COLUMNS = {
    "node": Text("Node", "节点"),
    "accelerator": Text("Chip", "芯片"),
    "site": Text("Site", "站点"),
    "hub": Text("Hub", "枢纽"),
}


def board(language: Language) -> Board:
    """Return the dashboard of the accelerators."""
    make = Maker(language, uid=uids.CHIPS, within=("hub", "site"))
    columns = [chip.EACH_TEMPERATURE, chip.EACH_UTILIZATION, chip.EACH_POWER, chip.EACH_MEMORY]
    return Board(
        uid=uids.CHIPS,
        title=Text("Chips", "芯片"),
        description=Text(
            "Accelerators: how many, how busy, how hot, which are unwell.",
            "加速卡：数量、利用率、温度与健康状况。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        sections=[
            Section(
                title=Text("Now", "当前"),
                cells=[
                    make.stat(chip.CHIPS, width=5, graph=False),
                    make.stat(chip.CHIP_PEAK, width=5, graph=False),
                    make.stat(chip.CHIP_HEALTHY, width=5),
                    make.stat(chip.CHIP_SILENT, width=4),
                    make.gauge(chip.CHIP_MEMORY, width=5),
                ],
            ),
            Section(
                title=Text("Work and power", "负载与功率"),
                cells=[
                    make.series(chip.CHIP_UTILIZATION),
                    make.heatmap(chip.CHIP_DISTRIBUTION, height=8),
                    make.series(chip.CHIP_POWER),
                    make.series(chip.NODE_POWER),
                ],
            ),
            Section(
                title=Text("Heat and faults", "温度与故障"),
                cells=[
                    make.series(chip.CHIP_TEMPERATURE, width=24, height=9, legend="right"),
                    make.table(
                        Table(
                            title=Text("Warmest chips", "温度最高的芯片"),
                            description=Text(
                                "The warmest chips and what they do.", "温度最高的芯片及其负载。"
                            ),
                            columns=columns,
                            names=COLUMNS,
                            sort=chip.EACH_TEMPERATURE,
                        ),
                        height=12,
                    ),
                    make.series(chip.CHIP_THROTTLED),
                    make.series(chip.CHIP_ECC),
                ],
            ),
        ],
    )
