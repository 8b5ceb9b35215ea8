"""A deadline for a whole request on a connection, independent of the library that sends it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final


class Deadline:
    """Ends the connection of a request that takes too long.

    A thread shuts the socket down.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic: Final = monotonic
        self._changed: Final = threading.Condition()
        self._at: float | None = None
        self._socket: socket.socket | None = None
        self._closed = False
        self.passed = False
        self._thread: threading.Thread | None = None

    def attach(self, connected: socket.socket) -> None:
        """Watch a new connection.

        A duplicate of the socket is kept, because TLS may detach the first one.
        """
        duplicate = connected.dup()
        with self._changed:
            self._forget()
            self._socket = duplicate
            if self.passed or self._closed:
                self._end()
            if self._closed:  # the thread that would close it has ended
                self._forget()

    def arm(self, seconds: float) -> None:
        """Start the deadline: the request must end within `seconds`."""
        with self._changed:
            self.passed = False
            self._at = self._monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadline", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def disarm(self) -> None:
        """Stop the deadline, because the request has ended."""
        with self._changed:
            self._at = None

    def close(self) -> None:
        """End the request under way and every later one."""
        with self._changed:
            self._closed = True
            self._end()
            self._changed.notify_all()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                left = None if self._at is None else self._at - self._monotonic()
                if left is None or left > 0:
                    self._changed.wait(left)
                else:
                    self._at, self.passed = None, True
                    self._end()
            self._forget()

    def _end(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
