"""A peer that answers, but one byte at a time: what an idle time-out never ends, and a total
deadline does.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Trickle:
    """Passes on what is asked at once, and what is answered one byte every `seconds`.

    Counts the bytes it has passed.
    """

    def __init__(self, behind: tuple[str, int], seconds: float) -> None:
        self.passed = 0
        self._behind, self._seconds = behind, seconds
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(0.1)
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listening.getsockname()[1]
        return port

    def close(self) -> None:
        """End all connections and wait for them."""
        self._over.set()
        for thread in list(self._threads):
            thread.join()
        self._listening.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                asker, _ = self._listening.accept()
                thread = threading.Thread(target=self._pass, args=[asker])
                self._threads.append(thread)
                thread.start()

    def _pass(self, asker: socket.socket) -> None:
        with asker, socket.create_connection(self._behind) as server, suppress(OSError):
            asker.settimeout(0.05)
            server.settimeout(0.05)
            waiting = b""
            while not self._over.is_set():
                with suppress(TimeoutError):
                    asked = asker.recv(65536)
                    if not asked:
                        return
                    server.sendall(asked)
                with suppress(TimeoutError):
                    waiting += server.recv(65536)
                if waiting:
                    asker.sendall(waiting[:1])
                    waiting = waiting[1:]
                    self.passed += 1
                    self._over.wait(self._seconds)


@contextmanager
def trickling(behind: str, seconds: float) -> Iterator[Trickle]:
    """Stand before a server at `host:port` until the block ends."""
    host, _, port = behind.rpartition(":")
    made = Trickle((host, int(port)), seconds)
    try:
        yield made
    finally:
        made.close()
