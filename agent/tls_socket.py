"""A socket of TLS that is closed on every path on which TLS does not come about."""

from __future__ import annotations

import ssl


class ClosingSocket(ssl.SSLSocket):
    """For `SSLContext.sslsocket_class`: closed where the connection fails before TLS has begun.

    Python before 3.13 leaves such a socket to the garbage collector if the connection was reset
    between `connect` and `wrap_socket`. A peer may do so, and so does our own `close` in another
    thread: what the peer still sends to a socket that is shut down resets it. urllib3 keeps the
    error in a cycle of references, so the descriptor would stay open for long.
    """

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; `wrap_socket` reads a byte of a connection that has ended. Raises OSError."""
        try:
            return super().recv(buflen, flags)
        except OSError:
            if self.version() is None:  # nobody has got this socket yet
                self.close()
            raise

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - its signature
        """Agree on keys and certificates; raises OSError.

        `wrap_socket` closes where it does the handshake itself. paho does it afterwards, and leaves
        a socket whose handshake fails to the collector.
        """
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise
