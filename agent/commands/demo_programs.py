"""The programs that `hubgauge demo` has started: each with a log, watched and ended together."""

from __future__ import annotations

import asyncio
import http.client
from collections.abc import Collection
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent.children import Child
from agent.commands.demo_output import say
from collectors.base import HubgaugeError

READY_SECONDS: Final = 60.0
"""In which a program must be ready to work."""


class Programs:
    """The programs that run at present."""

    def __init__(self, logs: Path) -> None:
        self._logs: Final = logs
        self._children: list[Child] = []

    async def stop(self, *, first: str) -> None:
        """End the programs, that of the name `first` before all others."""
        for child in sorted(self._children, key=lambda child: child.name != first):
            await child.stop()

    async def start(self, name: str, *command: str | Path) -> Child:
        """Start a program; what it says goes into a log of its name."""
        child = await Child.start(name, command, self._logs / f"{name}.log")
        self._children.append(child)
        return child

    async def run_to_end(self, name: str, *command: str | Path) -> str:
        """Run a program to its end; returns why it failed in one line, or an empty text."""
        child = await self.start(name, *command)
        how = await child.wait()
        self._children.remove(child)
        return "" if child.succeeded else how

    async def start_server(self, name: str, program: str, url: str, *arguments: str) -> bool:
        """Start a server and wait until `url` answers; without it the demo continues."""
        child = await self.start(name, program, *arguments)
        try:
            await self.wait_until_answers(child, url)
        except HubgaugeError as error:
            say(f"continuing without {name}: {error}")
            await child.stop()
            self._children.remove(child)
            return False
        return True

    async def wait_until_answers(self, child: Child, url: str) -> None:
        """Wait until a URL answers; raises HubgaugeError if the child ends, or does not in time."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await asyncio.to_thread(_answers, url):
                    if not child.running:
                        raise HubgaugeError(await child.wait())
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise HubgaugeError(
                f"{child.name} does not answer at {url}: {child.last_line()}"
            ) from None

    async def watch(self, vital: Collection[Child], seconds: float | None) -> int:
        """Report programs that end, and return an exit status.

        It is 1 when a vital program ends, and 0 when the seconds are over.
        """
        waits = {asyncio.ensure_future(child.wait()): child for child in self._children}
        try:
            async with asyncio.timeout(seconds):
                while waits:
                    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    for task in done:
                        child = waits.pop(task)
                        say(task.result())
                        if child in vital:
                            return 1
        except TimeoutError:
            pass
        finally:
            for task in waits:
                task.cancel()
        return 0


def _answers(url: str) -> bool:
    """Tell whether a local server answers a GET with status 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=2)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (http.client.HTTPException, OSError):
        return False
    finally:
        connection.close()
