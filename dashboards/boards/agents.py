"""hubgauge itself: which agents report, what they fail to read, what waits in the spool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards import uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker
from dashboards.signals import own

if TYPE_CHECKING:
    from dashboards.language import Language


def board(language: Language) -> Board:
    """Return the dashboard of the agents."""
    make = Maker(language, uid=uids.AGENTS)
    return Board(
        uid=uids.AGENTS,
        title=Text("Agents", "采集代理"),
        description=Text(
            "Whether the evidence arrives: agents, collectors, spool, ledger.",
            "证据是否到达：代理、采集器、缓存、台账。",
        ),
        language=language,
        variables=[HUB_OF_SITES, SITE],
        time_from="now-3h",
        sections=[
            Section(
                title=Text("Agents and collectors", "代理与采集器"),
                cells=[
                    make.stat(own.AGENTS, width=6),
                    make.stat(own.SERIES, width=6),
                    make.stat(own.SPOOL_FILL, width=6),
                    make.stat(own.SIMULATED, width=6, graph=False),
                    make.series(own.COLLECTORS_OK, legend="right"),
                    make.series(own.COLLECTOR_DURATION, legend="right"),
                    make.series(own.COLLECTOR_ERRORS),
                    make.series(own.SAMPLES_DROPPED),
                ],
            ),
            Section(
                title=Text("What is sent and served", "发送与服务"),
                cells=[
                    make.series(own.SENT, width=8),
                    make.series(own.SINK_DROPPED, width=8),
                    make.series(own.SCRAPE_DURATION, width=8),
                    make.timeline(own.SINK_UP, width=8, height=6),
                    make.series(own.SPOOL_AGE, width=8, height=6),
                    make.series(own.LEDGER_READINGS, width=8, height=6),
                ],
            ),
        ],
    )
