"""`BoardView`: everything that the board and its API may show, as one object."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent.firing.model import Heard
from agent.health import CollectorHealth
from agent.hubs.model import Registry
from agent.inventory.maintenance import Window
from agent.inventory.model import Inventory
from agent.ledger.store.episodes import Episode
from agent.report.model import HubReport
from agent.report.period import Period
from agent.settings import Grafana
from agent.snapshot import Snapshot
from agent.targets.model import Evidence, Key
from agent.web.curves import PowerTrendView, PueTrendView, TemperatureTrendView
from agent.web.format import zone
from agent.web.hosthistory import HostHistory
from agent.web.over import USUAL, Over
from collectors.catalogue.rack_limits import SiteLimits

ZONE: Final = "Asia/Shanghai"
"""The zone of a hub that the registry does not know."""
Coverage = Mapping[tuple[str, str], Mapping[str, float]]
"""By site and meter: the share of each window (`1d`, `7d`, `30d`) that is covered, 0 to 1."""


class SiteTrends(Protocol):
    """Gives the curves of a site; `agent.web.trends.Trends` reads them from the ledger."""

    def pue(self, site: str, over: Over) -> PueTrendView | None:
        """Return a site's PUE over time; None if there is none yet."""

    def power(self, site: str, over: Over) -> PowerTrendView | None:
        """Return a site's power over time; None if there is none yet."""


class LedgerPast(Protocol):
    """Gives the ledger's data of racks and meters, and reports; `agent.web.past.Past` reads it."""

    def power(self, site: str, pdus: Sequence[str], over: Over) -> PowerTrendView | None:
        """Return the mean power of each PDU over time; None if there is none yet."""

    def coverage(self) -> Coverage:
        """Return the coverage by each meter; empty until it is read."""

    def events(self, over: Over) -> Sequence[Episode] | None:
        """Return what happened in a time, the newest first; None until it is read."""

    def report(
        self, registry: Registry, hub: str, inventory: Inventory | None, period: Period
    ) -> HubReport | None:
        """Return the report of a hub's week, month or year; None until it is made."""


class PastTemperatures(Protocol):
    """Gives the curves of temperatures; `agent.web.temperatures.Temperatures` asks a database."""

    def of_rack(self, site: str, rack: str, over: Over) -> TemperatureTrendView | None:
        """Return the warmest air at a rack's inlet; None until it is read."""

    def of_site(self, site: str, over: Over) -> TemperatureTrendView | None:
        """Return the warmest inlet of a site and the mean of all; None until it is read."""


def _no_health() -> Sequence[CollectorHealth]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """All that a page may show. It is cheap to make, so each request makes a new one.

    An agent without an inventory or a ledger has None for `inventory`, `trends` and `past`. Pages
    then leave out what these would give.
    """

    snapshot: Snapshot
    registry: Registry
    inventory: Inventory | None = None
    trends: SiteTrends | None = None
    past: LedgerPast | None = None
    temperatures: PastTemperatures | None = None
    """None where the config names no database to ask."""
    hub: str
    site: str = ""
    node: str = ""
    sites: frozenset[str] | None = None
    """The sites that the reader may see; None stands for everything."""
    may_acknowledge: bool = True
    """Whether the reader is led to where alerts are silenced and acknowledged."""
    simulated: bool = False
    show_others: bool = True
    """Whether the board shows the hubs that this agent does not measure."""
    evidence: Callable[[], Mapping[Key, Sequence[Evidence]]] | None = None
    """Returns the evidence that the collector of targets judged by in its last round. Where this is
    None or returns nothing, a page reads the evidence from the snapshot itself."""
    health: Callable[[], Sequence[CollectorHealth]] = _no_health
    grafana: Grafana | None = None
    """The Grafana that pages lead to; None for none."""
    host_history: HostHistory | None = None
    """The counters of this machine, while somebody looks at its page; None where nobody may."""
    firing: Callable[[], Heard] | None = None
    """Returns what Alertmanager told last; None where the config names none."""
    windows: Sequence[Window] = ()
    """The maintenance windows, including those that are over or have not begun."""
    over: Over = USUAL
    """The time that the reader chose for curves and events."""
    now: Callable[[], float] = time.time

    @property
    def zone(self) -> dt.tzinfo:
        """The zone of the agent's hub: all times of a page are written in it."""
        known = self.registry.hubs.get(self.hub)
        return zone(known.timezone if known is not None else ZONE)

    @property
    def limits(self) -> SiteLimits:
        """The limits that the racks of each site are compared with."""
        return self.inventory.limits if self.inventory is not None else SiteLimits()
