"""Free TCP ports of this machine."""

from __future__ import annotations

import socket

from collectors.base import HubgaugeError


def free_port(host: str, wanted: int) -> int:
    """Return the wanted port if it is free, else any free one.

    Raises HubgaugeError if nothing can listen at this address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reason = ""
    for port in (wanted, 0):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                reason = error.strerror or str(error)
                continue
            found: int = probe.getsockname()[1]
            return found
    raise HubgaugeError(f"cannot listen on {host}: {reason}")
