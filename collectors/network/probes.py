"""Open the prober of a method: ICMP echo, STAMP, or TCP connections.

A prober never blocks, and ends every probe at its time-out.
"""

from __future__ import annotations

from collections import Counter

from collectors.base import Refused, Unreachable
from collectors.network.datagrams import EchoProber, StampProber
from collectors.network.prober import Method, Prober, Target
from collectors.network.tcp import ConnectProber


def open_prober(method: Method, target: Target, dropped: Counter[str]) -> Prober:
    """Make a prober on the running event loop.

    Raises Refused where this process lacks permission, Unreachable for an error of the network.

    Answers that cannot be used are counted in `dropped` by reason: `late`, `duplicate`.
    """
    try:
        if method == "icmp":
            return EchoProber(target, dropped)
        if method == "stamp":
            return StampProber(target, dropped)
    except PermissionError:
        raise Refused(
            f"no permission to send {method}: allow this process's group in"
            " net.ipv4.ping_group_range, or give it CAP_NET_RAW"
        ) from None
    except OSError as error:
        raise Unreachable(f"{target.address}: {error.strerror or error}") from None
    return ConnectProber(target, dropped)
