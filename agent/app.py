"""The agent put together: config → collectors → runner → snapshot, sinks, ledger → web."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import platform
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector

from agent import __version__
from agent.config import Config, Outputs
from agent.loading import Loaded, inventory_of, load_all, load_files, with_collectors
from agent.reload import (
    Reloaded,
    changed_outputs,
    free_what_was_replaced,
    mark_loaded,
    refused,
)
from agent.runner import Runner
from agent.selfmetrics import SelfCollector, SelfMetrics
from agent.snapshot import Snapshot
from agent.state_lock import StateLock, lock_state
from agent.workers import Workers
from collectors.abilities import IsDiscovered
from collectors.base import ConfigError, HubgaugeError
from collectors.strict import Problems

if TYPE_CHECKING:  # each is loaded once, and only where it is needed
    from agent.board import Board, Shown
    from agent.gateway import Gateway, Kpis
    from agent.inventory.model import Inventory
    from agent.ledger.ledger import Ledger
    from agent.push import Push
    from agent.web.response import Response
    from agent.web.server import WebServer

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 4.0
"""How long the sinks and the ledger may take to write what they have accepted."""


class App:
    """One running agent. Gateway, sinks and board are there only where the config asks for them."""

    def __init__(self, path: Path, *, state_dir: Path | None = None) -> None:
        """`state_dir` takes the place of the config's, for an agent that only tries a config."""
        self.snapshot: Final = Snapshot()
        self.registry: Final = CollectorRegistry()
        self.metrics: Final = SelfMetrics(self.registry)
        self.runner: Runner
        self.loaded: Loaded
        self.gateway: Gateway | None = None
        self._outputs: Outputs
        """The outputs in force: those of the start."""
        self._path: Final = path
        self._other_state_dir: Final = state_dir
        self._lock: StateLock | None = None
        self._kpis: Kpis | None = None
        self._push: Push | None = None
        self._board: Board | None = None
        self._web: WebServer | None = None
        self._tasks: Final[set[asyncio.Task[object]]] = set()
        self._workers: Final = Workers()
        self._reloading: Final = asyncio.Lock()
        ProcessCollector(registry=self.registry)

    @property
    def config(self) -> Config:
        """The config in force."""
        return self.loaded.config

    @property
    def ledger(self) -> Ledger | None:
        """The energy ledger; a node agent has none."""
        return self.gateway.ledger if self.gateway is not None else None

    def prepare(self, *, alone: bool = False) -> None:
        """Load everything and make the runner; raises Problems, starts nothing.

        `alone`: no other agent may use the state folder meanwhile.
        """
        self.loaded = load_all(self._path, state_dir=self._other_state_dir)
        self._outputs = self.config.outputs
        if alone:
            self._lock = lock_state(self.config, self._state_dir)
        logging.getLogger().setLevel(self.config.file.log_level.upper())
        self.metrics.build_info.labels(__version__, platform.python_version()).set(1)
        self.metrics.simulated.set(self.config.file.simulated)
        self.runner = self._make_runner(self.loaded)

    # From start to end

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT."""
        self.prepare(alone=True)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)
        if any(isinstance(one, IsDiscovered) for one in self.loaded.collectors):
            with contextlib.suppress(ConfigError):  # without it, devices are discovered each time
                self._state_dir()
        self._start_push()
        if self.gateway is not None:
            self.gateway.start()
        await self.start_web()
        mark_loaded(self.metrics)
        free_what_was_replaced()
        self.runner.start()
        log.info(
            "hubgauge %s at http://%s, hub %s",
            __version__,
            self.config.outputs.http.listen,
            self.config.file.hub,
        )
        await stop.wait()
        await self.stop()
        return 0

    def _start_push(self) -> None:
        if not self.config.outputs.sinks:
            return
        from agent.push import Push

        self._push = Push(self.config, state_dir=self._state_dir(), registry=self.registry)
        self._push.start()
        self.runner.consumers.append(self._push.accept)

    async def start_web(self) -> None:
        """Serve /metrics, the board and the API.

        Raises HubgaugeError where the address is taken.
        """
        from agent.web.routes import Handlers
        from agent.web.server import WebServer

        http = self.config.outputs.http
        handlers = Handlers(
            waits_for=self._waits_for,
            reload=self.reload,
            pages=self._page,
            targets=self._scrape_targets,
        )
        self._web = WebServer(
            config=http,
            snapshot=self.snapshot,
            metrics=self.metrics,
            handlers=handlers,
            node=self.config.node,
        )
        try:
            await self._web.start()
        except OSError as error:
            reason = error.strerror or error
            raise HubgaugeError(
                f"{self._path}: outputs.http.listen: {http.listen}: {reason}"
            ) from None

    async def stop(self) -> None:
        """Stop everything, in the order in which nothing accepted is lost."""
        log.info("stopping")
        await self.runner.stop()
        if self._web is not None:
            await self._web.stop()
        if self._push is not None:
            await self._push.stop(_CLOSE_SECONDS)
        if self.ledger is not None:
            close = asyncio.to_thread(self.ledger.close, _CLOSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(close, _CLOSE_SECONDS + 0.5)
        if self._lock is not None:
            self._lock.release()
        sys.stderr.flush()

    # A config or an inventory that changes

    def _reload_soon(self) -> None:
        self._keep(asyncio.create_task(self.reload()))

    def _keep(self, task: asyncio.Task[object]) -> None:
        """Hold on to a task until it is done: the event loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self) -> Reloaded:
        """Read the config anew; where something is wrong with it, the old config stays."""
        async with self._reloading:
            try:
                loaded = with_collectors(*await asyncio.to_thread(load_files, self._path))
            except (Problems, ConfigError) as error:
                return refused(str(error), self.metrics)
            left = changed_outputs(self._outputs, loaded.config.outputs)
            if left:
                log.warning("reload: %s: takes effect at the next start", ", ".join(left))
            before = self.runner.sources()
            await self.runner.stop()
            self.loaded = loaded
            self.runner = self._make_runner(loaded)
            for source in before - self.runner.sources():
                self.snapshot.forget(*source)
            free_what_was_replaced()
            self.runner.start()
            mark_loaded(self.metrics)
            log.info("reload: done, %d collectors", len(loaded.collectors))
            return Reloaded(left=left)

    async def _new_inventory(self) -> None:
        """Put a new inventory in force.

        No device is discovered anew where every rack stays in place.
        """
        async with self._reloading:
            loaded = self.loaded
            problems: list[ConfigError] = []
            inventory: Inventory | None = None
            try:
                inventory = await asyncio.to_thread(inventory_of, loaded.config)
            except Problems as found:
                problems = found.errors
            for error in problems:
                log.error("inventory: %s; the old one stays", error)
            if inventory is None or loaded.inventory is None or self.gateway is None:
                return
            same_places = inventory.places() == loaded.inventory.places()
            if same_places:
                old = self._kpis.collectors if self._kpis is not None else ()
                self.loaded = dataclasses.replace(loaded, inventory=inventory)
                self._kpis = self.gateway.kpis(self.loaded)
                await self.runner.replace(old, self._kpis.collectors)
        if not same_places:
            await self.reload()
        log.info(
            "inventory: read anew, %d racks at %d sites", len(inventory.racks), len(inventory.sites)
        )

    def _make_runner(self, loaded: Loaded) -> Runner:
        runner = Runner(
            snapshot=self.snapshot,
            metrics=self.metrics,
            places=loaded.places,
            workers=self._workers,
        )
        runner.add(loaded.collectors)
        self._add_kpis(runner, loaded)
        runner.add([SelfCollector(self.registry, self.snapshot, runner.progress)], derived=True)
        if self.ledger is not None:
            runner.consumers.append(self.ledger.accept)
        if self._push is not None:
            runner.consumers.append(self._push.accept)
        return runner

    def _add_kpis(self, runner: Runner, loaded: Loaded) -> None:
        """Compute racks, PUE and targets where the inventory is, and ask for other hubs' values."""
        self._kpis = None
        if loaded.inventory is None and loaded.config.file.federation is None:
            return
        from agent.gateway import Gateway

        if self.gateway is None:
            self.gateway = Gateway(
                snapshot=self.snapshot, registry=self.registry, state_dir=self._state_dir
            )
        self._kpis = self.gateway.kpis(loaded)
        runner.add(
            self.gateway.inventory_collectors(
                loaded, lambda: self._keep(asyncio.create_task(self._new_inventory()))
            )
        )
        runner.add(self._kpis.collectors, derived=True)

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

    # What is served

    def _waits_for(self) -> str:
        """Return what the first round still waits for; empty once it is done."""
        if self.runner.ready.is_set():
            return ""
        return f"the first round is not done: {self.runner.progress()}"

    @property
    def board(self) -> Board:
        """The board; loaded when it is first asked for."""
        if self._board is None:
            from agent.board import Board

            self._board = Board(self.snapshot)
        return self._board

    def shown(self) -> Shown:
        """Return what is in force and so shown."""
        from agent.board import Shown

        return Shown(loaded=self.loaded, kpis=self._kpis, health=self.runner.health)

    def _page(self, path: str, query: Mapping[str, str], language: str) -> Response | None:
        return self.board.page(self.shown(), path, query, language)

    def _scrape_targets(self, query: Mapping[str, str]) -> Response | None:
        return self.board.targets(self.shown(), query)
