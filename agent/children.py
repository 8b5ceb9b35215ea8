"""Child processes: started with their output in a file, watched, and ended in order. Nothing outlives its parent."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from collectors.base import HubgaugeError

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_TAIL: Final = 4096
_SHOWN: Final = 300


def _die_with_parent() -> None:
    """In the child, before it becomes another program: ask the kernel for a SIGTERM when the parent is gone."""
    with contextlib.suppress(AttributeError, OSError):  # no prctl: not Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One child process. It has a session of its own, so that Ctrl-C reaches only the parent, which ends it in order."""

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name, self.log = name, log
        self._process = process

    @classmethod
    async def start(cls, name: str, command: Sequence[str | Path], log: Path) -> Child:
        """Start a program; raises HubgaugeError where that fails."""
        try:
            with log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *map(str, command),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=_die_with_parent,
                )
        except OSError as error:
            raise HubgaugeError(f"{name} cannot be started: {error.strerror or error}") from None
        return cls(name, process, log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self._process.returncode is None

    @property
    def succeeded(self) -> bool:
        """Whether it has ended, and with status 0."""
        return self._process.returncode == 0

    async def ended(self) -> str:
        """Wait until it ends; returns one line that says how."""
        status = await self._process.wait()
        how = (
            f"ended with status {status}"
            if status >= 0
            else f"was ended by {signal.Signals(-status).name}"
        )
        last = self.last_line()
        return f"{self.name} {how}{f': {last}' if last else ''}"

    def last_line(self) -> str:
        """Return the last line it has written."""
        try:
            text = self.log.read_bytes()[-_TAIL:].decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:_SHOWN] if lines else ""

    async def said(self, word: str, *, timeout: float) -> None:  # noqa: ASYNC109 - of this wait
        """Wait until its output has a line that is `word`; raises HubgaugeError when it ends before, or takes too long."""
        try:
            async with asyncio.timeout(timeout):
                while word not in self.log.read_text("utf-8", "replace").splitlines():
                    if not self.running:
                        raise HubgaugeError(await self.ended())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise HubgaugeError(
                f"{self.name} was not ready within {timeout:g} s: {self.last_line()}"
            ) from None

    async def end(self, *, patience: float = 8.0) -> None:
        """End it with SIGTERM, and after `patience` seconds with SIGKILL."""
        if not self.running:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(patience):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
