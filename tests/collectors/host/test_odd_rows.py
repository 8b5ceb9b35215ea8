"""One row that cannot be understood costs itself, not its table, and is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.abilities import CountsDropped
from collectors.base import Collector
from tests.collectors.host.helpers import close, collectors_of, page_of

# By collector: the file, what is in it, what must be read, and how many rows are left out.
ODD = {
    "memory": (
        "proc/meminfo",
        (
            "MemTotal:  16 kB\nBadField:\nSwapTotal: many kB\nMemFree: 4 kB\n"
            "MemAvailable: 18446744073709551612 kB\nCached: -8 kB\n"
        ),
        ["node_memory_MemTotal_bytes 16384", "node_memory_MemFree_bytes 4096"],
        4,
    ),
    "cpu": (
        "proc/stat",
        "cpu  1 2 3 4\ncpu0 100 0 0 400\ncpu1 x 0 0 400\nctxt 7\nprocesses -5\n",
        ['node_cpu_seconds_total{cpu="0",mode="user"} 1', "node_context_switches_total 7"],
        2,
    ),
    "disk": (
        "proc/diskstats",
        "8 0 sda 1 0 8 0 2 0 16 0 0 0 0\n8 16 sdb odd\n",
        [
            'node_disk_reads_completed_total{device="sda"} 1',
            'node_disk_read_bytes_total{device="sda"} 4096',
        ],
        1,
    ),
    "network": (
        "proc/net/dev",
        "Inter-|\n face |\neth0: 5 1 0 0 0 0 0 0 6 1 0 0 0 0 0 0\neth1: 7\n",
        ['node_network_receive_bytes_total{device="eth0"} 5'],
        1,
    ),
    "sockstat": (
        "proc/net/sockstat",
        "sockets: used 9\nTCP: inuse\nUDP: inuse 3\n",
        ["node_sockstat_sockets_used 9", "node_sockstat_UDP_inuse 3"],
        1,
    ),
    "vmstat": (
        "proc/vmstat",
        "pgpgin 8\npgpgout\npswpin 2\n",
        ["node_vmstat_pgpgin 8", "node_vmstat_pswpin 2"],
        1,
    ),
    "netstat": (
        "proc/net/netstat",
        "TcpExt: TCPTimeouts\nTcpExt: few\nIpExt: InOctets\nIpExt: 12\n",
        ["node_netstat_IpExt_InOctets 12"],
        1,
    ),
    "mdadm": (
        "proc/mdstat",
        ("Personalities : [raid1]\nmd0 : broken raid0 sda1[0](F)"
        " sdb1[1]\n      100 blocks super 1.2 512k chunks\n\n"
        "md1 : active raid6\n      super 1.2 level 6, 64k chunk, algorithm 2 [4/0] [____]\n\n"
        "md2 : strange raid1\n\nunused devices: <none>\n"),
        [
            'node_md_state{device="md0",state="broken"} 1',
            'node_md_blocks{device="md0"} 100',
            'node_md_disks_required{device="md1"} 4',
            'node_md_disks{device="md1",state="active"} 0',
        ],
        1,
    ),
    "arp": (
        "proc/net/arp",
        ("IP HW Flags Address Mask Device\n"
        "192.0.2.1 0x1 0x2 00:00:5e:00:53:01 * eth0\nodd\n"),
        ['node_arp_entries{device="eth0"} 1'],
        1,
    ),
}  # fmt: skip


def tree(folder: Path, file: str, content: str) -> Path:
    """Make a tree with one file."""
    path = folder / file
    path.parent.mkdir(parents=True)
    path.write_text(content)
    (folder / "sys").mkdir()
    return folder


def one(folder: Path, name: str) -> Collector:
    return next(each for each in collectors_of(folder) if each.name == name)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_row_costs_itself(tmp_path: Path, name: str) -> None:
    """The other rows are read in this round and in the next, and the odd ones are counted."""
    file, content, expected, left_out = ODD[name]
    collector = one(tree(tmp_path, file, content), name)
    for rounds in (1, 2):
        page = page_of([collector])
        assert set(expected) <= set(page.splitlines()), page
        assert isinstance(collector, CountsDropped)
        # The fields of vmstat are found by their names from the second round on.
        counted = left_out if name == "vmstat" else rounds * left_out
        assert collector.dropped == {"malformed": counted}
    close([collector])


def test_an_array_without_a_size_has_no_blocks(tmp_path: Path) -> None:
    """The kernel prints no size while an array has no member left, so none is told."""
    file, content, *_ = ODD["mdadm"]
    page = page_of([one(tree(tmp_path, file, content), "mdadm")])
    assert 'node_md_blocks{device="md1"}' not in page


@pytest.mark.parametrize("name", ["memory", "disk", "network", "mdadm"])
def test_a_table_of_another_kind_is_an_error(tmp_path: Path, name: str) -> None:
    """Where no row is understood, the collector fails and says what it has found."""
    file, *_ = ODD[name]
    content = "a\nb\nmd0 : what\nthis is\n"
    assert f"# {name}: BadReply" in page_of([one(tree(tmp_path, file, content), name)])


def test_a_sum_without_a_part_is_none(tmp_path: Path) -> None:
    """The figures of conntrack are sums over CPUs: without one CPU there are none."""
    folder = tree(tmp_path, "proc/net/stat/nf_conntrack", "entries found\n01 02\nzz 03\n")
    base = folder / "proc/sys/net/netfilter"
    base.mkdir(parents=True)
    (base / "nf_conntrack_count").write_text("5\n")
    (base / "nf_conntrack_max").write_text("9\n")
    page = page_of([one(folder, "conntrack")])
    assert "node_nf_conntrack_entries 5" in page.splitlines()
    assert "node_nf_conntrack_stat_found" not in page


def test_chips_of_one_device_are_told_apart(tmp_path: Path) -> None:
    """Three chips of one device, two of one driver, are three series with 40, 50 and 60 °C."""
    device = tmp_path / "sys/devices/soc/radio0"
    links = tmp_path / "sys/class/hwmon"
    links.mkdir(parents=True)
    (tmp_path / "proc").mkdir()
    for n, (driver, celsius) in enumerate((("band", 40), ("band", 50), ("other", 60))):
        chip = device / f"hwmon{n}"
        chip.mkdir(parents=True)
        (chip / "name").write_text(f"{driver}\n")
        (chip / "temp1_input").write_text(f"{celsius}000\n")
        (chip / "device").symlink_to(device)
        (links / f"hwmon{n}").symlink_to(chip)
    page = page_of([one(tmp_path, "hwmon")])
    assert [line for line in page.splitlines() if line.startswith("node_hwmon_temp_celsius")] == [
        'node_hwmon_temp_celsius{chip="soc_radio0_band",sensor="temp1"} 40',
        'node_hwmon_temp_celsius{chip="soc_radio0_band_2",sensor="temp1"} 50',
        'node_hwmon_temp_celsius{chip="soc_radio0_other",sensor="temp1"} 60',
    ]


def test_an_adapter_without_ports_costs_nothing_else(tmp_path: Path) -> None:
    """One adapter has no folder of ports; the port of the other one is read."""
    base = tmp_path / "sys/class/infiniband"
    (base / "a0").mkdir(parents=True)
    (base / "b0/ports/1").mkdir(parents=True)
    (base / "b0/ports/1/state").write_text("4: ACTIVE\n")
    (tmp_path / "proc").mkdir()
    page = page_of([one(tmp_path, "infiniband")])
    assert 'node_infiniband_state_id{device="b0",port="1"} 4' in page.splitlines()
    assert 'node_infiniband_info{device="a0"' in page


def test_of_mounts_upon_each_other_the_visible_one_is_read(tmp_path: Path) -> None:
    """A read-only mount over a writable one is read-only, and the hidden one is not told."""
    mounts = "/dev/a /data xfs rw 0 0\n/dev/b /data xfs ro 0 0\n"
    folder = tree(tmp_path, "proc/1/mounts", mounts)
    (folder / "statvfs.json").write_text('{"/data": [4096, 10, 5, 5, 7, 3]}')
    page = page_of([one(folder, "filesystem")])
    read_only = [line for line in page.splitlines() if "readonly{" in line]
    assert read_only == [
        'node_filesystem_readonly{device="/dev/b",fstype="xfs",mountpoint="/data"} 1'
    ]
