"""Runs a program and returns its output, with a deadline and a limit on the output's size."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from collectors.base import Unreachable

_CHUNK: Final = 65_536
_GRACE: Final = 1.0


class Command:
    """One program that is run repeatedly, but never twice at the same time.

    It runs in its own process group. The whole group is killed if the program takes too long or
    prints too much. A program that hangs in the kernel cannot be killed. It is not started again
    until its process has ended.
    """

    def __init__(
        self, words: Sequence[str], *, max_bytes: int, environment: Mapping[str, str]
    ) -> None:
        self._words, self._max_bytes, self._environment = tuple(words), max_bytes, dict(environment)
        self._process: asyncio.subprocess.Process | None = None

    async def output(self, timeout: float) -> bytes:
        """Return the output to stdout and stderr, whatever the exit status; raises Unreachable."""
        name = Path(self._words[0]).name
        if self._process is not None and self._process.returncode is None:
            raise Unreachable(f"{name} (process {self._process.pid}) cannot be killed")
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                env=self._environment,
            )
        except OSError as error:
            raise Unreachable(f"{name} cannot be started: {error.strerror or error}") from None
        process, ended = self._process, False
        try:
            async with asyncio.timeout(timeout):
                printed = await self._read(process)
                if len(printed) > self._max_bytes:
                    raise Unreachable(f"{name} prints more than {self._max_bytes} bytes")
                await process.wait()
            ended = True
        except TimeoutError:
            raise Unreachable(f"{name} has not ended within {timeout:g} s") from None
        else:
            return printed
        finally:
            if not ended:
                await _kill(process)

    async def _read(self, process: asyncio.subprocess.Process) -> bytes:
        assert process.stdout is not None
        printed = bytearray()
        while len(printed) <= self._max_bytes:
            chunk = await process.stdout.read(_CHUNK)
            if not chunk:
                break
            printed += chunk
        return bytes(printed)


async def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill a program and the processes it started, and wait up to a second for its end."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # A process that the program started may keep the pipe open. Closing the transport ends that.
    process._transport.close()  # type: ignore[attr-defined] # noqa: SLF001 - no public way
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(process.wait()), _GRACE)
