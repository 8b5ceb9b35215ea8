"""Parsers of what facility devices send: Modbus, SNMP and BACnet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.fuzz.target import Target


def modbus() -> Iterator[Target]:
    """Yield a Modbus answer's way from frames to readings, in both framings."""
    from collectors.facility.modbus.frame import Question, crc16, registers_in
    from collectors.facility.modbus.plan import evaluate, numbers_in, plan_of
    from collectors.facility.modbus.profile import load_profile

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
    from collectors.facility.snmp.detail import LEVELS
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.plan import Asked, plan
    from collectors.facility.snmp.rows import Rows, columns_to_walk, objects_to_get
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
        (library.named(name), lay_out(library.named(name))[1].objects.raw(REFERENCE))
        for name in names
    ]
    naming, levels = Naming(name="d", labels={}), frozenset(LEVELS)

    def device(data: bytes) -> object:
        """Change some of a good device's objects, drop others,
        and let it be discovered and read.
        """
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
        return plan(profile, rows, naming, Asked(levels=levels)).decode(tree, Counter())

    yield Target(
        name="snmp-device",
        run=device,
        seeds=tuple(bytes([n, 3, 1, 0, 9]) for n in range(len(trees))),
        most=256,
        seconds=0.15,  # a whole device is discovered and read: some 35 ms where it is good
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

    from collectors.facility.bacnet.client import plain
    from collectors.facility.bacnet.profile import Point, decode, span_of
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
