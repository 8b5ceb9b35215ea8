"""The config in force with all it names, and how a reload replaces it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.registry import CollectorRegistry

from agent.chip_hours import FILE as CHIP_HOURS_FILE
from agent.chip_hours import ChipHours
from agent.config import Config
from agent.loading import Loaded, inventory_of, load_all, load_files, told_tenants, with_collectors
from agent.process import collect_seldom
from agent.reload import (
    Reloaded,
    changed_outputs,
    free_what_was_replaced,
    mark_loaded,
    refused,
)
from agent.runner import Runner
from agent.sections import Outputs
from agent.selfmetrics import SelfCollector, SelfMetrics
from agent.settings import worker_processes
from agent.snapshot import Snapshot
from agent.threads import Threads
from collectors.base import Batch, ConfigError
from collectors.strict import Problems

if TYPE_CHECKING:  # loaded once, and only where there is an inventory, or are many devices
    from agent.firing.collector import FiringAlerts
    from agent.gateway import Gateway, Kpis
    from agent.inventory.model import Inventory
    from agent.workers.crew import Crew

log = logging.getLogger(__name__)


class InForce:
    """What a config has loaded, and the runner of its collectors. A reload replaces both."""

    def __init__(
        self,
        path: Path,
        *,
        state_dir: Path | None,
        snapshot: Snapshot,
        registry: CollectorRegistry,
        metrics: SelfMetrics,
    ) -> None:
        """`state_dir` takes the place of the config's."""
        self.loaded: Loaded
        self.runner: Runner
        self.gateway: Gateway | None = None
        self.kpis: Kpis | None = None
        self.firing: FiringAlerts | None = None
        """What is heard of Alertmanager; None where the config names none."""
        self.crew: Crew | None = None
        """The worker processes; None where this process reads all devices itself."""
        self._divides = False
        self._outputs: Outputs
        """The outputs in force: those of the start."""
        self._consumers: Final[list[Callable[[Batch], None]]] = []
        """Who takes every batch, whatever config is in force."""
        self._path: Final = path
        self._other_state_dir: Final = state_dir
        self._snapshot: Final = snapshot
        self._registry: Final = registry
        self._metrics: Final = metrics
        self._tasks: Final[set[asyncio.Task[object]]] = set()
        self._threads: Final = Threads()
        self._reloading: Final = asyncio.Lock()

    @property
    def config(self) -> Config:
        """The config itself."""
        return self.loaded.config

    @property
    def read_here(self) -> int:
        """How many collectors this process reads itself: worker processes open their own files."""
        crew = self.crew
        return sum(crew is None or not crew.reads(one) for one in self.loaded.collectors)

    def load(self, *, divides: bool = False) -> None:
        """Load the first config; raises Problems.

        `divides` lets worker processes read the devices, as many as the config's `workers` says.
        """
        self._divides = divides
        self.loaded = self._divided(load_all(self._path, state_dir=self._other_state_dir))
        for line in (*self.config.devices.told(), *told_tenants(self.config)):
            log.error("%s", line)
        self._outputs = self.config.outputs

    def _divided(self, loaded: Loaded) -> Loaded:
        """Give the devices to worker processes, where there are to be some."""
        devices = sum(bool(one.device) for one in loaded.collectors)
        count = worker_processes(loaded.config.file.workers, devices) if self._divides else 1
        if self.crew is None:
            if count == 1:
                return replace(loaded, sections=())
            from agent.workers.crew import Crew

            collect_seldom()
            self.crew = Crew(self._metrics)
        return self.crew.take(loaded, count if count > 1 else 0)

    def make_runner(self) -> None:
        """Make a runner of what is loaded; nothing starts yet."""
        loaded = self.loaded
        runner = Runner(
            snapshot=self._snapshot,
            metrics=self._metrics,
            places=loaded.context.places,
            threads=self._threads,
            elsewhere=self.crew,
        )
        crew = self.crew
        runner.add(one for one in loaded.collectors if crew is None or not crew.reads(one))
        self._add_kpis(runner)
        self._add_firing(runner)
        if any(one.name == ChipHours.reads for one in loaded.collectors):
            hours = ChipHours(self._snapshot, self.config.file.state_dir / CHIP_HOURS_FILE)
            runner.add([hours], derived=True)
        own = SelfCollector(self._registry, self._snapshot, runner.progress)
        runner.add([own], derived=True)
        if self.gateway is not None and self.gateway.ledger is not None:
            runner.consumers.append(self.gateway.ledger.accept)
        runner.consumers.extend(self._consumers)
        self.runner = runner

    def add_consumer(self, consumer: Callable[[Batch], None]) -> None:
        """Hand every batch to `consumer` as well, from now on and after each reload."""
        self._consumers.append(consumer)
        self.runner.consumers.append(consumer)

    def reload_soon(self) -> None:
        """Begin to reload; the event loop goes on meanwhile."""
        self._keep(asyncio.create_task(self.reload()))

    async def reload(self) -> Reloaded:
        """Read the config anew; where something is wrong with it, the old config stays."""
        async with self._reloading:
            try:
                stock = self.loaded.inventory
                read = partial(load_files, self._path, before=self.config, former=stock)
                loaded = with_collectors(*await asyncio.to_thread(read))
            except (Problems, ConfigError) as error:
                return refused(str(error), self._metrics)
            left = changed_outputs(self._outputs, loaded.config.outputs)
            if left:
                log.warning("reload: %s: takes effect at the next start", ", ".join(left))
            lost = loaded.config.devices.told()
            for line in (*lost, *told_tenants(loaded.config)):
                log.error("reload: %s", line)
            before, said = self.runner.sources(), self.runner.health()
            await self.runner.stop()
            self.loaded = self._divided(loaded)
            self.make_runner()
            self.runner.know(said)
            for source in before - self.runner.sources():
                self._snapshot.forget(*source)
            free_what_was_replaced()
            self.runner.start()
            mark_loaded(self._metrics, whole=not lost)
            log.info("reload: done, %d collectors", len(loaded.collectors))
            return Reloaded(left=left, lost=lost)

    async def close(self) -> None:
        """End the worker processes."""
        if self.crew is not None:
            await self.crew.close()

    def state_dir(self) -> Path:
        """Return the config's state folder, made if need be; raises ConfigError."""
        return _made(self.config.file.state_dir, self._path)

    def _add_kpis(self, runner: Runner) -> None:
        """Compute racks, PUE and targets where the inventory is, and ask for other hubs' values."""
        self.kpis = None
        loaded = self.loaded
        if loaded.inventory is None and loaded.config.file.federation is None:
            return
        from agent.gateway import Gateway

        if self.gateway is None:
            self.gateway = Gateway(
                snapshot=self._snapshot, registry=self._registry, state_dir=self.state_dir
            )
        self.kpis = self.gateway.kpis(loaded)
        runner.add(
            self.gateway.inventory_collectors(
                loaded, lambda: self._keep(asyncio.create_task(self._new_inventory()))
            )
        )
        runner.add(self.kpis.collectors, derived=True)

    def _add_firing(self, runner: Runner) -> None:
        """Ask Alertmanager which alerts fire, where the config names one."""
        self.firing, asked = None, self.config.file.alertmanager
        if asked is not None:
            from agent.firing.collector import FiringAlerts

            self.firing = FiringAlerts(asked, self.config.file.hub)
            runner.add([self.firing], derived=True)

    async def _new_inventory(self) -> None:
        """Put a new inventory in force.

        If every rack stays in its place, only the KPIs are made anew. Else everything is reloaded,
        and devices are discovered again.
        """
        async with self._reloading:
            loaded = self.loaded
            inventory = await asyncio.to_thread(_read_inventory, loaded)
            if inventory is None or loaded.inventory is None or self.gateway is None:
                return
            same_places = inventory.places() == loaded.inventory.places()
            if same_places:
                old = self.kpis.collectors if self.kpis is not None else ()
                self.loaded = replace(loaded, inventory=inventory)
                self.kpis = self.gateway.kpis(self.loaded)
                await self.runner.replace(old, self.kpis.collectors)
        if not same_places:
            await self.reload()
        log.info(
            "inventory: read anew, %d racks at %d sites", len(inventory.racks), len(inventory.sites)
        )

    def _keep(self, task: asyncio.Task[object]) -> None:
        """Hold on to a task until it is done: the event loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _read_inventory(loaded: Loaded) -> Inventory | None:
    """Return the inventory, read anew; None where there is none, or where it has mistakes."""
    problems: list[ConfigError] = []
    try:
        return inventory_of(loaded.config, former=loaded.inventory)
    except Problems as found:
        problems = found.errors
    for error in problems:
        log.error("inventory: %s; the old one stays", error)
    return None


def _made(state_dir: Path, config: Path) -> Path:
    """Return the state folder that a config file names, made if need be; raises ConfigError."""
    try:
        state_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigError(
            f"cannot be made: {state_dir}: {reason}", file=str(config), key="state_dir"
        ) from None
    return state_dir
