"""What the agent serves beyond its metrics: the board with its API, and targets for Prometheus.

Loaded when somebody first asks for one of them: a scraped node agent may never be looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from agent.access import ANYBODY, Reader
from agent.firing.model import Heard
from agent.health import CollectorHealth
from agent.inventory.maintenance import Kept
from agent.loading import Loaded
from agent.settings import History
from agent.snapshot import Snapshot
from agent.web.discovery import Discovery
from agent.web.door import OTHER_SITES
from agent.web.hosthistory import HostHistory
from agent.web.narrowed import Narrowing, is_among
from agent.web.pages import handle
from agent.web.past import Past
from agent.web.paths import parts_of, site_path
from agent.web.response import Response, plain_text
from agent.web.temperatures import Temperatures
from agent.web.trends import Trends
from agent.web.view import BoardView

if TYPE_CHECKING:  # a node agent has no KPIs, and does not load what makes them
    from agent.gateway import Kpis


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is in force and so shown: another one after each reload and each new inventory."""

    loaded: Loaded
    kpis: Kpis | None
    firing: Callable[[], Heard] | None = None
    health: Callable[[], Sequence[CollectorHealth]]


class Board:
    """Answers requests for pages and for targets.

    What was computed for trends and past years is kept until the KPIs are replaced.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot: Final = snapshot
        self._kpis: Kpis | None = None
        self._trends: Trends | None = None
        self._past: Past | None = None
        self._discovery: Discovery | None = None
        self._kept: Kept | None = None
        self._history: History | None = None
        self._temperatures: Temperatures | None = None
        self._host: Final = HostHistory()
        self._narrowing: Final = Narrowing()

    def page(
        self,
        shown: Shown,
        path: str,
        query: Mapping[str, str],
        language: str,
        reader: Reader = ANYBODY,
    ) -> Response | None:
        """Return a page or a part of the API; None where there is none of this path.

        A reader of some sites gets status 403 for what tells of others, and is led from `/` to the
        first of his sites.
        """
        view = replace(self.view(shown), may_acknowledge="acknowledge" in reader.rights)
        if reader.sites is None:
            return handle(view, path, query, accept_language=language)
        parts = parts_of(path)
        if not parts and reader.sites:
            return plain_text(303, "see your site", ("location", site_path(min(reader.sites))))
        if not is_among(parts, reader.sites):
            return OTHER_SITES
        narrowed = self._narrowing.view(view, reader.sites)
        return handle(narrowed, path, query, accept_language=language)

    def targets(self, shown: Shown, query: Mapping[str, str]) -> Response | None:
        """Return the targets for Prometheus, made anew with each inventory; None without one."""
        inventory = shown.loaded.inventory
        if inventory is None:
            return None
        if self._discovery is None or self._discovery.inventory is not inventory:
            self._discovery = Discovery(shown.loaded.config, inventory)
        return self._discovery.answer(query)

    def _asked(self, history: History | None, hub: str) -> Temperatures | None:
        """Return who asks the database for temperatures, made anew with each config."""
        if history != self._history:
            self._history = history
            self._temperatures = Temperatures(history, hub) if history is not None else None
        return self._temperatures

    def view(self, shown: Shown) -> BoardView:
        """Return all that a page may show."""
        kpis, config = shown.kpis, shown.loaded.config
        if self._kept is None or self._kept.folder != config.file.state_dir:
            self._kept = Kept(config.file.state_dir)
        if kpis is not self._kpis:
            self._kpis, self._trends, self._past = kpis, None, None
            if kpis is not None and kpis.pue is not None and kpis.ledger is not None:
                self._trends, self._past = Trends(kpis.pue), Past(kpis.ledger)
        return BoardView(
            snapshot=self._snapshot,
            registry=shown.loaded.registry(),
            inventory=shown.loaded.inventory,
            trends=self._trends,
            past=self._past,
            hub=config.file.hub,
            site=config.file.site,
            node=config.node,
            simulated=config.file.simulated,
            show_others=config.file.show_others,
            evidence=kpis.evidence if kpis is not None else None,
            health=shown.health,
            windows=self._kept.now(),
            firing=shown.firing,
            temperatures=self._asked(config.file.history, config.file.hub),
            grafana=config.outputs.http.grafana,
            host_history=self._host,
        )
