"""Child processes, with their output in a file. None of them outlives its parent."""

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
_TAIL_BYTES: Final = 4096
_LINE_CHARACTERS: Final = 300


def _end_with_parent() -> None:
    """Ask the kernel to send this process SIGTERM when its parent is gone.

    Runs in the child, before the child becomes another program.
    """
    with contextlib.suppress(AttributeError, OSError):  # no prctl: not Linux
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Child:
    """One child process.

    It has a session of its own: Ctrl-C reaches only the parent, which ends its children in order.
    """

    def __init__(self, name: str, process: asyncio.subprocess.Process, log: Path) -> None:
        self.name, self.log = name, log
        self._process = process

    @classmethod
    async def start(cls, name: str, command: Sequence[str | Path], log: Path) -> Child:
        """Start a program; raises HubgaugeError if that fails."""
        try:
            with log.open("ab") as output:
                process = await asyncio.create_subprocess_exec(
                    *map(str, command),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    preexec_fn=_end_with_parent,
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
        """Whether it has ended with status 0."""
        return self._process.returncode == 0

    async def wait(self) -> str:
        """Wait until it ends; returns one line that says how it ended."""
        status = await self._process.wait()
        how = (
            f"ended with status {status}"
            if status >= 0
            else f"was ended by {signal.Signals(-status).name}"
        )
        last = self.last_line()
        return f"{self.name} {how}{f': {last}' if last else ''}"

    def last_line(self) -> str:
        """Return the last line of its output."""
        try:
            text = self.log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace")
        except OSError:
            return ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:_LINE_CHARACTERS] if lines else ""

    async def wait_for_line(self, line: str, *, seconds: float) -> None:
        """Wait until its output has this line.

        Raises HubgaugeError if the child ends first, or if the line does not come in time.
        """
        try:
            async with asyncio.timeout(seconds):
                while line not in self.log.read_text("utf-8", "replace").splitlines():
                    if not self.running:
                        raise HubgaugeError(await self.wait())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise HubgaugeError(
                f"{self.name} was not ready within {seconds:g} s: {self.last_line()}"
            ) from None

    async def stop(self, *, patience: float = 8.0) -> None:
        """End it with SIGTERM; if it still runs after `patience` seconds, with SIGKILL."""
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
