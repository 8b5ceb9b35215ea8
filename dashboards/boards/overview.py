"""All hubs against what they stated: what is in danger first, then every target, then the KPIs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.hubs.model import WHOLE_HUB
from dashboards import uids
from dashboards.boards.base import HUB, Board, Section
from dashboards.language import Text
from dashboards.panels import Maker, Table
from dashboards.signals import kpi, own, power, target

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from dashboards.language import Language

COLUMNS = {
    "hub": Text("Hub", "枢纽"),
    "target": Text("Target", "目标"),
    "kpi": Text("KPI", "指标"),
    "scope": Text("Scope", "范围"),
    "op": Text("Wants", "方向"),
}


def board(registry: Registry, language: Language) -> Board:
    """Return the overview."""
    make = Maker(language, uid=uids.OVERVIEW)
    places = {
        key: (hub.latitude, hub.longitude)
        for key, hub in registry.hubs.items()
        if hub.latitude is not None and hub.longitude is not None
    }
    columns = [
        target.EACH_STATE,
        target.measured_per_target(registry.kpis),
        target.LIMIT,
        target.share_of_limit(registry.kpis),
        target.OBSERVED,
        target.DEADLINE,
        target.COVERAGE,
    ]
    return Board(
        uid=uids.OVERVIEW,
        title=Text("Hubs against their targets", "各枢纽目标达成总览"),
        description=Text(
            "What each hub publicly stated, and how it stands.", "各枢纽的公开陈述及其现状。"
        ),
        language=language,
        variables=[HUB],
        alerts="<hub>",
        sections=[
            Section(
                title=Text("In danger", "有风险"),
                cells=[
                    make.geomap(
                        target.IN_DANGER,
                        places=places,
                        height=13,
                        title=Text("Where promises are in danger", "有风险的承诺分布"),
                    ),
                    make.stat(target.IN_DANGER, width=12, graph=False),
                    make.bars(target.STATE_COUNT, width=12, height=5),
                    make.stat(own.SIMULATED, width=12, graph=False),
                ],
            ),
            Section(
                title=Text("Every target", "全部目标"),
                cells=[
                    make.table(
                        Table(
                            title=Text("Targets and registered figures", "目标与登记数据"),
                            description=Text(
                                "Values in base units (FLOP/s, seconds, shares of 1). An empty cell is missing, never zero. "
                                "The state is the agents' judgement.",
                                "数值为基本单位（FLOP/s、秒、占比）。空白表示缺失，绝不是零。状态由代理判定。",
                            ),
                            columns=columns,
                            names=COLUMNS,
                            sort=target.EACH_STATE,
                            links={"hub": make.way(uids.hub_uid("${__value.raw}"))},
                            widths={"hub": 80, "target": 200, "kpi": 180, "scope": 80, "op": 70},
                        ),
                        height=14,
                    ),
                    make.timeline(target.STATE, height=12),
                ],
            ),
            Section(
                title=Text("KPIs side by side", "指标对比"),
                cells=[
                    make.series(kpi.measured(registry, "pue"), power.PUE_LIMIT, legend="right"),
                    make.series(power.HUB_POWER, legend="right"),
                    *(
                        make.bars(kpi.measured(registry, key, scope=WHOLE_HUB), width=6, height=6)
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
