"""The pure parsers: whatever the bytes, they give rows or raise BadReply."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.host import (
    arp,
    conntrack,
    cpu,
    disk,
    filefd,
    hwmon,
    infiniband,
    load,
    mdadm,
    memory,
    mounts,
    netclass,
    netstat,
    network,
    os_release,
    pressure,
    schedstat,
    sockstat,
    softnet,
    textfile,
    timex,
    udp_queues,
    vmstat,
)
from tests.collectors.host.helpers import CASES

SERVER = CASES / "server"
PARSERS: dict[str, tuple[Callable[[bytes], Any], str]] = {
    "stat": (cpu.parse_stat, "proc/stat"),
    "meminfo": (memory.parse_meminfo, "proc/meminfo"),
    "loadavg": (load.parse_loadavg, "proc/loadavg"),
    "diskstats": (disk.parse_diskstats, "proc/diskstats"),
    "udev": (disk.parse_udev, "rootfs/run/udev/data/b8:0"),
    "mounts": (mounts.parse_mounts, "proc/1/mounts"),
    "mountinfo": (mounts.parse_mount_ids, "proc/1/mounts"),
    "net/dev": (network.parse_netdev, "proc/net/dev"),
    "class/net": (lambda data: netclass.parse_attribute(data, "x"), "sys/class/net/eno1/flags"),
    "vmstat": (vmstat.parse_vmstat, "proc/vmstat"),
    "vmstat, a few": (lambda data: vmstat.pick(data, [b"pgpgin", b"oom_kill"]), "proc/vmstat"),
    "file-nr": (filefd.parse_file_nr, "proc/sys/fs/file-nr"),
    "pressure": (pressure.parse_pressure, "proc/pressure/io"),
    "sockstat": (sockstat.parse_sockstat, "proc/net/sockstat"),
    "snmp": (
        lambda data: [
            netstat.parse_columns(values, (1, 3)) for _, values in netstat.parse_pairs(data)
        ],
        "proc/net/snmp",
    ),
    "snmp6": (netstat.parse_snmp6, "proc/net/snmp6"),
    "softnet": (softnet.parse_softnet, "proc/net/softnet_stat"),
    "arp": (arp.parse_arp, "proc/net/arp"),
    "udp": (udp_queues.parse_udp, "proc/net/udp"),
    "conntrack": (conntrack.parse_conntrack, "proc/net/stat/nf_conntrack"),
    "schedstat": (schedstat.parse_schedstat, "proc/schedstat"),
    "os-release": (os_release.parse_os_release, "rootfs/etc/os-release"),
    "timex": (lambda data: timex.parse_timex(data, 0), "proc/stat"),
    "prom": (textfile.parse_prom, "expected.prom"),
    "mdstat": (mdadm.parse_mdstat, "../gpu-node/proc/mdstat"),
    "infiniband state": (
        infiniband.parse_state,
        "../gpu-node/sys/class/infiniband/mlx5_0/ports/1/state",
    ),
    "infiniband rate": (
        infiniband.parse_rate,
        "../gpu-node/sys/class/infiniband/mlx5_0/ports/1/rate",
    ),
    "hwmon": (lambda data: hwmon.split_file(data.decode("utf-8", "replace")), "proc/loadavg"),
}
WORDS = st.sampled_from(
    [
        b"cpu0",
        b"cpu",
        b"intr",
        b"eth0:",
        b"Tcp:",
        b"some",
        b"total=1",
        b"0x10",
        b"nan",
        b"-1",
        b"1e999",
        b"9" * 400,
        b"\\040",
        b":",
        b"=",
    ]
)
JUNK = st.one_of(
    st.binary(max_size=300),
    st.lists(
        st.one_of(WORDS, st.integers().map(lambda n: b"%d" % n), st.binary(max_size=6)), max_size=60
    ).map(b" ".join),
    st.lists(st.lists(WORDS, max_size=24).map(b" ".join), max_size=8).map(b"\n".join),
)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60, database=None)
@given(junk=JUNK)
def test_junk_gives_rows_or_bad_reply(name: str, junk: bytes) -> None:
    """Any bytes at all are parsed or refused as BadReply; nothing else escapes."""
    with contextlib.suppress(BadReply):
        PARSERS[name][0](junk)


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=40, database=None)
@given(data=st.data())
def test_a_damaged_file_gives_rows_or_bad_reply(name: str, data: st.DataObject) -> None:
    """A real file that is cut short, or that has bytes changed,
    is parsed or refused as BadReply.
    """
    parse, sample = PARSERS[name]
    raw = bytearray((SERVER / sample).read_bytes()[:4000])
    for _ in range(data.draw(st.integers(0, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    with contextlib.suppress(BadReply):
        parse(bytes(raw[:cut]))


def test_a_struct_timex_in_nanoseconds() -> None:
    """The status bit STA_NANO turns offset and jitter from microseconds to nanoseconds.

    TIME_ERROR means not in step.
    """
    values = [
        0,
        5_000,
        65_536_000_000,
        16_000_000,
        7,
        0x2000,
        2,
        1,
        32_768_000,
        1,
        2,
        10_000,
        0,
        3_000,
        4,
        0,
        0,
        0,
        0,
        0,
        37,
    ]
    figures = timex.parse_timex(timex._LAYOUT.pack(*values), 0)
    assert figures["offset"] == 5e-6
    assert figures["freq"] == 2.0
    assert figures["maxerror"] == 16.0
    assert figures["tick"] == 0.01
    assert figures["tai"] == 37.0
    assert figures["sync"] == 1.0
    assert timex.parse_timex(timex._LAYOUT.pack(*values), 5)["sync"] == 0.0
    values[5] = 0
    assert timex.parse_timex(timex._LAYOUT.pack(*values), 0)["offset"] == 5e-3


def test_counters_of_a_cpu_never_go_back_but_after_hotplug() -> None:
    """A counter that falls a little stays where it was.

    An idle time that falls by 3 s is a CPU that was put back.
    """
    assert cpu.never_back([1, 1, 1, 100.0, 5.0], [2, 1, 1, 99.5, 4.0]) == [2, 1, 1, 100.0, 5.0]
    assert cpu.never_back([1, 1, 1, 100.0, 5.0], [0, 0, 0, 1.0, 0.0]) == [0, 0, 0, 1.0, 0.0]


def test_the_hosts_root_is_taken_off_mount_points() -> None:
    """In a container that has the host at /host, a mount is named as on the host.

    Others keep their names.
    """
    assert mounts.strip_root(b"/host", b"/host") == b"/"
    assert mounts.strip_root(b"/host/data", b"/host") == b"/data"
    assert mounts.strip_root(b"/hostile", b"/host") == b"/hostile"
    assert mounts.strip_root(b"/data", b"/") == b"/data"
