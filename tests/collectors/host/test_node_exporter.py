"""The real node_exporter beside our collectors: over trees of files, and over this machine between
two of our rounds.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.base import CollectError, Collector, Context, Place, Schedule
from collectors.host import KIND
from collectors.host.declare import Setup
from collectors.host.filesystem import IGNORE_MOUNTS, FilesystemOptions
from collectors.host.textfile import Textfile, TextfileOptions
from tests.collectors.host.helpers import (
    CASES,
    TRIES,
    close,
    collect,
    collectors_of,
    page_of,
    render,
)
from tests.collectors.host.peer import Family, families_of, node_exporter, peer_page

# Not `cpu-taken-offline`: node_exporter has zeros for the CPUs between those that are there.
TREES = ("server", "gpu-node", "old-kernel-2.6.32", "storage-node")
# What a storage node has beside: every one of these families must be ours too.
OF_STORAGE = tuple(
    f"node_{one}"
    for one in (
        "bcache",
        "btrfs",
        "fibre",
        "ipvs",
        "memory_numa",
        "nfs",
        "power_supply",
        "tape",
        "xfs",
        "zfs",
    )
)
# The last: zeros for the columns that a kernel of old has not.
NOT_OURS = ("node_selinux_", "promhttp_", "node_cpu_guest_seconds")
# node_exporter takes the microseconds of `btree_read_average_duration_us` for nanoseconds, and
# thousandths of a per cent of humidity for millionths of the whole.
OTHER_UNIT = ("node_bcache_btree_read_average_duration_seconds", "node_hwmon_humidity")
# Read from the running kernel, or from its clock, and not from the tree; or without the sentinels
# that it passes on.
NOT_OF_THE_TREE = (
    "node_uname_info",
    "node_time_",
    "node_timex_",
    "node_filesystem_",
    "node_textfile_",
)


@pytest.mark.parametrize("name", TREES)
def test_it_reads_a_tree_as_we_do(name: str, tmp_path: Path) -> None:
    """Over the same files node_exporter has the same types, labels and values, and no series of our
    families that we lack.
    """
    tree = CASES / name
    collectors = collectors_of(tree)
    ours = families_of(page_of(collectors))
    close(collectors)
    roots = (
        f"--path.procfs={tree}/proc",
        f"--path.sysfs={tree}/sys",
        f"--path.rootfs={tree}/rootfs",
    )
    with node_exporter(
        tmp_path / "log",
        *roots,
        f"--path.udev.data={tree}/rootfs/run/udev/data",
        "--no-collector.netdev.netlink",
        "--collector.meminfo_numa",
    ) as url:
        theirs = peer_page(url)
    differences = [
        line
        for family in sorted(ours.keys() & theirs.keys())
        if not family.startswith((*NOT_OF_THE_TREE, *OTHER_UNIT))
        for line in _differences(family, ours[family], theirs[family])
    ]
    assert not differences, "\n".join(differences)
    assert {family for family in theirs if family.startswith(OF_STORAGE)} <= ours.keys()
    lacking = {
        family
        for family in theirs.keys() - ours.keys()
        if not family.startswith((*NOT_OF_THE_TREE, *NOT_OURS))
    }
    assert not lacking


def _differences(name: str, ours: Family, theirs: Family) -> Iterator[str]:
    """Say what differs, but for the speed of -1 Mbit/s that node_exporter has for a link of unknown
    speed.
    """
    if ours.type != theirs.type:
        yield f"{name}: we say {ours.type}, node_exporter {theirs.type}"
    for key in sorted(ours.samples.keys() | theirs.samples.keys(), key=str):
        our, peer = ours.samples.get(key), theirs.samples.get(key)
        if our is None and peer is not None and name == "node_network_speed_bytes" and peer < 0:
            continue
        if our is None or peer is None or not math.isclose(our, peer, rel_tol=1e-12, abs_tol=1e-12):
            yield f"{key[0]}{dict(sorted(key[1]))}: we say {our}, node_exporter {peer}"


# node_exporter's default, and the folder of tests that hang mounts beside this one, since its first
# scrape would hang as well.
NO_HUNG_MOUNTS = IGNORE_MOUNTS.replace("|media", "|media|tmp")


def live_collectors() -> list[Collector]:
    """Make all collectors over this machine."""
    options = FilesystemOptions(mount_timeout=5.0, ignore_mounts=NO_HUNG_MOUNTS)
    return list(
        KIND.build(KIND.Config(filesystem=options), Context(place=Place(hub="test"), node="n1"))
    )


def live_page(collectors: list[Collector]) -> dict[str, Family]:
    """Run one round over this machine."""
    readings = []
    for collector in collectors:
        try:
            readings += collect(collector)
        except CollectError:
            continue
    return families_of(render(readings))


# Gauges that stand still while a test runs.
STATIC = (
    "node_boot_time_seconds",
    "node_memory_MemTotal_bytes",
    "node_memory_SwapTotal_bytes",
    "node_memory_CommitLimit_bytes",
    "node_filesystem_size_bytes",
    "node_filesystem_files",
    "node_filesystem_readonly",
    "node_filesystem_device_error",
    "node_disk_info",
    "node_network_info",
    "node_network_up",
    "node_network_mtu_bytes",
    "node_network_flags",
    "node_network_iface_id",
    "node_network_protocol_type",
    "node_network_transmit_queue_length",
    "node_network_device_id",
    "node_uname_info",
    "node_os_info",
    "node_os_version",
    "node_time_zone_offset_seconds",
    "node_time_clocksource_current_info",
    "node_time_clocksource_available_info",
    "node_filefd_maximum",
    "node_entropy_pool_size_bits",
    "node_nf_conntrack_entries_limit",
    "node_dmi_info",
    "node_nvme_info",
    "node_timex_tick_seconds",
)


def test_it_reads_this_machine_as_we_do(tmp_path: Path) -> None:
    """Every family both have is of the same type and labels; what stands still is equal.

    Counters lie between our rounds, but for those that the kernel itself turns back now and then.
    """
    collectors = live_collectors()
    with node_exporter(
        tmp_path / "log",
        f"--collector.textfile.directory={tmp_path}",
        f"--collector.filesystem.mount-points-exclude={NO_HUNG_MOUNTS}",
    ) as url:
        peer_page(url)
        for _ in range(TRIES):
            before, theirs, after = live_page(collectors), peer_page(url), live_page(collectors)
            differences = list(_live_differences(before, theirs, after))
            if not differences:
                break
    close(collectors)
    _print_difference(theirs, before)
    assert len(theirs.keys() & before.keys() & after.keys()) > 150
    assert not differences, "\n".join(differences)


def _live_differences(
    before: dict[str, Family], theirs: dict[str, Family], after: dict[str, Family]
) -> Iterator[str]:
    """Say what of a page does not fit to the two of ours before and after it."""
    for name in sorted(theirs.keys() & before.keys() & after.keys()):
        ours, peer = before[name], theirs[name]
        if (ours.type, ours.label_names) != (peer.type, peer.label_names):
            yield f"{name}: we say {ours.type} {ours.label_names}, they {peer}"
        elif name in STATIC:
            yield from _differences(name, ours, peer)
        elif peer.type == "counter" or name.startswith(("node_vmstat_", "node_netstat_Tcp_InSegs")):
            yield from _not_between(name, ours, peer, after[name])


def _not_between(name: str, before: Family, peer: Family, after: Family) -> Iterator[str]:
    for key in before.samples.keys() & peer.samples.keys() & after.samples.keys():
        low, high = before.samples[key], after.samples[key]
        # node_exporter multiplies milliseconds by 0.001, which is off in the last place.
        slack = 1e-9 * max(1.0, abs(high))
        if not low - slack <= peer.samples[key] <= high + slack:
            yield f"{name} {sorted(key[1])}: {peer.samples[key]} is not in {low} to {high}"


def _print_difference(theirs: dict[str, Family], ours: dict[str, Family]) -> None:
    print(f"\nonly node_exporter has: {sorted(theirs.keys() - ours.keys())}")
    print(f"only we have: {sorted(ours.keys() - theirs.keys())}")
    for name in sorted(theirs.keys() & ours.keys()):
        lacking = theirs[name].samples.keys() - ours[name].samples.keys()
        if lacking:
            print(
                "series only node_exporter has:"
                f" {sorted((n, sorted(labels)) for n, labels in lacking)}"
            )


def test_it_reads_text_files_as_we_do(tmp_path: Path) -> None:
    """Over a folder of good and bad *.prom files node_exporter has the same samples, types, help,
    times and error.
    """
    folder = tmp_path / "textfiles"
    folder.mkdir()
    for name in ("a_good.prom", "b_broken.prom", "c_stamped.prom"):
        (folder / name).write_bytes((CASES / "textfile" / "textfiles" / name).read_bytes())
        os.utime(folder / name, (1_790_000_000.75, 1_790_000_000.75))
    setup = Setup(
        context=Context(place=Place(hub="test"), node="n1"),
        schedule=Schedule(),
        options=TextfileOptions(directory=folder),
    )
    ours = families_of(render(Textfile(setup).collect()))
    with node_exporter(
        tmp_path / "log",
        "--collector.disable-defaults",
        "--collector.textfile",
        f"--collector.textfile.directory={folder}",
    ) as url:
        theirs = peer_page(url)
    assert ours["node_textfile_scrape_error"].samples == {
        ("node_textfile_scrape_error", frozenset()): 1.0
    }
    assert ours == {
        name: family for name, family in theirs.items() if not name.startswith("promhttp_")
    }
