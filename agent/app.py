"""The agent put together: config → collectors → runner → snapshot, sinks, ledger → web."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

from agent import __version__
from agent.access import ANYBODY, Reader
from agent.config import Config
from agent.in_force import InForce
from agent.reload import Reloaded, free_what_was_replaced, mark_loaded
from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.snapshot import Snapshot
from agent.state_lock import StateLock, lock_state
from collectors.abilities import IsDiscovered
from collectors.base import ConfigError, HubgaugeError

if TYPE_CHECKING:  # each is loaded once, and only where it is needed
    from agent.board import Board, Shown
    from agent.ledger.ledger import Ledger
    from agent.push import Push
    from agent.web.response import Response
    from agent.web.server import WebServer

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 4.0
"""How long the sinks and the ledger may take to write what they have accepted."""


class App:
    """One running agent. Sinks and board are there only where the config asks for them."""

    def __init__(self, path: Path, *, state_dir: Path | None = None) -> None:
        """`state_dir` takes the place of the config's, for an agent that only tries a config."""
        self.snapshot: Final = Snapshot()
        self._registry: Final = CollectorRegistry()
        self._metrics: Final = SelfMetrics(self._registry)
        self._in_force: Final = InForce(
            path,
            state_dir=state_dir,
            snapshot=self.snapshot,
            registry=self._registry,
            metrics=self._metrics,
        )
        self._path: Final = path
        self._lock: StateLock | None = None
        self._push: Push | None = None
        self._board: Board | None = None
        self._web: WebServer | None = None
        self._first_page: asyncio.Task[None] | None = None
        ProcessCollector(registry=self._registry)

    @property
    def config(self) -> Config:
        """The config in force."""
        return self._in_force.config

    @property
    def runner(self) -> Runner:
        """The runner of the config in force."""
        return self._in_force.runner

    @property
    def ledger(self) -> Ledger | None:
        """The energy ledger; a node agent has none."""
        gateway = self._in_force.gateway
        return gateway.ledger if gateway is not None else None

    def prepare(self, *, alone: bool = False) -> None:
        """Load everything and make the runner; raises Problems, starts nothing.

        `alone`: no other agent may use the state folder meanwhile.
        """
        self._in_force.load(divides=alone)
        if alone:
            self._lock = lock_state(self.config, self._in_force.state_dir)
        logging.getLogger().setLevel(self.config.file.log_level.upper())
        self._metrics.build_info.labels(__version__, sys.version.split()[0]).set(1)
        self._metrics.simulated.set(self.config.file.simulated)
        self._in_force.make_runner()

    async def reload(self) -> Reloaded:
        """Read the config anew; where something is wrong with it, the old config stays."""
        return await self._in_force.reload()

    # From start to end

    async def run(self) -> int:
        """Run until SIGTERM or SIGINT; return 0. Raises HubgaugeError where it cannot start."""
        self.prepare(alone=True)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._in_force.reload_soon)
        if any(isinstance(one, IsDiscovered) for one in self._in_force.loaded.collectors):
            with contextlib.suppress(ConfigError):  # without it, devices are discovered each time
                self._in_force.state_dir()
        self._start_push()
        if self._in_force.gateway is not None:
            self._in_force.gateway.start()
        await self.start_web()
        mark_loaded(self._metrics, whole=not self.config.devices.lost)
        free_what_was_replaced()
        self.runner.start()
        if self._in_force.gateway is not None:
            self._first_page = asyncio.create_task(self._draw_first())
        log.info(
            "hubgauge %s at %s, hub %s",
            __version__,
            self.config.outputs.http.origin,
            self.config.file.hub,
        )
        await stop.wait()
        await self.stop()
        return 0

    def _start_push(self) -> None:
        if not self.config.outputs.sinks:
            return
        from agent.push import Push

        self._push = Push(
            self.config, state_dir=self._in_force.state_dir(), registry=self._registry
        )
        self._push.start()
        self._in_force.add_consumer(self._push.accept)

    async def start_web(self) -> None:
        """Serve /metrics, the board and the API.

        Raises HubgaugeError where the address cannot be listened on.
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
            metrics=self._metrics,
            handlers=handlers,
            node=self.config.node,
            collectors=self._in_force.read_here,
        )
        try:
            await self._web.start()
        except OSError as error:
            reason = error.strerror or error
            raise HubgaugeError(
                f"{self._path}: outputs.http.listen: {http.listen}: {reason}"
            ) from None

    async def _draw_first(self) -> None:
        """Draw the first page once when the first round is done.

        Of a whole hub this takes a second, which nobody who looks shall wait for.
        """
        with contextlib.suppress(Exception):  # whoever asks for the page is told what is wrong
            from agent.web import pages

            await asyncio.to_thread(pages.load)
            await self.runner.ready.wait()
            self._page("/", {}, "", ANYBODY)

    async def stop(self) -> None:
        """Stop everything, in the order in which nothing accepted is lost."""
        log.info("stopping")
        if self._first_page is not None:
            self._first_page.cancel()
        await self.runner.stop()
        await self._in_force.close()
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

        return Shown(
            loaded=self._in_force.loaded,
            kpis=self._in_force.kpis,
            firing=firing.heard if (firing := self._in_force.firing) is not None else None,
            health=self.runner.health,
        )

    def _page(
        self, path: str, query: Mapping[str, str], language: str, reader: Reader
    ) -> Response | None:
        return self.board.page(self.shown(), path, query, language, reader)

    def _scrape_targets(self, query: Mapping[str, str]) -> Response | None:
        return self.board.targets(self.shown(), query)
