"""Collectors of links for tests, and what they measured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from collectors.base import Context, Place
from collectors.network import KIND, Config, Peer
from collectors.network.link import Link

GUIAN = Place(hub="guian", site="s1")


FAST: dict[str, Any] = {"interval": 0.2, "probes": 10, "timeout": 5.0, "window": 120.0}
"""Many probes a second; an answer counts also where a busy machine is late with it."""


@asynccontextmanager
async def linked(*peers: Peer, **options: Any) -> AsyncIterator[Sequence[Link]]:
    """Run the links of a config until the block ends."""
    links: Any = KIND.build(
        Config(peers=list(peers), **{**FAST, **options}), Context(place=GUIAN, node="n")
    )
    try:
        yield links
    finally:
        for link in links:
            await link.aclose()
