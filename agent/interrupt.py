"""End a call of Python that runs on another thread: at its next line, by an exception.

A call that is blocked in the kernel sees it when the kernel lets it go, and not before.
"""

from __future__ import annotations

import contextlib
import ctypes
import threading


class Interrupted(BaseException):
    """Raised in a call that nobody waits for any more."""


def interrupt(thread: int) -> None:
    """Raise Interrupted in a thread, by its ident; do nothing where a tracer runs.

    While an interrupt is on its way to a blocked thread, CPython 3.11 begins no function of
    a traced one (a debugger's, or one whose coverage is measured): the program would stand still.
    """
    if threading.gettrace() is not None:
        return
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(Interrupted)
    )


def clear_interrupt() -> None:
    """Let an interrupt of the calling thread that has not arrived yet arrive here.

    CPython 3.11 has a way to take one back, but looks for it at every step from then on. So one is
    raised instead: it takes the place of the one that is under way.
    """
    if threading.gettrace() is not None:
        return
    with contextlib.suppress(Interrupted):
        interrupt(threading.get_ident())
        while True:
            pass
