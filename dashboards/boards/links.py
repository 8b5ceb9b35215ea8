"""Links: how far away the peers are, against what was stated, and how full the lines."""

from __future__ import annotations

from agent.hubs.model import Registry
from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker
from dashboards.signals import link


def board(registry: Registry, language: Language) -> Board:
    """Return the dashboard of the links."""
    make = Maker(language, uid=uids.LINKS, within=("hub", "site"), registry=registry)
    return Board(
        uid=uids.LINKS,
        title=Text("Links"),
        description=Text(
            "Round trips to the peers, loss, and the lines themselves.",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        sections=[
            Section(
                title=Text("Round trips"),
                cells=[
                    panels.stat(make, link.ROUND_TRIP_NOW, width=16, height=5),
                    panels.bars(make, link.PROBES, height=5),
                    panels.series(
                        make,
                        link.ROUND_TRIP,
                        link.ROUND_TRIP_LIMIT,
                        width=24,
                        height=10,
                        legend="right",
                        title=Text("Round trip by peer, with what was stated"),
                    ),
                    panels.series(make, link.LOSS, width=24, height=6, legend="right"),
                ],
            ),
            Section(
                title=Text("Lines"),
                cells=[
                    panels.timeline(make, link.LINK_UP, width=12),
                    panels.series(make, link.LINK_LOAD),
                    panels.series(make, link.RECEIVED, link.SENT, title=Text("Received and sent")),
                    panels.bars(make, link.SPEED, width=12),
                ],
            ),
        ],
    )
