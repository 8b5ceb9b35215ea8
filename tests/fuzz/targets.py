"""Every pure parser of what comes from outside, in one list: for the tests with hypothesis and for atheris alike.

A target takes bytes. What it may raise is `BadReply`, or what its own entry allows; `most` bounds
its input, where whoever reads for it does so as well.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.base import BadReply

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT / "cases"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser: what to call, what it is known to understand, and what it may raise."""

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    allowed: tuple[type[Exception], ...] = (BadReply,)
    most: int = 65_536


def text_of(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    """Make a parser of text one of bytes, as its caller does."""
    return lambda data: parse(data.decode("utf-8", "replace"))


def files(pattern: str) -> tuple[bytes, ...]:
    """Return the contents of the tests' cases that fit a pattern, the shortest first."""
    return tuple(
        sorted({path.read_bytes() for path in CASES.glob(pattern) if path.is_file()}, key=len)
    )[:12]


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


def modbus() -> Iterator[Target]:
    """Yield a Modbus answer's way from frames to readings, in both framings."""
    from collectors.facility.modbus_frame import Question, crc16, registers_in
    from collectors.facility.modbus_plan import evaluate, numbers_in, plan_of
    from collectors.facility.modbus_profile import load_profile

    question = Question(unit=1, function=4, address=0, count=2)
    body = bytes([1, 4, 4, 0x43, 0x66, 0x80, 0])
    yield Target(
        name="modbus-tcp",
        run=lambda data: registers_in("tcp", data, question, 7),
        seeds=(
            b"\0\7\0\0\0\7" + body,
            b"\0\7\0\0\0\3\1\x84\2",
            b"\0\6\0\0\0\3\1\x84\2\0\7\0\0\0\7" + body,
        ),
    )
    yield Target(
        name="modbus-rtu",
        run=lambda data: registers_in("rtu", data, question, 0),
        seeds=(body + crc16(body).to_bytes(2, "little"), b"\1\x84\2\xc2\xc1"),
    )
    plans = [
        plan_of(load_profile(name))
        for name in ("eastron-sdm630", "sunspec-meter", "acrel-dtsd1352", "schneider-pm5000")
    ]

    def registers(data: bytes) -> object:
        """Give every block of a plan registers out of the data, over and over."""
        if not data:
            return None
        made = plans[data[0] % len(plans)]
        words = [int.from_bytes(data[at : at + 2], "big") for at in range(1, len(data), 2)] or [0]
        numbers: dict[int, float | None] = {}
        for block in made.blocks:
            numbers |= numbers_in(block, [words[at % len(words)] for at in range(block.count)])
        return list(evaluate(made.values, numbers))

    seeds = (bytes([n]) + bytes(range(256)) for n in range(len(plans)))
    yield Target(
        name="modbus-registers",
        run=registers,
        seeds=(*seeds, b"\0\x7f\xc0", b"\1\x80\0", b"\2\xff\xff"),
        most=4096,
    )


def snmp() -> Iterator[Target]:
    """Yield the plan and the decoding of what an SNMP device says, and the BER of the simulator's
    agents.
    """
    from collectors.facility.naming import Naming
    from collectors.facility.snmp_config import LEVELS
    from collectors.facility.snmp_discover import Library
    from collectors.facility.snmp_plan import plan
    from collectors.facility.snmp_rows import Rows, columns_to_walk, objects_to_get
    from simulator.device import SnmpDevice
    from simulator.layout import lay_out
    from simulator.readback import REFERENCE
    from simulator.snmp_agent import respond

    library = Library()
    names = (
        "raritan-px",
        "apc-rpdu2",
        "rittal-cmc3-pdu",
        "servertech-sentry4",
        "rfc1628-ups",
        "apc-inrow",
    )
    trees = [
        (library.named(name), lay_out(library.named(name))[1].raw(REFERENCE)) for name in names
    ]
    naming, levels = Naming(name="d", labels={}), frozenset(LEVELS)

    def device(data: bytes) -> object:
        """Change some of a good device's objects, drop others, and let it be discovered and read."""
        if not data:
            return None
        profile, good = trees[data[0] % len(trees)]
        tree = dict(good)
        oids = list(tree)
        for at in range(1, len(data) - 3, 4):
            oid, kind, value = oids[data[at] % len(oids)], data[at + 1], data[at + 2 : at + 4]
            raw: object = int.from_bytes(value, "big", signed=True)
            changes: tuple[object, ...] = (
                raw,
                value,
                None,
                value * 40,
                float("nan"),
                2**64 - 1,
                -(2**63),
                float("inf"),
                f"1.3.{raw}",
                b"\xff\xfe" + value,
                str(raw).encode(),
                b"1e999",
                value.hex().encode(),
                10**30,
                b"9" * 5000,
                0,
            )
            if kind & 0x80:
                tree.pop(oid, None)
            elif kind & 0x40:
                tree[f"{oid}.{abs(int.from_bytes(value, 'big'))}"] = raw
            else:
                tree[oid] = changes[kind % len(changes)]
        rows = Rows()
        for column in columns_to_walk(profile, levels):
            prefix = f"{column}."
            rows.columns[column] = {
                oid[len(prefix) :]: raw for oid, raw in tree.items() if oid.startswith(prefix)
            }
        rows.objects = {
            oid: tree[oid] for oid in objects_to_get(profile, rows, levels) if oid in tree
        }
        return plan(profile, rows, naming, levels).decode(tree, Counter())

    yield Target(
        name="snmp-device",
        run=device,
        seeds=tuple(bytes([n, 3, 1, 0, 9]) for n in range(len(trees))),
        most=256,
    )
    agent = SnmpDevice("d", "apc-rpdu2", lambda _: REFERENCE.values, clock=lambda: 0.0)
    get = bytes.fromhex(
        "302902010104067075626c6963a01c02044a5e5c3a020100020100300e300c06082b060102010105000500"
    )
    bulk = bytes.fromhex(
        "302602010104067075626c6963a51902024d0a020100020119300d300b06072b060104018202130500"
    )
    yield Target(
        name="snmp-request", run=lambda data: respond(data, agent), seeds=(get, bulk), allowed=()
    )


def bacnet() -> Iterator[Target]:
    """Yield the values of BACnet objects, from the wire's tags to numbers, and what becomes of an
    object's answers.
    """
    from bacpypes3.basetypes import Reliability, Scale, StatusFlags
    from bacpypes3.pdu import PDUData
    from bacpypes3.primitivedata import BitString, Double, Integer, Real, TagList, Unsigned

    from collectors.facility.bacnet_client import plain
    from collectors.facility.bacnet_profile import Point, decode, span_of
    from collectors.facility.profile import metric_named

    kinds = (Scale, StatusFlags, Reliability, Real, Double, Integer, Unsigned, BitString)
    points = [
        Point(metric="dc_cooling_supply_temperature_celsius", object="analog-input,1"),
        Point(metric="dc_meter_energy_joules_total", object="accumulator,1", unit="kWh", scale=0.1),
        Point(metric="dc_cooling_on", object="multi-state-value,1", map={1: 0, 2: 1}),
    ]
    names = (
        "present-value",
        "units",
        "status-flags",
        "reliability",
        "out-of-service",
        "scale",
        "max-pres-value",
    )

    def answers(data: bytes) -> object:
        """Decode the data as one kind of value, and let every property of some objects have it in
        turn with others.
        """
        found: list[Any] = [1.5, "no-fault-detected", (0, 0, 0, 0), "degrees-celsius", 0.1, 7]
        try:
            value = kinds[data[0] % len(kinds)].decode(TagList.decode(PDUData(data[1:])))
        except Exception:  # noqa: BLE001 - the library's: it never comes to us
            return None
        found.insert(0, plain(value))
        results = []
        for shift in range(len(found)):
            for point in points:
                own = {
                    (point.object, name): found[(shift + n) % len(found)]
                    for n, name in enumerate(names)
                }
                known = {key: answer for key, answer in own.items() if answer is not None}
                metric = metric_named(point.metric)
                results += [decode(point, metric, known), span_of(point, metric, known)]
        return results

    seeds = (
        b"\0\x19\x03",
        b"\0\x0c\x3c\x23\xd7\x0a",
        b"\1\x82\x04\x40",
        b"\2\x91\x01",
        b"\3\x44\x41\xac\0\0",
        b"\5\x31\xff",
        b"\6\x22\x01\x00",
    )
    yield Target(name="bacnet", run=answers, seeds=seeds, allowed=(), most=64)


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
    from collectors.facility.modbus_profile import Profile
    from collectors.facility.snmp_profile import SnmpProfile
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
