"""A value that takes long to compute is computed once for all who ask within some seconds.

A whole hub has 880 000 series: a page or a sum over all of them takes the better part of a second.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from agent.snapshot import Snapshot

Made = TypeVar("Made")

_SLOW_SECONDS: Final = 0.1
"""A value that took less processor time is not kept, but computed for each reader."""
_LIFETIME: Final = 10.0
"""A value is kept for this many times the processor time that it took. So readers cost a tenth of a
core at most."""
_MOST: Final = 24
"""Values held for one snapshot."""

_computed: Final[WeakKeyDictionary[Snapshot, dict[Hashable, tuple[float, Any]]]] = (
    WeakKeyDictionary()
)


def computed_once(
    snapshot: Snapshot, key: Hashable, compute: Callable[[], Made], *, slow: float = _SLOW_SECONDS
) -> Made:
    """Return what `compute` returns for a snapshot; if that is slow, a value some seconds old.

    `key` names the value and everything that it depends on besides the snapshot. A value that took
    less than `slow` seconds is not kept.
    """
    known = _computed.setdefault(snapshot, {})
    if key in known and known[key][0] > time.monotonic():
        found: Made = known[key][1]
        return found
    began = time.thread_time()
    made = compute()
    took, now = time.thread_time() - began, time.monotonic()
    for old in [old for old, (until, _) in known.items() if until <= now]:
        del known[old]
    if took > slow and len(known) < _MOST:
        known[key] = (now + _LIFETIME * took, made)
    return made
