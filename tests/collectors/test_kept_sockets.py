"""How many sockets stay open: less than the system has files and ports."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from collectors.kept_sockets import kept_sockets


def proc(folder: Path, ports: str) -> Path:
    """Make a tree of the kernel's with a range of ports."""
    file = folder / "sys/net/ipv4/ip_local_port_range"
    file.parent.mkdir(parents=True)
    file.write_text(ports)
    return folder


@pytest.mark.parametrize(
    ("files", "ports", "processes", "kept"),
    [
        (65536, "32768\t60999\n", 1, 21_174),  # three quarters of 28 232 ports
        (65536, "32768\t60999\n", 2, 10_587),
        (1024, "32768\t60999\n", 2, 512),  # half of the files
        (resource.RLIM_INFINITY, "1024\t65535\n", 1, 32_768),  # the agent takes 65 536 files
        (65536, "nonsense", 1, 21_174),
    ],
)
def test_files_and_ports_are_left_for_rounds_under_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    files: int,
    ports: str,
    processes: int,
    kept: int,
) -> None:
    """Half of the files and a quarter of the ports, divided among all processes."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, files))
    assert kept_sockets(processes, proc(tmp_path, ports)) == kept
