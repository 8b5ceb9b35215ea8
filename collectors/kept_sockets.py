"""How many sockets to devices a process keeps open from one round to the next.

A socket that stays open saves opening it in the next round. But a process may have only so many
open files, and all UDP sockets of a machine that wait for answers share one range of ports.
"""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path
from typing import Final

OPEN_FILES: Final = 65536
"""The agent raises its limit of open files up to this many, as far as the system allows."""
_PORTS: Final = (32768, 60999)
"""The range of ports where the kernel does not tell: Linux' default (ip(7))."""


def kept_sockets(processes: int, proc: Path = Path("/proc")) -> int:
    """Return how many sockets each of so many processes keeps open between two rounds.

    Half of the open files, and a quarter of the ports, are left for rounds under way and all else.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, OPEN_FILES)
    first, last = _ports(proc)
    return min(files // 2, max(0, last - first + 1) * 3 // 4 // processes)


def _ports(proc: Path) -> tuple[int, int]:
    with suppress(OSError, ValueError):
        first, last = map(int, (proc / "sys/net/ipv4/ip_local_port_range").read_text().split())
        return first, last
    return _PORTS
