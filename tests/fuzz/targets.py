"""Every pure parser of what comes from outside, in one list, for hypothesis and for atheris."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.facility_targets import bacnet, modbus, snmp
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
    text = b"    Instantaneous power reading:                   213 Watts\n    Power reading state is:                   activated\n"
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


def netbox() -> Iterator[Target]:
    """Yield NetBox's objects."""
    from agent.inventory.netbox.assemble import inventory_of
    from agent.inventory.netbox.stock import Stock

    def stock(data: bytes) -> object:
        """Take a list of objects as each kind in turn.

        Whatever an object lacks costs that object only.
        """
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            return None
        made = Stock(node_roles=["server"], pdu_roles=["pdu"], rated_power_field="rated_watts")
        objects = (
            [one for one in found if isinstance(one, dict) and isinstance(one.get("id"), int)]
            if isinstance(found, list)
            else []
        )
        takes = (
            made.add_site,
            made.add_type,
            made.add_rack,
            made.add_device,
            made.add_reservation,
            made.add_feed,
        )
        for number, one in enumerate(objects):
            takes[number % len(takes)](one)
        return inventory_of(made, "guian", complete=True, read_at=0.0)

    objects = (
        {
            "id": 1,
            "slug": "s",
            "name": "S",
            "status": {"value": "active"},
            "time_zone": "Asia/Shanghai",
        },
        {"id": 2, "u_height": 2.0, "is_full_depth": True},
        {
            "id": 3,
            "name": "A01",
            "site": {"id": 1},
            "u_height": 42,
            "status": {"value": "active"},
            "custom_fields": {"rated_watts": 8},
        },
        {
            "id": 4,
            "name": "n1",
            "rack": {"id": 3},
            "position": 10.5,
            "device_type": {"id": 2},
            "role": {"slug": "server"},
        },
        {"id": 5, "rack": {"id": 3}, "units": [1, 2]},
        {
            "id": 6,
            "name": "A",
            "rack": {"id": 3},
            "voltage": 230,
            "amperage": 32,
            "phase": {"value": "single-phase"},
        },
    )
    yield Target(
        name="netbox",
        run=stock,
        seeds=(json.dumps(objects).encode(), b"[]"),
        allowed=(),
        most=16_384,
    )


def yaml_files() -> Iterator[Target]:
    """Yield the files an operator writes: profiles by the strict reader.

    They are small: the pure reader of YAML is slow.
    """
    from collectors.base import ConfigError
    from collectors.facility.modbus.profile import Profile
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.strict import Problems, read

    def profile(model: type[Any]) -> Callable[[bytes], object]:
        return lambda data: read("p.yaml", model, text=data.decode("utf-8", "replace"))

    small = b"protocol: snmp\ntitle: t\nkind: pdu\nreadings:\n  - {metric: dc_pdu_power_watts, oid: 1.3.6.1.4.1.9.1.0, unit: W}\n"
    merged = b"a: &a {b: 1}\nc: &c {<<: [*a, *a]}\nd: {<<: *c}\n"
    allowed = (ConfigError, Problems)
    yield Target(
        name="snmp-profile",
        run=profile(SnmpProfile),
        seeds=(small, merged),
        allowed=allowed,
        most=512,
    )
    modbus_seed = b"protocol: modbus\ntitle: t\nsource: s\nregisters:\n  - {metric: dc_meter_power_watts, address: 0x34, type: float32, unit: W}\n"
    yield Target(
        name="modbus-profile",
        run=profile(Profile),
        seeds=(modbus_seed, merged),
        allowed=allowed,
        most=512,
    )


@functools.cache
def targets() -> dict[str, Target]:
    """Return every target by its name."""
    made = (
        *host(),
        *modbus(),
        *snmp(),
        *bacnet(),
        *power(),
        *chips(),
        *links(),
        *netbox(),
        *yaml_files(),
    )
    return {target.name: target for target in made}


def hostile(target: Target) -> Iterator[bytes]:
    """Yield what breaks parsers: nothing, too much, too deep, numbers that are none, and seeds cut
    short or over and over.
    """
    most = target.most
    yield from (
        b"",
        b"\0",
        b"\xff" * most,
        b"\0" * most,
        b"\n" * most,
        b" " * most,
        b"9" * most,
        b"-" * most,
        b"|" * most,
    )
    yield from (
        b"[" * most,
        b'{"a":' * (most // 5),
        b"(" * most,
        b"a: " * (most // 3),
        b"1e9999\n" * (most // 7),
        b"\xc3\x28" * 99,
    )
    for seed in target.seeds[:4]:
        yield from (seed[:-1], seed[: len(seed) // 2], seed * 3, seed + seed[::-1])
        yield seed.replace(b"1", b"9" * 5000)[:most]
        yield (seed * (most // max(len(seed), 1) + 1))[:most]
