"""What moves is read in every round, what somebody sets once a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import Collector
from tests.collectors.host.helpers import collect, collectors_of

FILES = {
    "ifindex": "2",
    "carrier": "1",
    "mtu": "1500",
    "speed": "1000",
    "operstate": "up",
    "duplex": "full",
    "address": "52:54:00:12:34:56",
    "broadcast": "ff:ff:ff:ff:ff:ff",
    "ifalias": "",
}


@pytest.fixture
def link(tmp_path: Path) -> Path:
    """A tree with one interface, eth0."""
    folder = tmp_path / "sys/class/net/eth0"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text + "\n")
    return folder


def shown(collector: Collector) -> dict[str, float]:
    """Read a round; return what it says by name, and the words of its info."""
    found: dict[str, float] = {}
    for series, value in collect(collector):
        found[series.name.removeprefix("node_network_")] = value
        if series.name == "node_network_info":
            found |= {f"{name}={series.label(name)}": 1.0 for name in ("address", "duplex")}
    return found


def test_what_moves_is_read_each_round_and_the_rest_each_minute(tmp_path: Path, link: Path) -> None:
    """At 15 s the fifth round reads all again. 1 Gbit/s are 125 000 000 bytes a second."""
    (collector,) = (one for one in collectors_of(tmp_path) if one.name == "netclass")
    assert collector.schedule.interval == 15.0
    first = shown(collector)
    assert (first["mtu_bytes"], first["speed_bytes"], first["carrier"]) == (1500, 125e6, 1)
    for name, text in (("carrier", "0"), ("operstate", "down"), ("duplex", "half")):
        (link / name).write_text(text + "\n")
    for name, text in (("mtu", "9000"), ("address", "52:54:00:00:00:01")):
        (link / name).write_text(text + "\n")
    second = shown(collector)
    assert (second["carrier"], second["up"], second["mtu_bytes"]) == (0, 0, 1500)
    assert {"duplex=half", "address=52:54:00:12:34:56"} <= second.keys()
    assert second.keys() - {"duplex=half"} == first.keys() - {"duplex=full"}
    later = [shown(collector)["mtu_bytes"] for _ in range(3)]
    assert later == [1500, 1500, 9000]


def test_another_interface_of_the_same_name_is_read_at_once(tmp_path: Path, link: Path) -> None:
    """A tunnel that is made anew has another index."""
    (collector,) = (one for one in collectors_of(tmp_path) if one.name == "netclass")
    shown(collector)
    for name, text in (("ifindex", "7"), ("mtu", "1280"), ("address", "52:54:00:00:00:02")):
        (link / name).write_text(text + "\n")
    now = shown(collector)
    assert (now["iface_id"], now["mtu_bytes"]) == (7, 1280)
    assert "address=52:54:00:00:00:02" in now
