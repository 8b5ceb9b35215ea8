"""Set up interfaces of a network namespace by the kernel's own calls (netdevice(7)).

Neither `ip` nor `sysctl` is needed, which a bare Debian does not have.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
from pathlib import Path

SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK = 0x8914, 0x8916, 0x891C
IFF_UP, IFF_RUNNING = 0x1, 0x40
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def up(name: str) -> None:
    """Turn an interface on."""
    _ask(SIOCSIFFLAGS, struct.pack("16sH22x", name.encode(), IFF_UP | IFF_RUNNING))


def give_address(name: str, address: str, netmask: str) -> None:
    """Give an interface its IPv4 address."""
    for call, value in ((SIOCSIFADDR, address), (SIOCSIFNETMASK, netmask)):
        place = struct.pack("HH4s8x", socket.AF_INET, 0, socket.inet_aton(value))
        _ask(call, struct.pack("16s16s8x", name.encode(), place))


def open_tun(name: str) -> int:
    """Make a TUN device; return the descriptor that its packets are read from and written to."""
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return device


def allow_ping_sockets() -> None:
    """Let every group open ICMP echo sockets in this namespace (icmp(7))."""
    Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 65534")


def _ask(call: int, request: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, call, request)
