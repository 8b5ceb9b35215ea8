"""The agent put together: config → collectors → runner → snapshot, sinks, ledger → web."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import logging
import platform
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector

from agent import __version__
from agent.config import Config
from agent.loading import Loaded, inventory_of, load_all, load_files, with_collectors
from agent.runner import Runner
from agent.selfmetrics import SelfCollector, SelfMetrics
from agent.snapshot import Snapshot
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

    def __init__(self, path: Path) -> None:
        self.snapshot: Final = Snapshot()
        self.registry: Final = CollectorRegistry()
        self.metrics: Final = SelfMetrics(self.registry)
        self.runner: Runner
        self.loaded: Loaded
        self.gateway: Gateway | None = None
        self._path: Final = path
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

    def prepare(self) -> None:
        """Load everything and make the runner; raises Problems, starts nothing."""
        self.loaded = load_all(self._path)
        logging.getLogger().setLevel(self.config.file.log_level.upper())
        self.metrics.build_info.labels(__version__, platform.python_version()).set(1)
        self.metrics.simulated.set(self.config.file.simulated)
        self.runner = self._make_runner(self.loaded)

    # From start to end

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT."""
        self.prepare()
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
        self._mark_loaded()
        _free_what_was_replaced()
        self.runner.start()
        log.info(
            "hubgauge %s at http://%s, hub %s",
            __version__,
            self.config.outputs.http.listen,
            self.config.file.hub,
        )
        await stop.wait()
        await self._stop()
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

    async def _stop(self) -> None:
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
        sys.stderr.flush()

    # A config or an inventory that changes

    def _reload_soon(self) -> None:
        self._keep(asyncio.create_task(self.reload()))

    def _keep(self, task: asyncio.Task[object]) -> None:
        """Hold on to a task until it is done: the event loop itself does not."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def reload(self) -> str:
        """Read the config anew; returns what is wrong with it, and the old config then stays."""
        async with self._reloading:
            try:
                loaded = with_collectors(*await asyncio.to_thread(load_files, self._path))
            except (Problems, ConfigError) as error:
                return self._refused(str(error))
            if loaded.config.outputs != self.config.outputs:
                log.warning("reload: a change of outputs takes effect at the next start")
            before = self.runner.sources()
            await self.runner.stop()
            self.loaded = loaded
            self.runner = self._make_runner(loaded)
            for source in before - self.runner.sources():
                self.snapshot.forget(*source)
            _free_what_was_replaced()
            self.runner.start()
            self._mark_loaded()
            log.info("reload: done, %d collectors", len(loaded.collectors))
            return ""

    def _refused(self, wrong: str) -> str:
        """Log what is wrong with a new config."""
        self.metrics.reload_success.set(0)
        for line in wrong.splitlines():
            log.error("reload: %s; the old config stays", line)
        return wrong

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

    def _mark_loaded(self) -> None:
        self.metrics.reload_success.set(1)
        self.metrics.reload_time.set(time.time())

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


def _free_what_was_replaced() -> None:
    """Delete what nothing uses any more, and close its files; keep what is loaded out of it.

    What was frozen at an earlier load is looked at again, for some of it was replaced. Later full
    collections leave out what is loaded: at a whole hub's size one takes a second.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
