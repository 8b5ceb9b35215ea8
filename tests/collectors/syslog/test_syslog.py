"""Messages of util-linux's logger become events of the devices that sent them, or that they
name.
"""

from __future__ import annotations

import asyncio
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from collectors.base import ConfigError, Unreachable
from collectors.catalogue.events import EVENT_ACTIVE, EVENT_COUNT, EVENT_LAST
from collectors.strict import Document, Problems, read
from collectors.syslog import KIND
from collectors.syslog.collector import SyslogCollector
from collectors.syslog.config import Config
from tests.collectors.events.listening import context, listening, refused, told
from tests.support import binary, free_port

EVENTS = """
events:
  - {match: "(?i)water detected", event: leak, active: true}
  - {match: "no water", event: leak, active: false}
  - {match: fan, app: cooling, severity: warning, event: fan_failed}
"""
DEVICE = "senders: [{address: 127.0.0.1, sensor: leak-1, rack: A07}]\n"


def config(folder: Path, port: int, senders: str = DEVICE) -> Config:
    """Return a section that hears one sensor."""
    path = folder / "syslog.yaml"
    path.write_text(f"listen: 127.0.0.1:{port}\n{senders}{EVENTS}", "utf-8")
    return read(path, Config)


async def log(port: int, text: str, *options: str) -> None:
    """Send a message as `logger` does."""
    command = [binary("logger"), "-n", "127.0.0.1", "-P", str(port), *options, text]
    process = await asyncio.create_subprocess_exec(*command, stderr=subprocess.DEVNULL)
    assert await process.wait() == 0


FORMS = [
    ("-d",),
    ("-d", "--rfc3164"),
    ("-T",),
    ("-T", "--rfc3164"),
    ("-T", "--octet-count"),
    ("-T", "--octet-count", "--rfc3164"),
]


@pytest.mark.parametrize("form", FORMS, ids=" ".join)
async def test_a_message_is_an_event_of_the_device_that_sent_it(
    tmp_path: Path, form: tuple[str, ...]
) -> None:
    """Both forms, by UDP and by TCP with either framing: a state begins, and ends."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await log(port, "zone 2: Water detected", *form)
        assert (await told(collector, 1))["active", "leak"] == 1.0
        readings = await collector.collect()
        assert {series.values for series, _ in readings} == {
            ("lyon", "s1", "A", "A07", "sensor", "leak-1", "leak", "syslog")
        }
        assert {series.metric for series, _ in readings} == {EVENT_COUNT, EVENT_LAST, EVENT_ACTIVE}
        await log(port, "zone 2: no water", *form)
        assert (await told(collector, 2))["active", "leak"] == 0.0
        assert collector.dropped == {}


async def test_what_a_message_must_have_is_looked_at(tmp_path: Path) -> None:
    """The program and the severity decide as well; all else of a device is one event."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        await log(port, "fan 3 stopped", "-d", "-t", "cooling", "-p", "daemon.err")
        await log(port, "fan 3 stopped", "-d", "-t", "cooling", "-p", "daemon.warning")
        await log(port, "fan 3 is fine", "-d", "-t", "cooling", "-p", "daemon.notice")
        await log(port, "fan 3 stopped", "-d", "-t", "other", "-p", "daemon.err")
        found = await told(collector, 4)
        assert found["events_total", "fan_failed"] == 2.0
        assert found["events_total", "other"] == 2.0
        assert ("active", "fan_failed") not in found


RELAYED = """
relays: [127.0.0.1]
senders:
  - {host: Leak-7.example, sensor: leak-7, rack: A07}
  - {address: 10.0.4.9, ups: ups-1}
"""


async def test_a_relays_message_is_an_event_of_the_device_that_it_names(tmp_path: Path) -> None:
    """By the host in the message, which may be an address; a host that nobody knows is counted."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port, RELAYED), tmp_path) as collector:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"<13>1 - leak-7.EXAMPLE app - - - water detected\n"
            b"<13>Nov 29 10:00:00 10.0.4.9 app: water detected\n"
            b"<13>1 - leak-8.example app - - - water detected\n"
            b"<13>no host\n"
        )
        writer.write_eof()
        await refused(collector, "unknown_host", 2)
        counted = {
            (series.label("device"), series.label("event")): value
            for series, value in await collector.collect()
            if series.metric is EVENT_COUNT
        }
        assert counted == {("leak-7", "leak"): 1.0, ("ups-1", "leak"): 1.0}
        assert collector.dropped == {"unknown_host": 2}
        writer.close()


async def test_a_stranger_is_counted_and_not_heard(tmp_path: Path) -> None:
    """Datagrams are dropped and connections closed, whatever they say."""
    port = free_port()
    senders = "senders: [{address: 127.0.0.2, sensor: s}]\n"
    async with listening(KIND, config(tmp_path, port, senders), tmp_path) as collector:
        await log(port, "water detected", "-d")
        await refused(collector, "unknown_sender")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        writer.close()
        assert collector.dropped == {"unknown_sender": 2}
        assert list(await collector.collect()) == []


async def test_a_flood_of_one_device_is_bounded(tmp_path: Path) -> None:
    """Beyond its rate a device's messages are dropped and counted, and so are connections."""
    port = free_port()
    found = config(tmp_path, port, DEVICE + "rate: 0.001\nburst: 2\n")
    async with listening(KIND, found, tmp_path) as collector:
        links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        await refused(collector, "connections")
        links[0][1].write(b"<13>water detected\n" * 5)
        await refused(collector, "rate")
        assert (await told(collector, 2))["events_total", "leak"] == 2.0
        assert collector.dropped == {"connections": 1, "rate": 3}
        for _, writer in links:
            writer.close()


@pytest.mark.parametrize(
    ("noise", "reason"),
    [
        (b"<13>" + b"x" * 9000, "too_long"),
        (b"9000 <13>x", "too_long"),
        (b"12x4 <13>y", "unreadable"),
        (b"123456789 <13>y", "unreadable"),
    ],
)
async def test_a_stream_that_is_no_syslog_is_ended(
    tmp_path: Path, noise: bytes, reason: str
) -> None:
    """Its connection is closed; the next one is heard."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(noise)
        await refused(collector, reason)
        with suppress(ConnectionResetError):  # what it had sent was not read to its end
            assert await reader.read() == b""
        writer.close()
        await log(port, "water detected", "-T")
        assert (await told(collector, 1))["events_total", "leak"] == 1.0


async def test_events_are_known_after_a_restart(tmp_path: Path) -> None:
    """Counts and states are there again, apart from those of traps."""
    for count in (1, 2):
        port = free_port()
        async with listening(KIND, config(tmp_path, port), tmp_path) as collector:
            await log(port, "water detected", "-d")
            found = await told(collector, count)
            assert found["events_total", "leak"] == count
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["syslog-events.json"]


async def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    """Where the port is another program's, the round fails and says so; nothing stays open."""
    port = free_port()
    async with listening(KIND, config(tmp_path, port), tmp_path):
        (second,) = KIND.build(config(tmp_path, port), context(tmp_path / "other"))
        assert isinstance(second, SyslogCollector)
        with pytest.raises(Unreachable, match=str(port)):
            await second.collect()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("listen: ':514'", "listen: expected"),
        ("protocols: []", "protocols: expected udp, tcp or both"),
        ("protocols: [tls]", "expected one of udp, tcp"),
        ("senders: [{sensor: s}]", "address: expected an IP address, or host"),
        ("senders: [{address: leak.example, sensor: s}]", "an IP address"),
        ("senders: [{address: 10.0.0.1}]", "expected one of cooling, meter, ups"),
        ("senders: [{host: a, sensor: s}]", "needs relays"),
        ("relays: [log]", "expected an IP address"),
        ("relays: [10.0.0.1]\nsenders: [{address: 10.0.0.1, ups: u}]", "given twice"),
        (
            "relays: [10.0.0.1]\nsenders: [{host: a, ups: u}, {host: A, ats: a}]",
            "a is given twice",
        ),
        ("events: [{match: '(', event: x}]", "a regular expression"),
        ("events: [{match: x, event: ' '}]", "must not be empty"),
        ("events: [{match: x, event: y, severity: bad}]", "expected one of emerg, alert, crit"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, text: str, said: str) -> None:
    """A section that cannot be says what was expected."""
    (tmp_path / "x.yaml").write_text(text, "utf-8")
    with pytest.raises(Problems, match=said):
        Document(tmp_path / "x.yaml").build(Config)


def test_a_section_that_hears_nobody_is_refused(tmp_path: Path) -> None:
    """It would listen for nothing."""
    with pytest.raises(ConfigError, match="names no device"):
        KIND.build(config(tmp_path, 1, ""), context(tmp_path))
