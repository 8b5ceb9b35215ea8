"""The agent put together: config → collectors → runner → snapshot, sink, ledger → web."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import platform
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, ProcessCollector

from agent import __version__
from agent import config as config_module
from agent.inventory.netbox.config import InventorySource
from agent.runner import Runner
from agent.selfmetrics import SelfCollector, SelfMetrics
from agent.snapshot import Snapshot
from collectors.base import Collector, ConfigError, HubgaugeError
from collectors.strict import Problems

if TYPE_CHECKING:
    from agent.config import Config
    from agent.expected.silence import SilenceFile
    from agent.inventory.model import Inventory
    from agent.ledger.ledger import Ledger
    from agent.sinks.influx import InfluxSink
    from agent.targets.federation import Federation
    from agent.web.discovery import Discovery
    from agent.web.past import Past
    from agent.web.response import Response
    from agent.web.server import WebServer
    from agent.web.trends import Trends
    from agent.web.view import BoardView

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A config with all it names: found good, nothing started."""

    config: Config
    inventory: Inventory | None
    collectors: Sequence[Collector]


def load_all(path: Path) -> Loaded:
    """Load the config, the inventory and the collectors; raises Problems with every mistake of the first file that has any."""
    return with_collectors(*load_files(path))


def load_files(path: Path) -> tuple[Config, Inventory | None]:
    """Load the config and the inventory; raises Problems. A hub's inventory takes seconds, so a running agent does this on a thread."""
    from agent.hubs.loader import hub_keys  # noqa: PLC0415 - read by no other command

    config = config_module.load(path)
    keys = hub_keys(config.file.hubs_dir)
    if config.file.hub not in keys:
        config_module.load(path, hubs=keys)  # raises, naming the line
    return config, inventory_of(config)


def inventory_of(config: Config) -> Inventory | None:
    """Return this agent's part of the inventory that a config names; raises Problems.

    It is what this machine has: NetBox is not asked.
    """
    file = config.file
    if file.inventory is None:
        return None
    from agent.inventory.load import inventory_in_force  # noqa: PLC0415 - a node agent has none

    whole = inventory_in_force(
        file.inventory, file.hub, timezone=_hub_timezone(config), state_dir=file.state_dir
    )
    if file.shard is None:
        return whole
    from agent.inventory.part import part_of  # noqa: PLC0415 - few gateways share an inventory

    return part_of(whole, file.shard)


def _hub_timezone(config: Config) -> str:
    """Return the zone of the config's hub; raises Problems where the registry does not have the hub."""
    from agent.hubs.loader import load_registry  # noqa: PLC0415 - a node agent does not read it

    hubs = load_registry(config.file.hubs_dir).hubs
    if config.file.hub not in hubs:
        config_module.load(config.path, hubs=sorted(hubs))  # raises, naming the line
    return hubs[config.file.hub].timezone


def with_collectors(config: Config, inventory: Inventory | None) -> Loaded:
    """Make the collectors that a config asks for; raises Problems with all that cannot be made."""
    context = config.context(inventory.places() if inventory else {})
    narrow = None
    if inventory is not None and config.file.shard is not None:
        from agent.inventory.part import ShardDevices  # noqa: PLC0415 - as above

        narrow = ShardDevices(inventory, config.file.shard, config.file.site)
    return Loaded(
        config=config, inventory=inventory, collectors=config.build_collectors(context, narrow)
    )


class App:
    """One running agent."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.snapshot = Snapshot()
        self.registry = CollectorRegistry()
        self.metrics = SelfMetrics(self.registry)
        ProcessCollector(registry=self.registry)
        self.runner: Runner
        self.loaded: Loaded
        self.ledger: Ledger | None = None
        self._sink: InfluxSink | None = None
        self._web: WebServer | None = None
        self._hubs: Any = None
        self._trends: Trends | None = None
        self._past: Past | None = None
        self._evidence: Callable[[], Mapping[Any, Any]] | None = None
        self._silence: SilenceFile | None = None
        self._discovery: Discovery | None = None
        self._derived: list[Collector] = []
        self._tasks: set[asyncio.Future[Any]] = set()
        self._reloading = asyncio.Lock()

    @property
    def config(self) -> Config:
        """The config in force."""
        return self.loaded.config

    def prepare(self) -> None:
        """Load everything and make the runner; raises Problems, starts nothing."""
        self.loaded = load_all(self._path)
        logging.getLogger().setLevel(self.config.file.log_level.upper())
        self.metrics.build_info.labels(__version__, platform.python_version()).set(1)
        self.metrics.simulated.set(self.config.file.simulated)
        if self.loaded.inventory is not None:
            self._open_ledger(self.loaded.inventory, self.loaded.collectors)
        self.runner = self._make_runner(self.loaded)

    def push_tags(self) -> Mapping[str, str]:
        """Return what every pushed series gets, as Prometheus adds target labels to what it scrapes."""
        return {
            "job": "hubgauge",
            "instance": self.config.node,
            "hub": self.config.file.hub,
            "site": self.config.file.site,
        }

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT."""
        self.prepare()
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(
            signal.SIGHUP, lambda: self._tasks.add(asyncio.ensure_future(self.reload()))
        )
        self._start_sink()
        if self.ledger is not None:
            self.ledger.start()
        await self._start_web()
        self._mark_loaded()
        gc.freeze()  # what is loaded stays: at a whole hub's size a full collection would look at it all for a second
        self.runner.start()
        log.info(
            "hubgauge %s at http://%s, hub %s",
            __version__,
            self.config.file.outputs.http.listen,
            self.config.file.hub,
        )
        await stop.wait()
        await self._stop()
        return 0

    async def reload(self) -> str:
        """Take the config file anew; what it says is wrong is returned, and the old config stays in force."""
        async with self._reloading:
            try:
                loaded = with_collectors(*await asyncio.to_thread(load_files, self._path))
            except (Problems, ConfigError) as error:
                self.metrics.reload_success.set(0)
                for line in str(error).splitlines():
                    log.error("reload: %s; the old config stays", line)  # noqa: TRY400 - the line says it
                return str(error)
            if loaded.config.file.outputs != self.config.file.outputs:
                log.warning("reload: a change of outputs takes effect at the next start")
            old = self.runner
            await old.stop()
            self.loaded = loaded
            self._hubs = None
            if loaded.inventory is not None:
                self._open_ledger(loaded.inventory, loaded.collectors)
            self.runner = self._make_runner(loaded)
            for source in old.sources() - self.runner.sources():
                self.snapshot.forget(*source)
            self.runner.start()
            self._mark_loaded()
            log.info("reload: done, %d collectors", len(loaded.collectors))
            return ""

    def _mark_loaded(self) -> None:
        self.metrics.reload_success.set(1)
        self.metrics.reload_time.set(time.time())

    def _make_runner(self, loaded: Loaded) -> Runner:
        runner = Runner(snapshot=self.snapshot, metrics=self.metrics)
        runner.add(loaded.collectors)
        runner.add(self._inventory_collectors(loaded))
        self._derived = self._kpi_collectors(loaded)
        runner.add(self._derived, derived=True)
        runner.add([SelfCollector(self.registry, self.snapshot)], derived=True)
        if self.ledger is not None:
            runner.consumers.append(self.ledger.accept)
        if self._sink is not None:
            runner.consumers.append(self._sink.accept)
        return runner

    def _open_ledger(self, inventory: Inventory, collectors: Sequence[Collector]) -> None:
        from agent.ledger.ledger import Ledger  # noqa: PLC0415 - a node agent has none
        from agent.ledger.spans import spans_of  # noqa: PLC0415

        if self.ledger is None:
            self.ledger = Ledger(
                self._state_dir() / "ledger.db", inventory=inventory, registry=self.registry
            )
        else:
            self.ledger.inventory = inventory
        self.ledger.spans = spans_of(collectors)

    def _kpi_collectors(self, loaded: Loaded) -> list[Collector]:
        """Racks, PUE and targets are computed where the inventory is: at the gateway."""
        self._trends = self._past = self._evidence = None
        federation = self._federation(loaded)
        if federation is not None:
            self._evidence = lambda: federation.beside({})
        others: list[Collector] = [federation] if federation is not None else []
        if loaded.inventory is None or self.ledger is None:
            return others
        from agent.expected.collector import ExpectedCollector  # noqa: PLC0415
        from agent.expected.silence import SilenceFile  # noqa: PLC0415
        from agent.pue.collector import PueCollector  # noqa: PLC0415
        from agent.racks.collector import RackCollector  # noqa: PLC0415
        from agent.racks.growth import GrowthCollector  # noqa: PLC0415
        from agent.racks.phases import PhaseCollector  # noqa: PLC0415
        from agent.targets.collector import TargetCollector  # noqa: PLC0415
        from agent.targets.limits import upper_limits  # noqa: PLC0415 - a node agent has none

        common: dict[str, Any] = {
            "snapshot": self.snapshot,
            "hub": loaded.config.file.hub,
            "inventory": loaded.inventory,
        }
        from agent.web.past import Past  # noqa: PLC0415
        from agent.web.trends import Trends  # noqa: PLC0415

        limits = upper_limits(self.hubs(), loaded.config.file.hub, loaded.inventory)
        pue = PueCollector(ledger=self.ledger, targets=limits, **common)
        targets = TargetCollector(registry=self.hubs(), history=self.ledger, **common)
        self._trends = Trends(pue.pue)
        self._past = Past(self.ledger)
        self._evidence = lambda: (
            targets.evidence if federation is None else federation.beside(targets.evidence)
        )
        if self._silence is None:
            self._silence = SilenceFile(self._state_dir() / "devices.json")
        seen = ExpectedCollector(collectors=loaded.collectors, silence=self._silence, **common)
        growth = GrowthCollector(loaded.inventory, self.ledger, loaded.config.file.hub)
        return [
            RackCollector(**common),
            PhaseCollector(**common),
            growth,
            pue,
            targets,
            seen,
            *others,
        ]

    def _federation(self, loaded: Loaded) -> Federation | None:
        """Return who asks for the hubs that this agent does not measure."""
        asked = loaded.config.file.federation
        if asked is None:
            return None
        from agent.targets.federation import Federation  # noqa: PLC0415 - only where it is configured
        from collectors.secrets import read_secret  # noqa: PLC0415 - as above

        return Federation(
            self.hubs(),
            asked.url,
            interval=asked.interval,
            timeout=asked.timeout,
            ca_file=asked.ca_file,
            token=read_secret(asked.token_file, "federation.token_file")
            if asked.token_file
            else "",
        )

    def _inventory_collectors(self, loaded: Loaded) -> list[Collector]:
        """NetBox is read again now and then; what is kept of it is in force meanwhile."""
        source = loaded.config.file.inventory
        if not isinstance(source, InventorySource):
            return []
        from agent.inventory.netbox.collector import NetBoxCollector  # noqa: PLC0415 - only where it is configured

        return [
            NetBoxCollector(
                source.netbox,
                loaded.config.file.hub,
                self._state_dir(),
                changed=self._take_inventory,
            )
        ]

    def _take_inventory(self) -> None:
        task = asyncio.ensure_future(self._new_inventory())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _new_inventory(self) -> None:
        """Put a new inventory in force. Where every rack stands as it did, no device is asked anew what it is."""
        async with self._reloading:
            loaded = self.loaded
            try:
                inventory = await asyncio.to_thread(inventory_of, loaded.config)
            except Problems as problems:
                for error in problems.errors:
                    log.error("inventory: %s; the old one stays", error)  # noqa: TRY400 - the line says it
                return
            if inventory is None or loaded.inventory is None:
                return
            same_places = inventory.places() == loaded.inventory.places()
            if same_places:
                old = self._derived
                self.loaded = Loaded(
                    config=loaded.config, inventory=inventory, collectors=loaded.collectors
                )
                self._open_ledger(inventory, loaded.collectors)
                self._derived = self._kpi_collectors(self.loaded)
                await self.runner.replace(old, self._derived)
        if not same_places:
            await self.reload()
        log.info(
            "inventory: read anew, %d racks at %d sites", len(inventory.racks), len(inventory.sites)
        )

    def hubs(self) -> Any:  # noqa: ANN401 - the registry, imported when it is first looked at
        """Return the hub registry."""
        if self._hubs is None:
            from agent.hubs.loader import load_registry  # noqa: PLC0415 - only who shows or judges targets reads it

            self._hubs = load_registry(self.config.file.hubs_dir)
        return self._hubs

    def _state_dir(self) -> Path:
        path = self.config.file.state_dir
        try:
            path.mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ConfigError(
                f"cannot be made: {path}: {reason}", file=str(self._path), key="state_dir"
            ) from None
        return path

    def _start_sink(self) -> None:
        influx = self.config.file.outputs.influxdb
        if influx is None:
            return
        from agent.sinks.influx import InfluxSink  # noqa: PLC0415 - 15 MB, only where it is configured

        self._sink = InfluxSink(
            influx, state_dir=self._state_dir(), tags=self.push_tags(), registry=self.registry
        )
        self._sink.start()
        self.runner.consumers.append(self._sink.accept)

    async def _start_web(self) -> None:
        from agent.web.routes import Handlers  # noqa: PLC0415 - `collect` serves nothing
        from agent.web.server import WebServer  # noqa: PLC0415 - as above

        http = self.config.file.outputs.http
        self._web = WebServer(
            config=http,
            snapshot=self.snapshot,
            metrics=self.metrics,
            handlers=Handlers(
                ready=self._is_ready,
                reload=self.reload,
                pages=self._page,
                targets=self._scrape_targets,
            ),
        )
        try:
            await self._web.start()
        except OSError as error:
            raise HubgaugeError(
                f"{self._path}: outputs.http.listen: {http.listen}: {error.strerror or error}"
            ) from None

    def _is_ready(self) -> bool:
        return self.runner.ready.is_set()

    def _page(self, path: str, query: Mapping[str, str], language: str) -> Response | None:
        from agent.web.pages import handle  # noqa: PLC0415 - a scraped node agent may never be looked at

        return handle(self._view(), path, query, accept_language=language)

    def _scrape_targets(self, query: Mapping[str, str]) -> Response | None:
        """Answer `/sd`; the list is made anew with an inventory, and where there is none it is not there."""
        loaded = self.loaded
        if loaded.inventory is None:
            return None
        if self._discovery is None or self._discovery.inventory is not loaded.inventory:
            from agent.web.discovery import Discovery  # noqa: PLC0415 - only where Prometheus asks for it

            self._discovery = Discovery(loaded.config, loaded.inventory)
        return self._discovery.answer(query)

    def _view(self) -> BoardView:
        from agent.web.view import BoardView  # noqa: PLC0415

        file = self.config.file
        return BoardView(
            snapshot=self.snapshot,
            registry=self.hubs(),
            inventory=self.loaded.inventory,
            trends=self._trends,
            past=self._past,
            hub=file.hub,
            site=file.site,
            node=self.config.node,
            simulated=file.simulated,
            evidence=self._evidence,
            health=self.runner.health,
        )

    async def _stop(self) -> None:
        log.info("stopping")
        await self.runner.stop()
        if self._web is not None:
            await self._web.stop()
        loop = asyncio.get_running_loop()
        for part in (self._sink, self.ledger):
            if part is not None:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(
                        loop.run_in_executor(None, part.close, _CLOSE_SECONDS), _CLOSE_SECONDS + 0.5
                    )
        sys.stderr.flush()
