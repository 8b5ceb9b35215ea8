"""How many files of the kernel a reader keeps open, so that the agent has enough for all else."""

from __future__ import annotations

import resource
from typing import Final

READERS: Final = 2
"""How many readers an agent has: that of the host's collectors, and that of power."""
_MOST: Final = 256
_SHARE: Final = 16


def kept_files(open_files: int) -> int:
    """Return how many a reader may keep where the system allows so many open files in all."""
    return min(_MOST, open_files // _SHARE)


def most_kept() -> int:
    """Return how many a reader of this process may keep.

    The hard limit counts, since the agent raises the soft one up to it.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if hard == resource.RLIM_INFINITY else kept_files(hard)
