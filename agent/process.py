"""The memory of this process, in one heap for all threads, and the CPU time of a thread."""

from __future__ import annotations

import ctypes
import gc
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_M_ARENA_MAX: Final = -8  # mallopt(3)
_SELDOM: Final = (10_000, 20, 20)
"""New objects, and collections of the younger objects, after which the older ones are looked at."""


def resident_bytes() -> int:
    """Return the resident memory of this process in bytes; 0 where the kernel does not tell."""
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def cpu_seconds(thread: int) -> float:
    """Return the CPU time that a thread has used so far, in seconds; 0 once it is gone."""
    try:
        return time.clock_gettime(time.pthread_getcpuclockid(thread))
    except OSError:
        return 0.0


def process_seconds() -> float:
    """Return the CPU time that all threads of this process have used so far, in seconds."""
    return time.process_time()


def collect_seldom() -> None:
    """Look for garbage in cycles less often than Python does. For a process of many devices.

    While it begins, it makes millions of objects that stay. To look at them again and again took a
    quarter of the time of a discovery.
    """
    gc.set_threshold(*_SELDOM)


def share_one_heap() -> None:
    """Have all threads take memory from one heap. Call it before the first thread starts.

    By default glibc gives each thread a heap of its own, which keeps what is freed in it. A thread
    of Python gains nothing by that, for only one runs at a time. Other C libraries are left alone.
    """
    with suppress(AttributeError, OSError):  # no mallopt
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
