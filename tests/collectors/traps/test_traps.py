"""Traps and informs of net-snmp's own programs become events of the devices that sent them."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from collectors.base import Unreachable
from collectors.catalogue.events import EVENT_ACTIVE, EVENT_COUNT, EVENT_LAST
from collectors.strict import Document, Problems, read
from collectors.traps import KIND
from collectors.traps.collector import TrapCollector, book_of
from collectors.traps.config import Config
from collectors.traps.meaning import Trap, meaning
from tests.collectors.events.listening import context, listening, refused, told
from tests.support import binary, free_port

LEAK, DRY = "1.3.6.1.4.1.99999.1.0.1", "1.3.6.1.4.1.99999.1.0.2"
VALUE = "1.3.6.1.4.1.99999.1.1"
ENGINE = "8000000001020304"
EVENTS = f"""
events:
  - {{trap: {LEAK}, event: leak, active: true, where: {{{VALUE}: "2"}}}}
  - {{trap: {DRY}, event: leak, active: false}}
"""


def config(folder: Path, port: int, *, sender: str = "127.0.0.1", more: str = "") -> Config:
    """Return a section that hears one sensor, by v2c and by v3."""
    for name, text in (("community", "s3cret"), ("auth", "authpassword"), ("priv", "privpassword")):
        (folder / name).write_text(text, "utf-8")
        (folder / name).chmod(0o600)
    text = f"""
listen: 127.0.0.1:{port}
community_file: community
users:
  - {{name: alarms, auth: sha1, auth_file: auth, priv: aes128, priv_file: priv,
     engine_id: "{ENGINE}"}}
senders:
  - {{address: {sender}, sensor: leak-1, rack: A07}}
{more}{EVENTS}"""
    (folder / "traps.yaml").write_text(text, "utf-8")
    return read(folder / "traps.yaml", Config)


async def send(program: str, port: int, *options: str, oid: str = LEAK, value: str = "2") -> int:
    """Send a trap or an inform as net-snmp does; returns its exit status."""
    command = [
        binary(program),
        *options,
        f"127.0.0.1:{port}",
        "",
        oid,
        f"{VALUE}.0",
        "i",
        value,
    ]
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return await process.wait()


V2C = ("-v", "2c", "-c", "s3cret")
V3 = ("-v", "3", "-u", "alarms", "-l", "authPriv", "-a", "SHA", "-A", "authpassword")
V3_PRIVATE = (*V3, "-x", "AES", "-X", "privpassword")


async def test_a_trap_is_an_event_of_the_device_that_sent_it(tmp_path: Path) -> None:
    """A leak contact's trap counts for the sensor in its rack, and begins and ends a state."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await send("snmptrap", port, *V2C)
        found = await told(collector, 1)
        assert found["active", "leak"] == 1.0
        readings = await collector.collect()
        assert {(*series.values,) for series, _ in readings} == {
            ("lyon", "s1", "A", "A07", "sensor", "leak-1", "leak", "trap")
        }
        assert {series.metric for series, _ in readings} == {EVENT_COUNT, EVENT_LAST, EVENT_ACTIVE}
        await send("snmptrap", port, *V2C, oid=DRY)
        assert (await told(collector, 2))["active", "leak"] == 0.0


async def test_version_3_is_heard_as_trap_and_as_inform(tmp_path: Path) -> None:
    """A user with authentication and privacy is heard; an inform is answered."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await send("snmptrap", port, *V3_PRIVATE, "-e", f"0x{ENGINE}")
        await told(collector, 1)
        assert await send("snmpinform", port, *V3_PRIVATE) == 0
        assert await send("snmpinform", port, *V2C) == 0
        assert (await told(collector, 3))["active", "leak"] == 1.0


async def test_who_does_not_know_the_secret_is_counted_and_not_heard(tmp_path: Path) -> None:
    """A wrong community, a wrong passphrase and an unknown user change nothing."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await send("snmptrap", port, "-v", "2c", "-c", "public")
        await refused(collector, "wrong_community")
        wrong = tuple("wrongpassword" if one == "authpassword" else one for one in V3_PRIVATE)
        await send("snmptrap", port, *wrong, "-e", f"0x{ENGINE}")
        await refused(collector, "wrong_digest")
        stranger = tuple("stranger" if one == "alarms" else one for one in V3_PRIVATE)
        await send("snmptrap", port, *stranger, "-e", f"0x{ENGINE}")
        await refused(collector, "unknown_user")
        assert list(await collector.collect()) == []


async def test_an_unknown_address_is_counted_and_not_read(tmp_path: Path) -> None:
    """Who is not in the config is not heard, whatever it knows."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port, sender="127.0.0.2"), tmp_path) as collector:
        await send("snmptrap", port, *V2C)
        await refused(collector, "unknown_sender")
        assert list(await collector.collect()) == []


async def test_a_flood_of_one_device_is_bounded(tmp_path: Path) -> None:
    """Beyond its rate a device's traps are dropped and counted."""
    port = free_port()
    found = config(tmp_path, port, more="rate: 0.001\nburst: 2\n")
    async with listening(KIND, found, tmp_path) as collector:
        for _ in range(4):
            await send("snmptrap", port, *V2C)
        await told(collector, 2)
        await refused(collector, "rate")
        assert (await told(collector, 2))["events_total", "leak"] == 2.0


async def test_noise_ends_nothing(tmp_path: Path) -> None:
    """Bytes that are no SNMP are refused, and the next trap is heard."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", port)
        )
        for noise in (b"", b"\x00" * 40, b"\x30\x84\xff\xff\xff\xff", b"\xff" * 9000):
            transport.sendto(noise)
        transport.close()
        await send("snmptrap", port, *V2C)
        assert (await told(collector, 1))["events_total", "leak"] == 1.0


async def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    """Where the port is another program's, the round fails and says so."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path):
        (second,) = KIND.build(config(tmp_path, port), context(tmp_path / "other"))
        assert isinstance(second, TrapCollector)
        with pytest.raises(Unreachable, match=str(port)):
            await second.collect()


class _Book:
    """The events of a section, and what is known of them."""

    def __init__(self, folder: Path, found: Config | None = None) -> None:
        found = found or config(folder, 1)
        self._events = found.events
        self._book = book_of(found, context(folder))
        self._book.recall()

    def take(self, address: str, oid: str, value: str, now: float) -> None:
        """Hear a trap that carries a value."""
        trap = Trap(oid=oid, values={f"{VALUE}.0": value})
        self._book.take(address, meaning(trap, self._events), now)

    def values(self, now: float = 5.0) -> dict[tuple[str, str], float]:
        """Return the readings by metric and event."""
        return {
            (series.metric.name, series.label("event")): value
            for series, value in self._book.readings(now)
        }


def test_a_leak_is_still_known_after_a_restart(tmp_path: Path) -> None:
    """A trap comes once: the count and the state are there again when the agent starts."""
    _Book(tmp_path).take("127.0.0.1", LEAK, "2", 3.0)
    assert _Book(tmp_path).values() == {
        ("events_total", "leak"): 1.0,
        ("last_timestamp_seconds", "leak"): 3.0,
        ("active", "leak"): 1.0,
    }
    (tmp_path / "state" / "events.json").write_text("[{", "utf-8")
    assert _Book(tmp_path).values() == {}


def test_what_nobody_has_named_is_one_event(tmp_path: Path) -> None:
    """Traps without a meaning are counted together; those of the standards have their names."""
    book = _Book(tmp_path)
    for oid in ("1.3.6.1.4.1.5.1", "1.3.6.1.4.1.5.2", LEAK, "1.3.6.1.6.3.1.1.5.1"):
        book.take("127.0.0.1", oid, "1", 3.0)
    assert {
        event: value for (name, event), value in book.values().items() if name == "events_total"
    } == {"other": 3.0, "cold_start": 1.0}


def test_a_state_that_nothing_ends_is_over_in_time(tmp_path: Path) -> None:
    """`lasts` ends a state, counted from the last trap that began it."""
    (tmp_path / "x.yaml").write_text(
        "community_file: c\nsenders: [{address: 10.0.0.1, ups: u1}]\n"
        "events: [{trap: 1.3.6.1.2.1.33.2.1, event: on_battery, active: true, lasts: 2m}]\n"
    )
    found = read(tmp_path / "x.yaml", Config)
    book = _Book(tmp_path, found)
    for now in (0.0, 60.0):
        book.take("10.0.0.1", "1.3.6.1.2.1.33.2.1", "", now)
    assert book.values(179.0)["active", "on_battery"] == 1.0
    assert book.values(180.0)["active", "on_battery"] == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("senders: [{address: 10.0.0.1, ups: u}]", "expected this for v2c"),
        ("community_file: c\nsenders: [{address: leak.example, sensor: s}]", "an IP address"),
        (
            "community_file: c\nsenders: [{address: 10.0.0.1}]",
            "expected one of cooling, meter, ups",
        ),
        ("community_file: c\nlisten: ':162'", "listen: expected"),
        ("community_file: c\nevents: [{trap: leak, event: x}]", "expected an OID"),
        ("users: [{name: u, engine_id: xyz}]", "5 to 32 bytes"),
        (
            (
                "community_file: c\nsenders: [{address:"
                " 10.0.0.1, ups: u}, {address: 10.0.0.1, ats: a}]"
            ),
            "given twice",
        ),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """A section that cannot be says what was expected."""
    (tmp_path / "x.yaml").write_text(text, "utf-8")
    with pytest.raises(Problems, match=said):
        Document(tmp_path / "x.yaml").build(Config)
