"""What urllib3's connections lack: a deadline for the whole exchange, and plain reasons.

urllib3's time-outs are for each read, so a server that sends a byte a second is never late.
"""

from __future__ import annotations

import socket
import ssl
from typing import ClassVar

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ProtocolError
from urllib3.util.ssl_ import create_urllib3_context, resolve_cert_reqs

from agent.deadline import Deadline
from agent.tls_socket import ClosingSocket


class WatchedConnection(HTTPConnection):
    """A connection that keeps a deadline."""

    deadline: ClassVar[Deadline]

    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        try:
            self.deadline.attach(connected)
        except OSError:  # out of descriptors: it cannot be watched, so it is not used
            connected.close()
            raise
        return connected


class WatchedTlsConnection(WatchedConnection, HTTPSConnection):
    """A connection with TLS that keeps a deadline."""

    def connect(self) -> None:
        """Connect with a context like that of urllib3, but for the class of its sockets.

        It is made for each connection, since the files of the authorities may have been replaced.
        """
        context = create_urllib3_context(cert_reqs=resolve_cert_reqs(self.cert_reqs))
        context.sslsocket_class = ClosingSocket
        if not self.ca_certs:
            context.load_default_certs()
        self.ssl_context = context
        super().connect()


def reason_of(error: BaseException) -> str:
    """Return the reason of an error without the objects that urllib3 puts into its messages."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"certificate verify failed: {cause.verify_message}"
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ProtocolError):  # its text is a tuple's: a sentence and an error
        return " ".join(map(str, error.args))
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__
