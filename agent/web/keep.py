"""What takes long to work out is worked out once for all who look meanwhile: a whole hub has 880 000 series."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from agent.snapshot import Snapshot

    Made = TypeVar("Made")

_SLOW_SECONDS: Final = 0.1
_REST: Final = 10.0
"""What took more than _SLOW_SECONDS of this thread is given again for so many times as long: looking costs a tenth of a core at most."""
_MOST: Final = 24

_kept: Final[WeakKeyDictionary[Snapshot, dict[Hashable, tuple[float, Any]]]] = WeakKeyDictionary()


def keep(snapshot: Snapshot, key: Hashable, make: Callable[[], Made]) -> Made:
    """Return what `make` makes of a snapshot, or what it made some seconds ago where that took long."""
    kept = _kept.setdefault(snapshot, {})
    if key in kept and kept[key][0] > time.monotonic():
        found: Made = kept[key][1]
        return found
    began = time.thread_time()
    made = make()
    took, now = time.thread_time() - began, time.monotonic()
    for old in [old for old, (until, _) in kept.items() if until <= now]:
        del kept[old]
    if took > _SLOW_SECONDS and len(kept) < _MOST:
        kept[key] = (now + _REST * took, made)
    return made


def forget() -> None:
    """Keep nothing any longer, as at a start."""
    _kept.clear()
