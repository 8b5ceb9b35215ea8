"""One rack: its feeds, phases, banks and outlets, its air, and what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, RACK_NAME, ROW, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import onerack

if TYPE_CHECKING:
    from dashboards.language import Language


def board(language: Language) -> Board:
    """Return the dashboard of a rack."""
    make = Maker(language, uid=uids.RACK, within=("hub", "site", "row"))
    return Board(
        uid=uids.RACK,
        title=Text("Rack", "单机柜"),
        description=Text(
            "One rack: feeds, phases, outlets, air, nodes and chips.",
            "单个机柜：供电路、相、插座、温湿度、节点与芯片。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), ROW, RACK_NAME],
        alerts='<site>,rack=~"$rack"',
        sections=[
            Section(
                title=Text("Now", "当前"),
                cells=[
                    make.gauge(onerack.ONE_UTILIZATION, width=8),
                    make.stat(onerack.ONE_FAILOVER, width=4),
                    make.stat(onerack.ONE_HEADROOM, width=4),
                    make.stat(onerack.ONE_INLET, width=4),
                    make.stat(onerack.ONE_CAPACITY, width=4, graph=False),
                ],
            ),
            Section(
                title=Text("Power", "供电"),
                cells=[
                    make.series(onerack.ONE_POWER, stack=True),
                    make.timeline(onerack.ONE_PDU_UP, width=12),
                    make.series(onerack.ONE_PHASES),
                    make.bars(onerack.ONE_BANKS, width=12),
                    make.bars(onerack.ONE_OUTLETS, width=12, height=12),
                    make.series(onerack.ONE_FAILOVER, height=12),
                ],
            ),
            Section(
                title=Text("Air", "环境"),
                cells=[
                    make.series(onerack.ONE_SENSORS, width=8),
                    make.series(onerack.ONE_HUMIDITY, width=8),
                    make.series(onerack.ONE_NODE_INLET, width=8),
                ],
            ),
            Section(
                title=Text("What stands in it", "柜内设备"),
                cells=[
                    make.series(onerack.ONE_NODES),
                    make.timeline(onerack.ONE_SUPPLIES, width=12),
                    make.series(onerack.ONE_CHIPS),
                    make.series(onerack.ONE_CHIP_UTILIZATION),
                ],
            ),
        ],
    )
