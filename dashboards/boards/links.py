"""Links: how far away the peers are, against what was stated, and how full the lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import link

if TYPE_CHECKING:
    from dashboards.language import Language


def board(language: Language) -> Board:
    """Return the dashboard of the links."""
    make = Maker(language, uid=uids.LINKS, within=("hub", "site"))
    return Board(
        uid=uids.LINKS,
        title=Text("Links", "网络链路"),
        description=Text(
            "Round trips to the peers, loss, and the lines themselves.",
            "到各对端的往返时延、丢失率及线路本身。",
        ),
        language=language,
        variables=[HUB_OF_SITES.one(), SITE.one()],
        sections=[
            Section(
                title=Text("Round trips", "往返时延"),
                cells=[
                    make.stat(link.ROUND_TRIP_NOW, width=16, height=5),
                    make.bars(link.PROBES, height=5),
                    make.series(
                        link.ROUND_TRIP,
                        link.ROUND_TRIP_LIMIT,
                        width=24,
                        height=10,
                        legend="right",
                        title=Text(
                            "Round trip by peer, with what was stated", "往返时延与公开陈述的上限"
                        ),
                    ),
                    make.series(link.LOSS, width=24, height=6, legend="right"),
                ],
            ),
            Section(
                title=Text("Lines", "线路"),
                cells=[
                    make.timeline(link.LINK_UP, width=12),
                    make.series(link.LINK_LOAD),
                    make.series(
                        link.RECEIVED, link.SENT, title=Text("Received and sent", "收发流量")
                    ),
                    make.bars(link.SPEED, width=12),
                ],
            ),
        ],
    )
