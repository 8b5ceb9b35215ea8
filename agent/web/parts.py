"""Which part of /metrics a query asks for: `?kind=pdu`, `?without=pdu`, `?shard=2/4`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from agent.inventory.shard import parse_shard
from agent.part import Part

_KEYS: Final = ("kind", "without", "shard")


def asked_part(fields: Iterable[tuple[str, str]]) -> Part:
    """Return the part that the fields of a query ask for.

    Raises ValueError for an unknown key or a wrong shard. If such a key were ignored, Prometheus
    would scrape the whole page instead of a part.
    """
    given: dict[str, list[str]] = {key: [] for key in _KEYS}
    for key, value in fields:
        if key not in given:
            raise ValueError(f"{key[:40]}: expected one of {', '.join(_KEYS)}")
        given[key] += filter(None, value.split(","))
    kinds, without, shards = (given[key] for key in _KEYS)
    if len(shards) > 1:
        raise ValueError("shard: given twice")
    shard = parse_shard(shards[0]) if shards else None
    return Part(
        kinds=frozenset(kinds),
        without=frozenset(without),
        shard=shard.number if shard is not None else 1,
        of=shard.of if shard is not None else 1,
    )
