"""One rack: its feeds, phases, banks and outlets, its air, and what stands in it."""

from __future__ import annotations

from collectors.catalogue.rack_limits import SiteLimits
from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, RACK_NAME, ROW, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker
from dashboards.signals import onerack, rack_nodes


def board(language: Language, limits: SiteLimits | None = None) -> Board:
    """Return the dashboard of a rack."""
    make = Maker(language, uid=uids.RACK, within=("hub", "site", "row"), limits=limits)
    return Board(
        uid=uids.RACK,
        title=Text("Rack", context="board"),
        description=Text(
            "One rack: feeds, phases, outlets, air, nodes and chips.",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one(), ROW, RACK_NAME],
        alerts='<site>,rack=~"$rack"',
        sections=[
            Section(
                title=Text("Now"),
                cells=[
                    panels.gauge(make, onerack.ONE_UTILIZATION, width=8),
                    panels.stat(make, onerack.ONE_FAILOVER, width=4),
                    panels.stat(make, onerack.ONE_HEADROOM, width=4),
                    panels.stat(make, onerack.ONE_INLET, width=4),
                    panels.stat(make, onerack.ONE_CAPACITY, width=4),
                ],
            ),
            Section(
                title=Text("Power"),
                cells=[
                    panels.series(make, onerack.ONE_POWER, stack=True),
                    panels.timeline(make, onerack.ONE_PDU_UP, width=12),
                    panels.series(make, onerack.ONE_PHASES),
                    panels.bars(make, onerack.ONE_BANKS, width=12),
                    panels.bars(make, onerack.ONE_OUTLETS, width=12, height=12),
                    panels.series(make, onerack.ONE_FAILOVER, height=12),
                ],
            ),
            Section(
                title=Text("Air"),
                cells=[
                    panels.series(make, onerack.ONE_SENSORS, width=8),
                    panels.series(make, onerack.ONE_HUMIDITY, width=8),
                    panels.series(make, rack_nodes.ONE_NODE_INLET, width=8),
                ],
            ),
            Section(
                title=Text("What stands in it"),
                cells=[
                    panels.series(make, rack_nodes.ONE_NODES),
                    panels.timeline(make, rack_nodes.ONE_SUPPLIES, width=12),
                    panels.series(make, rack_nodes.ONE_CHIPS),
                    panels.series(make, rack_nodes.ONE_CHIP_UTILIZATION),
                ],
            ),
        ],
    )
