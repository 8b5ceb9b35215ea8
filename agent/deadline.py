"""A deadline for a whole exchange on a connection, whatever the library above it waits for."""

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

        A duplicate is kept: it reaches the same connection whatever TLS makes of the first.
        """
        duplicate = connected.dup()
        with self._changed:
            self._forget()
            self._socket = duplicate
            if self.passed or self._closed:
                self._end()
            if self._closed:  # the thread that would let go of it is gone
                self._forget()

    def arm(self, seconds: float) -> None:
        """Let the next `seconds` be enough."""
        with self._changed:
            self.passed = False
            self._at = self._monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadline", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def disarm(self) -> None:
        """The request has ended by itself."""
        with self._changed:
            self._at = None

    def close(self) -> None:
        """End whatever is under way, now and later."""
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
