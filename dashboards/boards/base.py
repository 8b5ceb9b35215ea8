"""Board, Section, Variable: a dashboard before its panels are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from collectors.base import Metric
from collectors.catalogue import agent, rack, site
from dashboards.influxql import values_of
from dashboards.language import Language, Text
from dashboards.panels import Cell
from dashboards.promql import metric
from dashboards.signals.base import Excuse

HUB_TAG: Final = "hubgauge-hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable: the values of one label of some metrics, narrowed by matchers."""

    name: str
    label: Text
    metrics: tuple[Metric, ...]
    matchers: tuple[str, ...] = ()
    many: bool = True

    @property
    def promql(self) -> str:
        """The query in Grafana's notation for Prometheus."""
        names = [metric.full_name for metric in self.metrics]
        matchers = [*([f'__name__=~"{"|".join(names)}"'] if len(names) > 1 else []), *self.matchers]
        name = names[0] if len(names) == 1 else ""
        return f"label_values({name}{{{','.join(matchers)}}}, {self.name})"

    @property
    def influxql(self) -> str:
        """The query in InfluxQL."""
        return values_of(self.name, [metric.full_name for metric in self.metrics], self.matchers)

    def one(self) -> Variable:
        """Return the variable with one value at a time."""
        return replace(self, many=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Panels under one heading, from left to right, wrapped at 24 columns."""

    title: Text
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A dashboard in one language, not yet laid out.

    `hub` is the hub that it is about; empty for all hubs. `excuse` covers all its queries.
    """

    uid: str
    title: Text
    description: Text
    language: Language
    variables: Sequence[Variable]
    sections: Sequence[Section]
    tags: Sequence[str] = ()
    hub: str = ""
    time_from: str = "now-6h"
    excuse: Excuse | None = None
    alerts: str = "<site>"
    """Selects the alerts that are drawn over its panels, in the notation of signals."""


_PLACES: Final = (site.SITE_INFO, agent.BUILD_INFO)
_IN_HUB: Final = 'hub=~"$hub"'
_IN_SITE: Final = (_IN_HUB, 'site=~"$site"')

HUB: Final = Variable(name="hub", label=Text("Hub"), metrics=(*_PLACES, site.TARGET_INFO))
HUB_OF_SITES: Final = Variable(name="hub", label=HUB.label, metrics=_PLACES)
"""Hubs that have sites: a province is a hub as well, but has none itself."""
SITE: Final = Variable(name="site", label=Text("Site"), metrics=_PLACES, matchers=(_IN_HUB,))
ROW: Final = Variable(name="row", label=Text("Row"), metrics=(rack.RACK_INFO,), matchers=_IN_SITE)
RACK_NAME: Final = Variable(
    name="rack",
    label=Text("Rack"),
    metrics=(rack.RACK_INFO,),
    matchers=(*_IN_SITE, 'row=~"$row"'),
    many=False,
)
WINDOW: Final = Variable(
    name="window",
    label=Text("Window of the PUE"),
    metrics=(site.SITE_PUE_COVERAGE,),
    matchers=_IN_SITE,
    many=False,
)
INSTANCE: Final = Variable(
    name="instance",
    label=Text("Node"),
    metrics=(metric("node_load1"),),
    matchers=_IN_SITE,
    many=False,
)


def site_of(hubs: str) -> Variable:
    """Return the site variable of a dashboard about one hub.

    `hubs` matches the hub and those inside it.
    """
    return replace(SITE, matchers=(hubs,))
