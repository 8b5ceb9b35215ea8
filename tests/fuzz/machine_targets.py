"""Parsers of what a machine tells: its kernel, its BMC, its chips, and probes of its links."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator

from tests.fuzz.target import CASES, Target, files, text_of


def host() -> Iterator[Target]:
    """Yield the parsers of /proc and /sys."""
    from collectors.host import (
        arp,
        conntrack,
        cpu,
        disk,
        filefd,
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

    proc = "host/*/proc/"
    parsers: dict[str, tuple[Callable[[bytes], object], tuple[bytes, ...]]] = {
        "arp": (arp.parse_arp, files(f"{proc}net/arp")),
        "conntrack": (conntrack.parse_conntrack, (b"entries searched\n0000001a 00000000\n",)),
        "stat": (cpu.parse_stat, files(f"{proc}stat")),
        "diskstats": (disk.parse_diskstats, files(f"{proc}diskstats")),
        "udev": (disk.parse_udev, (b"S:disk/by-id/x\nE:ID_MODEL=A\\x20B\nE:ID_SERIAL=1\n",)),
        "file-nr": (filefd.parse_file_nr, (b"1024\t0\t9223372036854775807\n",)),
        "infiniband-state": (infiniband.parse_state, (b"4: ACTIVE\n",)),
        "infiniband-rate": (infiniband.parse_rate, (b"100 Gb/sec (4X EDR)\n",)),
        "loadavg": (load.parse_loadavg, (b"0.20 0.18 0.12 1/80 11206\n",)),
        "mdstat": (mdadm.parse_mdstat, files(f"{proc}mdstat")),
        "meminfo": (memory.parse_meminfo, files(f"{proc}meminfo")),
        "mounts": (mounts.parse_mounts, files(f"{proc}mounts")),
        "mountinfo": (
            mounts.parse_mount_ids,
            (b"36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw\n",),
        ),
        "attribute": (lambda data: netclass.parse_attribute(data, "x"), (b"1500\n", b"-1\n")),
        "netstat": (netstat.parse_pairs, files(f"{proc}net/snmp")),
        "snmp6": (netstat.parse_snmp6, (b"Ip6InReceives   7\n",)),
        "netdev": (network.parse_netdev, files(f"{proc}net/dev")),
        "os-release": (os_release.parse_os_release, (b"NAME=\"A B\"\nID=x\nVERSION_ID='1'\n",)),
        "pressure": (
            pressure.parse_pressure,
            (b"some avg10=0.00 avg60=0.00 avg300=0.00 total=1234\n",),
        ),
        "schedstat": (schedstat.parse_schedstat, (b"version 15\ncpu0 0 0 0 0 0 0 1 2 3\n",)),
        "sockstat": (sockstat.parse_sockstat, files(f"{proc}net/sockstat")),
        "softnet": (softnet.parse_softnet, files(f"{proc}net/softnet_stat")),
        "textfile": (textfile.parse_prom, files("host/*/expected.prom")[:1]),
        "timex": (lambda data: timex.parse_timex(data, 0), (bytes(208),)),
        "udp": (udp_queues.parse_udp, files(f"{proc}net/udp")),
        "vmstat": (vmstat.parse_vmstat, files(f"{proc}vmstat")),
    }
    for name, (run, seeds) in parsers.items():
        yield Target(name=f"proc-{name}", run=run, seeds=seeds)


def power() -> Iterator[Target]:
    """Yield what BMCs say: DCMI and sensors by ipmitool, and Redfish documents."""
    from collectors.power.dcmi import decode_power_reading, parse_power_reading, parse_sensors
    from collectors.power.redfish.body import parse
    from collectors.power.redfish.places import EQUIPMENT_KINDS, NODE_KINDS

    raw = b"dc 78 00 64 00 c8 00 82 00 00 00 00 00 e8 03 00 00 40"
    text = (
        b"    Instantaneous power reading:                   213 Watts\n"
        b"    Power reading state is:                   activated\n"
    )
    yield Target(name="ipmi-power", run=text_of(parse_power_reading), seeds=(raw, text))
    yield Target(name="ipmi-dcmi", run=decode_power_reading, seeds=(bytes.fromhex(raw.decode()),))
    yield Target(
        name="ipmi-sensors",
        run=text_of(parse_sensors),
        seeds=(b"Inlet Temp,22.000,degrees C,ok,7.1\nPwr,0,Watts,ns,\n",),
    )

    documents: list[bytes] = []
    for path in sorted(CASES.glob("redfish/*/service.json")):
        documents += [
            json.dumps(one).encode()
            for one in json.loads(path.read_bytes()).values()
            if isinstance(one, dict)
        ]
    kinds = (*NODE_KINDS, *EQUIPMENT_KINDS)

    def redfish(data: bytes) -> object:
        packed = "gzip" if data[:2] == b"\x1f\x8b" else ""
        document = parse(data, packed)
        return [list(kind.rows([document], frozenset())) for kind in kinds]

    seeds = sorted(set(documents), key=len)
    yield Target(
        name="redfish", run=redfish, seeds=(*seeds[:: max(1, len(seeds) // 20)], *gzip_bombs())
    )


@functools.cache
def gzip_bombs() -> tuple[bytes, ...]:
    """Return a good document that was packed, and one that is a thousand times what it says."""
    import gzip

    return (
        gzip.compress(b'{"Reading": 1}', mtime=0),
        gzip.compress(b'{"a": "' + b"x" * 30_000_000 + b'"}', mtime=0),
    )


def chips() -> Iterator[Target]:
    """Yield what tells of accelerators: npu-smi's tables, and the pages of exporters."""
    from collectors.accelerators import exporter, npu_smi
    from collectors.accelerators.exporter_profile import FOLDER, load_profile

    yield Target(name="npu-smi", run=text_of(npu_smi.parse), seeds=files("npu_smi/*/reply.txt"))
    for path in sorted(FOLDER.glob("*.yaml")):
        yield Target(
            name=f"exporter-{path.stem}",
            run=functools.partial(exporter.parse, profile=load_profile(path.stem), now=1.79e9),
            seeds=files("accelerator_exporter/*/reply.txt"),
        )


def links() -> Iterator[Target]:
    """Yield the packets that answer probes."""
    from collectors.network.packets import (
        echo_request,
        parse_echo,
        parse_stamp,
        reflect,
        stamp_request,
    )

    token = bytes(range(8))
    reply = bytearray(echo_request(4, 1, token, 5))
    reply[0] = 0
    yield Target(name="icmp", run=lambda data: parse_echo(data, 4, token), seeds=(bytes(reply),))
    header = bytes([0x45]) + bytes(19)
    yield Target(
        name="icmp-raw",
        run=lambda data: parse_echo(data, 4, token, with_header=True),
        seeds=(header + bytes(reply),),
    )
    answer = reflect(stamp_request(token, 5), 1.0, 2.0)
    yield Target(name="stamp", run=lambda data: parse_stamp(data, token), seeds=(answer,))
    yield Target(
        name="stamp-request",
        run=lambda data: reflect(data, 1.0, 2.0),
        seeds=(stamp_request(token, 5),),
    )
