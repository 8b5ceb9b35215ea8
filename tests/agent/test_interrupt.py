"""An interrupt of a thread that nobody waits for leaves nothing behind."""

from __future__ import annotations

import subprocess
import sys

from tests.support import HANGS, ROOT

TRACED = """
import sys, threading
from agent.interrupt import clear_interrupt, interrupt

done = []

def call():
    done.append(len(done))

def work():
    interrupt(threading.get_ident())  # it may arrive anywhere from here on
    clear_interrupt()

clear_interrupt()
thread = threading.Thread(target=work)
thread.start()
thread.join()
threading.settrace(lambda *_: None)
sys.settrace(lambda *_: None)
call()
thread = threading.Thread(target=call)
thread.start()
thread.join()
print(done)
"""


def test_a_traced_program_goes_on_after_an_interrupt() -> None:
    """Where a tracer runs, calls and threads begin and end after an interrupt was cleared."""
    found = subprocess.run(
        [sys.executable, "-c", TRACED],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
    assert found.stdout == "[0, 1]\n", found.stderr
