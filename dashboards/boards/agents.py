"""hubgauge itself: which agents report, what they fail to read, what waits in the spool."""

from __future__ import annotations

from dashboards import panels, uids
from dashboards.boards.base import HUB_OF_SITES, SITE, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker
from dashboards.signals import own


def board(language: Language) -> Board:
    """Return the dashboard of the agents."""
    make = Maker(language, uid=uids.AGENTS)
    return Board(
        uid=uids.AGENTS,
        title=Text("Agents"),
        description=Text(
            "Whether the evidence arrives: agents, collectors, spool, ledger.",
        ),
        language=language,
        variables=[HUB_OF_SITES, SITE],
        time_from="now-3h",
        sections=[
            Section(
                title=Text("Agents and collectors"),
                cells=[
                    panels.stat(make, own.AGENTS, width=6),
                    panels.stat(make, own.SERIES, width=6),
                    panels.stat(make, own.SPOOL_FILL, width=6),
                    panels.stat(make, own.SIMULATED, width=6, small=True),
                    panels.series(make, own.COLLECTORS_OK, legend="right"),
                    panels.series(make, own.COLLECTOR_DURATION, legend="right"),
                    panels.series(make, own.COLLECTOR_ERRORS),
                    panels.series(make, own.SAMPLES_DROPPED),
                ],
            ),
            Section(
                title=Text("What is sent and served"),
                cells=[
                    panels.series(make, own.SENT, width=8),
                    panels.series(make, own.SINK_DROPPED, width=8),
                    panels.series(make, own.SCRAPE_DURATION, width=8),
                    panels.timeline(make, own.SINK_UP, width=8, height=6),
                    panels.series(make, own.SPOOL_AGE, width=8, height=6),
                    panels.series(make, own.LEDGER_READINGS, width=8, height=6),
                ],
            ),
        ],
    )
