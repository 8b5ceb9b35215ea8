"""What urllib3's connections lack: a deadline for the whole exchange, and plain reasons.

urllib3's time-outs are for each read, so a server that sends a byte a second is never late.
"""

from __future__ import annotations

import socket
import ssl
from typing import ClassVar

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ProtocolError

from agent.deadline import Deadline


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
