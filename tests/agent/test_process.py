"""What the process has of the C library."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support import HANGS

HEAPS = """
import ctypes, sys, tempfile, threading
from agent.process import share_one_heap
libc = ctypes.CDLL(None)
if sys.argv[1] == "one":
    share_one_heap()
ready, end, kept = threading.Barrier(5), threading.Event(), []
def take():
    kept.append([bytes(1000) for _ in range(100)])
    ready.wait(60)
    end.wait(60)
threads = [threading.Thread(target=take) for _ in range(4)]
for one in threads:
    one.start()
ready.wait(60)
libc.fopen.restype = ctypes.c_void_p
with tempfile.NamedTemporaryFile() as file:
    stream = ctypes.c_void_p(libc.fopen(file.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(file.read().count(b"<heap nr="))
end.set()
"""
"""Prints how many heaps there are by malloc_info(3) while four threads have taken memory."""


LIMITS = ("MALLOC_ARENA_MAX", "GLIBC_TUNABLES")
"""What a person may have set about heaps."""


def heaps(how: str) -> int:
    own = {name: value for name, value in os.environ.items() if name not in LIMITS}
    done = subprocess.run(
        [sys.executable, "-c", HEAPS, how],
        capture_output=True,
        text=True,
        check=True,
        timeout=HANGS,
        env=own,
    )
    return int(done.stdout)


def test_all_threads_share_one_heap() -> None:
    """The C library itself tells how many heaps it has; without the call there are several."""
    assert heaps("own") > 1
    assert heaps("one") == 1
