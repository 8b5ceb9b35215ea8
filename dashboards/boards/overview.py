"""All hubs against what they stated: dangers first, then targets, then KPIs."""

from __future__ import annotations

from agent.hubs.model import WHOLE_HUB, Registry
from dashboards import panels, uids
from dashboards.boards.base import HUB, Board, Section
from dashboards.language import Language, Text
from dashboards.panels import Maker, Table
from dashboards.signals import kpi, own, power, pue, target

COLUMNS = {
    "hub": Text("Hub"),
    "target": Text("Target"),
    "kpi": Text("KPI"),
    "scope": Text("Scope"),
    "unit": Text("Unit"),
    "op": Text("Wants"),
}


def board(registry: Registry, language: Language) -> Board:
    """Return the overview."""
    make = Maker(language, uid=uids.OVERVIEW, registry=registry)
    places = {
        key: (hub.latitude, hub.longitude)
        for key, hub in registry.hubs.items()
        if hub.latitude is not None and hub.longitude is not None
    }
    stated = sum(len(hub.facts) for hub in registry.hubs.values())
    state = target.state_per_target(registry.kpis, language)
    columns = [
        state,
        target.measured_per_target(registry.kpis, language),
        target.share_of_limit(registry.kpis),
        target.observed_per_target(registry.kpis, language),
        target.DEADLINE,
        target.COVERAGE,
    ]
    return Board(
        uid=uids.OVERVIEW,
        title=Text("Hubs against their targets"),
        description=Text("What each hub publicly stated, and how it stands."),
        language=language,
        variables=[HUB],
        alerts="<hub>",
        sections=[
            Section(
                title=Text("In danger"),
                cells=[
                    panels.geomap(
                        make,
                        target.IN_DANGER,
                        places=places,
                        height=12,
                        title=Text("Where promises are in danger"),
                    ),
                    panels.stat(make, target.IN_DANGER, width=12),
                    panels.bars(make, target.STATE_COUNT, width=12, height=5),
                    panels.stat(make, own.SIMULATED, width=12, height=3, small=True),
                ],
            ),
            Section(
                title=Text("Every target"),
                cells=[
                    panels.table(
                        make,
                        Table(
                            title=Text("Targets and registered figures"),
                            description=Text(
                                "What was stated, with its limit, and what is measured, in the"
                                " unit beside it. An empty cell is missing, never zero. "
                                "The state is the agents' judgement.",
                            ),
                            columns=columns,
                            names=COLUMNS,
                            sort=state,
                            links={"hub": make.way(uids.hub_uid("${__value.raw:percentencode}"))},
                            widths={"hub": 165, "target": 290, "scope": 110, "unit": 100},
                            hidden=("kpi", "op"),
                        ),
                        height=14,
                    ),
                    panels.timeline(make, target.STATE, height=4 + stated // 2),
                ],
            ),
            Section(
                title=Text("KPIs side by side"),
                cells=[
                    panels.series(
                        make, kpi.measured(registry, "pue"), pue.PUE_LIMIT, legend="right"
                    ),
                    panels.series(make, power.HUB_POWER, legend="right"),
                    *(
                        panels.bars(
                            make, kpi.measured(registry, key, scope=WHOLE_HUB), width=6, height=4
                        )
                        for key in (
                            "racks_in_service",
                            "accelerators",
                            "rack_occupancy",
                            "renewable_energy_factor",
                        )
                    ),
                ],
            ),
        ],
    )
