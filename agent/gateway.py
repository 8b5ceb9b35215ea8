"""What a site's gateway has beside a node agent: the energy ledger, and the KPIs made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from prometheus_client.registry import CollectorRegistry

from agent.events.collector import Beginning, EventCollector
from agent.expected.collector import ExpectedCollector
from agent.expected.silence import SilenceFile
from agent.inventory.model import Inventory
from agent.inventory.netbox.collector import NetBoxCollector
from agent.inventory.netbox.config import InventorySource
from agent.ledger.ledger import Ledger
from agent.ledger.metrics import LedgerMetrics
from agent.ledger.register_widths import register_widths
from agent.loading import Loaded
from agent.pue.collector import PueCollector
from agent.pue.pue import Pue
from agent.racks.collector import RackCollector
from agent.racks.growth import GrowthCollector
from agent.racks.phases import PhaseCollector
from agent.settings import Federation as FederationSettings
from agent.snapshot import Snapshot
from agent.targets.collector import TargetCollector
from agent.targets.federation import Federation
from agent.targets.limits import upper_limits
from agent.targets.model import Evidence, Key
from collectors.base import Collector
from collectors.secrets import read_token

Evidences = Callable[[], Mapping[Key, Sequence[Evidence]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """The collectors of one inventory's KPIs, and what of them the board shows."""

    collectors: Sequence[Collector] = ()
    pue: Pue | None = None
    ledger: Ledger | None = None
    evidence: Evidences | None = None
    """The values that targets were judged by in the last round."""


class Gateway:
    """Ledger and KPIs. The ledger outlives a reload, for its readings cannot be read twice."""

    def __init__(
        self, *, snapshot: Snapshot, registry: CollectorRegistry, state_dir: Callable[[], Path]
    ) -> None:
        self.ledger: Ledger | None = None
        self._snapshot: Final = snapshot
        self._registry: Final = registry
        self._state_dir: Final = state_dir
        self._silence: SilenceFile | None = None
        self._was_made = False
        """Whether KPIs were made before: then something was reloaded."""
        self._started = False

    def start(self) -> None:
        """Begin to write the ledger; if there is none yet, as soon as it is opened."""
        self._started = True
        if self.ledger is not None:
            self.ledger.start()

    def kpis(self, loaded: Loaded) -> Kpis:
        """Open the ledger for an inventory, and make the collectors of its KPIs."""
        federation = self._federation(loaded)
        if loaded.inventory is None:
            if federation is None:
                return Kpis()
            return Kpis(collectors=[federation], evidence=lambda: federation.beside({}))
        return self._measured(loaded, loaded.inventory, federation)

    def _measured(
        self, loaded: Loaded, inventory: Inventory, federation: Federation | None
    ) -> Kpis:
        ledger = self._open_ledger(inventory, loaded.collectors)
        snapshot, hub, registry = self._snapshot, loaded.config.file.hub, loaded.registry()
        if self._silence is None:
            self._silence = SilenceFile(self._state_dir() / "devices.json")
        pue = PueCollector(
            snapshot=snapshot,
            hub=hub,
            inventory=inventory,
            ledger=ledger,
            targets=upper_limits(registry, hub, inventory),
        )
        targets = TargetCollector(
            snapshot=snapshot,
            hub=hub,
            inventory=inventory,
            registry=registry,
            history=ledger,
            beside=federation.beside if federation is not None else None,
        )
        seen = ExpectedCollector(
            snapshot=snapshot,
            hub=hub,
            inventory=inventory,
            collectors=loaded.collectors,
            silence=self._silence,
        )
        events = EventCollector(
            snapshot=snapshot,
            hub=hub,
            inventory=inventory,
            ledger=ledger,
            began=Beginning(loaded.config.node, "reload" if self._was_made else "start"),
        )
        self._was_made = True
        collectors: list[Collector] = [
            RackCollector(snapshot=snapshot, hub=hub, inventory=inventory),
            PhaseCollector(snapshot=snapshot, hub=hub, inventory=inventory),
            GrowthCollector(inventory, ledger, hub),
            pue,
            targets,
            seen,
            events,
        ]
        if federation is None:
            return Kpis(
                collectors=collectors,
                pue=pue.pue,
                ledger=ledger,
                evidence=lambda: targets.evidence,
            )
        return Kpis(
            collectors=[*collectors, federation],
            pue=pue.pue,
            ledger=ledger,
            evidence=lambda: federation.beside(targets.evidence),
        )

    def _open_ledger(self, inventory: Inventory, collectors: Sequence[Collector]) -> Ledger:
        ledger = self.ledger
        if ledger is None:
            ledger = self.ledger = Ledger(self._state_dir() / "ledger.db", inventory=inventory)
            self._registry.register(LedgerMetrics(ledger.counts, ledger.is_healthy))
            if self._started:
                ledger.start()
        else:
            ledger.inventory = inventory
        ledger.register_width = register_widths(collectors)
        return ledger

    def _federation(self, loaded: Loaded) -> Federation | None:
        """Return the collector that asks a database for hubs not measured here, if configured."""
        asked: FederationSettings | None = loaded.config.file.federation
        if asked is None:
            return None
        secret = asked.token_file
        return Federation(
            loaded.registry(),
            asked.url,
            interval=asked.interval,
            timeout=asked.timeout,
            ca_file=asked.ca_file,
            token=read_token(secret, "federation.token_file") if secret is not None else "",
        )

    def inventory_collectors(
        self, loaded: Loaded, changed: Callable[[], None]
    ) -> Sequence[Collector]:
        """Return the collector that reads NetBox again and again; none for an inventory file.

        It calls `changed` after a new answer. Until then the kept one stays in force.
        """
        source = loaded.config.file.inventory
        if not isinstance(source, InventorySource) or source.netbox is None:
            return []
        hub, state_dir = loaded.config.file.hub, self._state_dir()
        return [NetBoxCollector(source.netbox, hub, state_dir, changed=changed)]
