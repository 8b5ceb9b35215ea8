"""A real database in a process of its own, which tests stop, freeze and kill."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.support import free_ports


@dataclass
class DatabaseProcess:
    """A database on loopback that keeps its data in `folder` when it is stopped or killed.

    While it is away nobody else gets its port, not even whoever knocks at it.
    """

    folder: Path
    port: int = field(default_factory=partial(free_ports, 1))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it by SIGSTOP until the block ends."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)
