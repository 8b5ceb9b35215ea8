"""Board, Section, Variable: what a dashboard is before it is laid out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from collectors.catalogue import agent, rack, site
from dashboards.language import Text
from dashboards.promql import metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboards.language import Language
    from dashboards.panels import Cell
    from dashboards.signals.base import Excuse

HUB_TAG: Final = "hubgauge-hub"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A variable a reader picks from: the values of one label of some series."""

    name: str
    label: Text
    selector: str
    many: bool = True

    @property
    def query(self) -> str:
        """The query in Grafana's notation."""
        return f"label_values({self.selector}, {self.name})"

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

    `hub` is set where it is about one hub; `excuse` covers all its queries.
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
    """What the alerts that are drawn over its panels are narrowed by, in the notation of signals."""


_NODE: Final = metric("node_load1")
_PLACES: Final = f"{site.SITE_INFO.full_name}|{agent.BUILD_INFO.full_name}"
_ANY: Final = f"{_PLACES}|{site.TARGET_INFO.full_name}"

HUB: Final = Variable(name="hub", label=Text("Hub", "枢纽"), selector=f'{{__name__=~"{_ANY}"}}')
SITE: Final = Variable(name="site", label=Text("Site", "站点"), selector=f'{{__name__=~"{_PLACES}",hub=~"$hub"}}')
ROW: Final = Variable(name="row", label=Text("Row", "列"), selector=f'{rack.RACK_INFO.full_name}{{hub=~"$hub",site=~"$site"}}')
RACK_NAME: Final = Variable(
    name="rack",
    label=Text("Rack", "机柜"),
    selector=f'{rack.RACK_INFO.full_name}{{hub=~"$hub",site=~"$site",row=~"$row"}}',
    many=False,
)
WINDOW: Final = Variable(
    name="window",
    label=Text("Window of the PUE", "PUE时间窗"),
    selector=f'{site.SITE_PUE_COVERAGE.full_name}{{hub=~"$hub",site=~"$site"}}',
    many=False,
)
INSTANCE: Final = Variable(
    name="instance",
    label=Text("Node", "节点"),
    selector=f'{_NODE.full_name}{{hub=~"$hub",site=~"$site"}}',
    many=False,
)


def site_of(hubs: str) -> Variable:
    """Return the site variable of a dashboard about one hub; `hubs` matches the hub and those inside it."""
    return Variable(name="site", label=SITE.label, selector=f'{{__name__=~"{_PLACES}",{hubs}}}')
