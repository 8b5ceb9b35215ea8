"""End a call of Python that runs on another thread: at its next line, by an exception.

A call that is blocked in the kernel sees it when the kernel lets it go, and not before.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading


class Interrupted(BaseException):
    """Nobody waits for this call any more."""


def interrupt(thread: int) -> None:
    """Raise Interrupted in a thread, by its ident."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(Interrupted)
    )


def clear_interrupt() -> None:
    """Let an interrupt of the calling thread that has not arrived yet arrive here.

    CPython 3.11 has a way to take one back, but then looks for it at every step from then on; where
    a debugger or a measurement of coverage traces the program, it does nothing else any more. So
    one is raised instead: it takes the place of the one that is under way.
    """
    with contextlib.suppress(Interrupted):
        interrupt(threading.get_ident())
        while True:
            pass
