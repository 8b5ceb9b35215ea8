"""What is asked of every parser: for any input an answer or the error it may raise, within 50 ms
and 16 MB. What takes nearly as long for a good input has four times that.
"""

from __future__ import annotations

import contextlib
import gc
import time
import tracemalloc

from tests.fuzz.target import Target
from tests.support import cpu_limit

SECONDS = 0.05
BYTES = 16 * 2**20
DEARER = 4.0
"""A hostile input may take this many times what the dearest good one takes on the same machine."""


def attempt(target: Target, data: bytes) -> float:
    """Parse once; returns the CPU seconds it took, and raises what the target may not."""
    began = time.thread_time()
    with contextlib.suppress(*target.allowed):
        target.run(data)
    return time.thread_time() - began


def best(target: Target, data: bytes) -> float:
    """Return the CPU seconds of one input, the best of three."""
    return min(attempt(target, data) for _ in range(3))


def dearest(target: Target) -> float:
    """Return the CPU seconds of the good input that takes longest, as slow as the machine is now.

    Some seeds stand for a whole device. On a busy machine such a one alone may take 50 ms.
    """
    return max(best(target, seed[: target.most]) for seed in target.seeds)


def judge(target: Target, data: bytes) -> None:
    """Hold one input against the limits.

    Raises AssertionError, or what the parser should not have raised.

    Time is CPU time of this thread: what else the machine does is not the parser's.
    """
    data = data[: target.most]
    attempt(target, data)  # what is loaded and cached only once is no input's
    taken = best(target, data)
    assert taken <= SECONDS or taken <= max(cpu_limit(SECONDS), DEARER * dearest(target)), (
        f"{target.name}: {taken * 1000:.0f} ms for {len(data)} bytes"
    )
    tracemalloc.start()
    try:
        attempt(target, data)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak <= BYTES, f"{target.name}: {peak / 2**20:.1f} MB for {len(data)} bytes"


def settle() -> None:
    """Keep the garbage collector out of what is measured."""
    gc.collect()
    gc.freeze()
