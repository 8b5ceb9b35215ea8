"""What is asked of every parser: for any input an answer or the error it may raise, within the
target's time and 16 MB.
"""

from __future__ import annotations

import contextlib
import gc
import time
import tracemalloc

from tests.fuzz.target import Target
from tests.support import cpu_limit

BYTES = 16 * 2**20


def attempt(target: Target, data: bytes) -> float:
    """Parse once; returns the CPU seconds it took, and raises what the target may not."""
    began = time.thread_time()
    with contextlib.suppress(*target.allowed):
        target.run(data)
    return time.thread_time() - began


def judge(target: Target, data: bytes) -> None:
    """Hold one input against the limits.

    Raises AssertionError, or what the parser should not have raised.

    Time is CPU time of this thread, the best of three: what else the machine does is not the
    parser's.
    """
    data = data[: target.most]
    attempt(target, data)  # what is loaded and cached only once is no input's
    taken = min(attempt(target, data) for _ in range(3))
    assert taken <= target.seconds or taken <= cpu_limit(target.seconds), (
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
