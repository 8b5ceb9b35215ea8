"""End a call of Python that runs on another thread: at its next line, by an exception.

A call that is blocked in the kernel sees it when the kernel lets it go, and not before.
"""

from __future__ import annotations

import ctypes
import threading


class Interrupted(BaseException):
    """Nobody waits for this call any more."""


def interrupt(thread: int) -> None:
    """Raise Interrupted in a thread, by its ident."""
    _set(thread, ctypes.py_object(Interrupted))


def clear_interrupt() -> None:
    """Take back an interrupt of the calling thread that has not arrived yet."""
    _set(threading.get_ident(), None)


def _set(thread: int, what: object) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)
