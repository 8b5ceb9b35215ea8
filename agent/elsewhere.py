"""What the runner asks of devices that other processes read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from agent.health import CollectorHealth, Progress
from collectors.base import Batch


class Elsewhere(Protocol):
    """Devices that other processes read."""

    @property
    def all_heard(self) -> asyncio.Event:
        """Set once every device was read, or is known not to answer."""

    def start(self, keep: Callable[[Batch], None]) -> None:
        """Begin to read; `keep` takes every batch."""

    async def stop(self) -> None:
        """Hand on nothing more."""

    def health(self) -> Sequence[CollectorHealth]:
        """Return how every device is doing."""

    def progress(self) -> Progress:
        """Return how many devices were read, and whether their processes keep up with them."""

    def sources(self) -> set[tuple[str, str]]:
        """Return the keys under which the snapshot keeps what they report."""
