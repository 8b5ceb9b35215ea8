"""The simulated PDUs, asked by net-snmp's own tools and by our collector."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collectors.base import BadReply, Context, Place, Unreachable
from collectors.facility.snmp import KIND
from collectors.strict import read
from simulator import ber
from simulator.device import SnmpDevice, simulated_pdu
from simulator.simulator import Simulator
from simulator.site import build_site
from simulator.snmp_agent import respond
from tests.support import HANGS, binary, hurried, until

NOW = 1_790_000_000.0
APC_POWER, APC_ENERGY = "1.3.6.1.4.1.318.1.1.26.4.3.1.5.1", "1.3.6.1.4.1.318.1.1.26.4.3.1.9.1"


@asynccontextmanager
async def site(racks: int = 1, **options: object) -> AsyncIterator[Simulator]:
    simulator = Simulator(build_site("guian", racks), clock=lambda: NOW, **options)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


async def ask(
    tool: str, address: str, *words: str, community: str = "public", patience: float = HANGS
) -> tuple[int, list[str]]:
    """Run one of net-snmp's tools, which waits so many seconds for each answer.

    Returns its status and the lines it printed.
    """
    process = await asyncio.create_subprocess_exec(
        binary(tool),
        "-v2c",
        "-c",
        community,
        "-On",
        "-r",
        "0",
        "-t",
        str(patience),
        *words[:-1],
        address,
        words[-1],
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    # net-snmp tells of the folders it makes when it runs for the first time on a machine.
    return process.returncode or 0, [
        line for line in out.decode().splitlines() if not line.startswith("Created directory")
    ]


async def test_snmpget_reads_what_the_model_says() -> None:
    """An rPDU2 gives power in hundredths of a kilowatt and energy in tenths of a kilowatt-hour."""
    async with site() as simulator:
        pdu = simulator.pdus["A01-A"]
        address = simulator.addresses["A01-A"]
        state = pdu.state(NOW).values
        _, (power,) = await ask("snmpget", address, APC_POWER)
        _, (energy,) = await ask("snmpget", address, APC_ENERGY)
    assert power == f".{APC_POWER} = INTEGER: {round(state['watts'] / 10)}"
    assert energy == f".{APC_ENERGY} = INTEGER: {int(state['joules'] // 3.6e5)}"


@pytest.mark.parametrize(
    ("pdu", "root"), [("A01-A", ".1.3.6.1.4.1.318"), ("A01-B", ".1.3.6.1.4.1.13742")]
)
async def test_walking_one_by_one_and_in_bulk_give_the_same_tree(pdu: str, root: str) -> None:
    """GETNEXT and GETBULK reach every object of the subtree once, in order, and stop at its end."""
    async with site() as simulator:
        address = simulator.addresses[pdu]
        status, one_by_one = await ask("snmpwalk", address, root)
        bulk_status, bulk = await ask("snmpbulkwalk", address, "-Cr25", root)
        whole_status, whole = await ask("snmpbulkwalk", address, ".1")
        objects = simulator.pdus[pdu].objects.oids
    assert (status, bulk_status, whole_status) == (0, 0, 0)
    assert one_by_one == bulk
    shown = [
        tuple(map(int, line.split(" = ")[0].split(".")[1:]))
        for line in whole
        if "No more variables" not in line
    ]
    assert shown == list(objects)


async def test_what_is_not_there_is_said_so() -> None:
    """A missing object is an exception of that binding only (RFC 3416, 4.2.1)."""
    async with site() as simulator:
        _, lines = await ask(
            "snmpget", simulator.addresses["A01-A"], "1.3.6.1.4.1.318.1.1.26.4.3.1.77.1"
        )
    assert "No Such Object" in lines[0]


async def test_another_community_is_not_answered() -> None:
    """An agent that does not know the community stays silent."""
    async with site() as simulator:
        status, lines = await ask(
            "snmpget", simulator.addresses["A01-A"], APC_POWER, community="private", patience=1
        )
    assert status == 1
    assert "Timeout" in lines[0]


async def test_a_silent_pdu_is_silent_and_its_neighbour_is_not() -> None:
    """A fault is one device's alone, and it can be taken away."""
    async with site() as simulator:
        simulator.set_fault("A01-A", "silent")
        silent, _ = await ask("snmpget", simulator.addresses["A01-A"], APC_POWER, patience=1)
        assert silent == 1
        assert (await ask("snmpget", simulator.addresses["A01-B"], "1.3.6.1.2.1.1.5.0"))[0] == 0
        simulator.set_fault("A01-A", None)
        assert (await ask("snmpget", simulator.addresses["A01-A"], APC_POWER))[0] == 0
        with pytest.raises(KeyError):
            simulator.set_fault("B99-A", "silent")


async def test_a_pdu_that_answers_garbage_answers_nothing_of_use() -> None:
    """What it sends is no SNMP; the asker gives up."""
    async with site() as simulator:
        simulator.set_fault("A01-A", "garbage")
        status, _ = await ask("snmpget", simulator.addresses["A01-A"], APC_POWER, patience=1)
        assert status != 0
        await until(lambda: simulator.answered >= 1)


async def test_every_pdu_may_have_an_address_of_its_own() -> None:
    """As in a real network, all answer on one port."""
    async with site(3, spread=True) as simulator:
        addresses = [simulator.addresses[name] for name in simulator.pdus]
        assert [address.split(":")[0] for address in addresses] == [
            f"127.1.0.{n}" for n in range(1, 7)
        ]
        assert len({address.split(":")[1] for address in addresses}) == 1
        _, (name,) = await ask("snmpget", addresses[4], "1.3.6.1.2.1.1.5.0")
        nobody = addresses[0].replace("127.1.0.1", "127.1.0.9")
        silent, _ = await ask("snmpget", nobody, "1.3.6.1.2.1.1.5.0", patience=1)
        (responder,) = simulator._responders
        interface = responder._socket.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
    assert name.endswith('"A03-A"')
    assert silent == 1  # nobody lives there
    assert interface.rstrip(b"\0") == b"lo"  # and nobody outside this machine can ask


def request(
    kind: int, oids: list[str], *, first: int = 0, second: int = 0, community: bytes = b"public"
) -> bytes:
    body = b"".join(ber.tlv(ber.SEQUENCE, ber.oid(ber.numbers(oid)) + b"\x05\x00") for oid in oids)
    pdu = ber.integer(77) + ber.integer(first) + ber.integer(second) + ber.tlv(ber.SEQUENCE, body)
    return ber.tlv(
        ber.SEQUENCE, ber.integer(1) + ber.tlv(ber.OCTETS, community) + ber.tlv(kind, pdu)
    )


def pdu() -> SnmpDevice:
    rack = build_site("guian", 1).racks[0]
    return simulated_pdu(rack, rack.pdus[0], clock=lambda: NOW, since=NOW - 1e6)


def test_a_bulk_request_may_not_ask_for_an_answer_without_bounds() -> None:
    """However many repetitions are asked for, an answer stays a datagram."""
    answer = respond(request(ber.GET_BULK, ["1.3.6.1"] * 50, second=2**31 - 1), pdu())
    assert answer is not None
    assert len(answer) < 8192


def test_no_bytes_make_the_agent_fail() -> None:
    """Mutated requests are answered or left unanswered, and never anything else."""
    rng = random.Random(2)
    device = pdu()
    good = request(ber.GET_BULK, [APC_POWER, "1.3.6.1.2.1"], first=1, second=5)
    assert respond(good, device)
    for _ in range(3000):
        data = bytearray(good[: rng.randrange(len(good) + 1)] if rng.random() < 0.3 else good)
        for _ in range(rng.randrange(1, 4)):
            if data:
                data[rng.randrange(len(data))] = rng.randrange(256)
        answer = respond(bytes(data), device)
        assert answer is None or len(answer) < 16384


@pytest.mark.parametrize(
    "dotted", ["1.3.6.1.4.1.318.1.1.26", "0.0", "2.39.4294967295.0.127.128.16383.16384"]
)
def test_an_oid_comes_back_as_it_was(dotted: str) -> None:
    """Sub-identifiers of every length."""
    parts = ber.numbers(dotted)
    encoded = ber.oid(parts)
    assert ber.parse_oid(encoded[2:]) == parts


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0, "020100"),
        (127, "02017f"),
        (128, "02020080"),
        (-1, "0201ff"),
        (-129, "0202ff7f"),
        (256, "02020100"),
    ],
)
def test_an_integer_is_encoded_in_the_fewest_bytes(value: int, wanted: str) -> None:
    """X.690, 8.3: two's complement, no more bytes than needed."""
    assert ber.integer(value).hex() == wanted


def test_a_gauge_stays_at_its_highest_value() -> None:
    """RFC 2578, 7.1.7: it does not wrap."""
    assert ber.gauge(2**40) == ber.gauge(2**32 - 1) == bytes.fromhex("420500ffffffff")


def collector(address: str, pdu: str, profile: str = "auto") -> Any:
    device = f'{{address: "{address}", pdu: {pdu}, rack: A01, feed: {pdu[-1]}, profile: {profile}}}'
    config = read("snmp.yaml", KIND.Config, text=f"timeout: 2m\ndevices:\n  - {device}\n")
    (made,) = KIND.build(config, Context(place=Place(hub="guian", site="s"), node="n"))
    return made


async def test_the_collector_tells_a_silent_pdu_from_one_that_talks_nonsense() -> None:
    """Silence is Unreachable; nonsense is Unreachable or a BadReply, and never readings."""
    async with site() as simulator:
        made = collector(simulator.addresses["A01-A"], "A01-A", "apc-rpdu2")
        try:
            simulator.set_fault("A01-A", "silent")
            with hurried(made, 1.0), pytest.raises(Unreachable):
                await made.collect()
            simulator.set_fault("A01-A", "garbage")
            with hurried(made, 1.0), pytest.raises((Unreachable, BadReply)):
                await made.collect()
        finally:
            await made.aclose()
