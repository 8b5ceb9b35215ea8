"""Which series have ended, and that a database is told so by markers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent import config as config_module
from agent.push import Push
from agent.sinks.base import Ending
from agent.sinks.presence import Presence
from collectors.base import Batch
from tests.agent.sinks import wireformat
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import POWER, Scripted
from tests.support import free_port, wait_for

STALE = 0x7FF0000000000002


def of(device: str, *racks: str, when: float = T0, lifetime: float = 37.5) -> Batch:
    """Make a batch; its lifetime is 2.5 intervals, of 15 s unless it is stated."""
    readings = [(POWER.series(rack), 1.0) for rack in racks]
    return Batch(collector="c", device=device, time=when, lifetime=lifetime, readings=readings)


def racks(found: Ending) -> list[str]:
    return [one.label("rack") for one in found.layout.series]


def test_a_series_that_the_next_batch_lacks_has_ended() -> None:
    """A sensor that was pulled ends at the time of the batch that lacks it, the others do not."""
    presence = Presence()
    assert presence.note(of("d", "A", "B", "C"), 0.0) is None
    assert presence.note(of("d", "A", "B", "C", when=T0 + 15), 15.0) is None
    ending = presence.note(of("d", "B", when=T0 + 30), 30.0)
    assert ending is not None
    assert racks(ending) == ["A", "C"]
    assert (ending.collector, ending.device, ending.time) == ("c", "d", T0 + 30)
    assert presence.note(of("d", "B", "D", when=T0 + 45), 45.0) is None


@pytest.mark.parametrize(("interval", "still", "gone"), [(15.0, 28.0, 28.6), (60.0, 113.0, 114.1)])
def test_a_silent_source_ends_within_two_intervals(
    interval: float, still: float, gone: float
) -> None:
    """One lost round is no end: 1.9 intervals are 28.5 s of 15, and 114 s of 60.

    That is the time of the end, whenever it is noticed.
    """
    presence = Presence()
    lifetime = 2.5 * interval
    presence.note(of("d", "A", "B", lifetime=lifetime), 0.0)
    presence.note(of("e", "C", lifetime=10 * lifetime), 0.0)
    assert presence.silent(still) == []
    (ending,) = presence.silent(gone)
    assert racks(ending) == ["A", "B"]
    assert ending.time == T0 + 1.9 * interval
    assert presence.silent(gone + 1) == []
    assert presence.note(of("d", "A"), gone + 2) is None  # it is back


def test_what_another_source_has_has_not_ended() -> None:
    """A device that moves to another section of the config goes on."""
    presence = Presence()
    presence.note(of("old", "A", "B"), 0.0)
    presence.note(of("new", "A", when=T0 + 20), 20.0)
    (ending,) = presence.silent(30.0)
    assert racks(ending) == ["B"]


def test_an_end_is_later_than_the_last_sample() -> None:
    """A clock that was set back does not put the end before what has ended."""
    presence = Presence()
    presence.note(of("d", "A", when=T0), 0.0)
    (ending,) = presence.all(T0 - 3600)
    assert ending.time > T0
    assert presence.all(T0) == []


def configured(folder: Path, url: str) -> Push:
    path = folder / "config.yaml"
    path.write_text(
        f"hub: guian\nsite: s1\nnode: n1\nstate_dir: {folder}\n"
        f"outputs:\n  remote_write: {{url: '{url}/w', protocol: '1.0', timeout: 60s}}\n"
    )
    made = Push(config_module.load(path), state_dir=folder, registry=CollectorRegistry())
    made.start()
    return made


def seen(database: Scripted) -> dict[str, list[int]]:
    """Return the bits of all values that came, by rack, in their order."""
    found: dict[str, list[int]] = {}
    for request in database.requests:
        for one in wireformat.v1(request.body):
            bits = [bits for bits, _ in one["samples"]]
            found.setdefault(dict(one["labels"])["rack"], []).extend(bits)
    return found


async def test_silence_and_the_agents_end_are_told(scripted: Scripted, tmp_path: Path) -> None:
    """A device that says nothing more gets its marker while others go on; at the end all do."""
    push = configured(tmp_path, scripted.url)
    push.accept(of("dead", "A", lifetime=0.25))
    for turn in range(10_000):
        push.accept(of("live", "B", when=T0 + 1 + turn, lifetime=3600.0))
        if STALE in seen(scripted).get("A", []):
            break
        await asyncio.sleep(0.05)
    found = seen(scripted)
    assert found["A"][-1] == STALE
    assert STALE not in found["B"]
    await push.stop(4.0)
    found = seen(scripted)
    assert found["B"][-1] == STALE
    assert [bits.count(STALE) for bits in found.values()] == [1, 1]


async def test_markers_survive_an_outage_and_a_restart(tmp_path: Path) -> None:
    """While the database is away they wait in the spool, and the next agent sends them."""
    first = configured(tmp_path, f"http://127.0.0.1:{free_port()}")
    first.accept(of("d", "A", "B"))
    await first.stop(2.0)
    database = Scripted()
    with database.up():
        again = configured(tmp_path, database.url)
        await asyncio.to_thread(wait_for, lambda: sum(map(len, seen(database).values())) == 4)
        await again.stop(4.0)
    assert [bits[1] for bits in seen(database).values()] == [STALE, STALE]
    assert all(bits[0] != STALE for bits in seen(database).values())
