"""One agent at a time in a state folder: a lock file that names who holds it."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from agent.config import Config
from collectors.base import ConfigError
from collectors.paths import is_folder

log = logging.getLogger(__name__)

_NAME: Final = "agent.lock"


class StateLock:
    """The lock of a state folder. The kernel gives it back when its process ends."""

    def __init__(self, folder: Path) -> None:
        self.path: Final = folder / _NAME
        self._descriptor = -1

    def take(self) -> None:
        """Lock the folder; raises ConfigError where another agent has it, or OSError."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise ConfigError(
                f"held by process {holder}; a second agent needs a state_dir of its own",
                file=str(self.path),
                key="state_dir",
            ) from None
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock up; the file stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def lock_state(config: Config, folder: Callable[[], Path]) -> StateLock | None:
    """Keep other agents out of a config's state folder; raises ConfigError where one is in it.

    `folder` makes it. A scraped node agent needs no such folder: where there is none, none is made.
    """
    file = config.file
    if not (config.outputs.sinks or file.inventory or file.federation or is_folder(file.state_dir)):
        return None
    lock = StateLock(folder())
    try:
        lock.take()
    except OSError as error:  # a ledger or a spool says itself what it cannot write
        log.info("%s: no lock: %s", lock.path, error.strerror or error)
        return None
    return lock
