"""All hubs against what they stated: what is in danger first, then every target, then the KPIs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboards.boards.base import HUB, OVERVIEW, Board, Section, local
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
    make = Maker(language)
    hub_link = "/d/" + local("hubgauge-hub-${__value.raw}", language) + "?${__url_time_range}&${datasource:queryparam}"
    columns = [
        target.STATE,
        target.measured_per_target(registry.kpis),
        target.LIMIT,
        target.share_of_limit(registry.kpis),
        target.OBSERVED,
        target.DEADLINE,
        target.COVERAGE,
    ]
    return Board(
        uid=OVERVIEW,
        title=Text("Hubs against their targets", "各枢纽目标达成总览"),
        description=Text("What each hub publicly stated, and how it stands.", "各枢纽的公开陈述及其现状。"),
        language=language,
        variables=[HUB],
        sections=[
            Section(
                title=Text("In danger", "有风险"),
                cells=[
                    make.stat(target.IN_DANGER, width=10, height=5, graph=False),
                    make.bars(target.STATE_COUNT, width=8, height=5),
                    make.stat(own.SIMULATED, width=6, height=5, graph=False),
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
                            sort=target.STATE,
                            links={"hub": hub_link},
                        ),
                        height=14,
                    ),
                    make.timeline(target.STATE, height=12),
                ],
            ),
            Section(
                title=Text("KPIs side by side", "指标对比"),
                cells=[
                    make.series(kpi.measured(registry, "pue"), power.PUE_LIMIT),
                    make.series(power.HUB_POWER),
                    make.bars(kpi.measured(registry, "racks_in_service"), height=6),
                    make.bars(kpi.measured(registry, "accelerators"), height=6),
                    make.bars(kpi.measured(registry, "rack_occupancy"), height=6),
                ],
            ),
        ],
    )
