"""Faults 1, 3, 4, 5 and 10: the agent is killed; the database stalls, is away, is killed itself, or
is away for so long that the spool is full.
"""

from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.agent.sinks import driver
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import Wire, balanced, drained, sink
from tests.agent.sinks.spools import is_on_disk
from tests.faults.databases import Base
from tests.faults.feed import RACKS, Feed
from tests.support import HANGS, PATIENCE, ROOT, wait_for

QUOTA = 2**18
COMMIT = 2**16  # what is written at once may exceed the quota: here up to a hundred batches
BALLAST = 37_500  # bytes, 50 kB as text: InfluxDB takes texts of 64 kB
AT_ONCE = 64  # such lines in a batch
MOMENTS = random.Random(7)


@contextmanager
def pushing(
    folder: Path,
    base: Base,
    *,
    state: Path | None = None,
    url: str = "",
    more: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run a pusher of a thousand samples a second; kill it with -9 when the block ends.

    `url` is where it pushes to, if that is not the database; `more` is added to its environment.
    """
    script = Path(driver.__file__)
    command = [
        sys.executable,
        script,
        folder / "journal",
        state or folder,
        url or base.url,
        *base.driven,
    ]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | dict(more or {})
    process = subprocess.Popen(list(map(str, command)), cwd=ROOT, env=environment)
    try:
        yield
        assert process.poll() is None, "the pusher ended by itself"
    finally:
        process.kill()
        process.wait(HANGS)


def killed_agent(base: Base, folder: Path, seconds: float) -> str:
    """Kill the pusher at random moments for so long, then look for each synced batch."""
    kills = 0
    with base.up():
        end = time.monotonic() + seconds
        while kills < 2 or time.monotonic() < end:
            _kill(base, folder)
            kills += 1
        figure = _all_synced(base, folder)
    if not base.lines:  # what waits beside is the spool's affair, whatever is written
        return f"{kills} kills, {figure}"
    beside = folder / "beside"
    beside.mkdir()
    return f"{kills} kills, {figure}; {_killed_beside(base, beside, seconds)}"


def _killed_beside(base: Base, folder: Path, seconds: float) -> str:
    """Kill the pusher 200 times while much waits in its spool, for the database is away.

    A gigabyte at full size, some megabytes and two kills where there is less than half a minute.
    """
    kills, size = (200, 2**30) if seconds >= 30 else (2, 2**22)
    _ballast(folder, size)
    for _ in range(kills):
        _kill(base, folder, url="http://127.0.0.1:1")
    left = (folder / "spool-influxdb.db").stat().st_size
    assert left >= size
    with base.up():
        figure = _all_synced(base, folder)
    return f"{kills} kills beside {left / 2**20:,.0f} MiB that wait, {figure}"


def _ballast(folder: Path, size: int) -> None:
    """Spool so many bytes that do not get smaller by packing: texts of another measurement."""
    with sink("http://127.0.0.1:1", folder, max_bytes=2**31) as made:
        for first in range(0, size // BALLAST + 1, AT_ONCE):
            lines = [
                f'ballast text="{base64.b64encode(MOMENTS.randbytes(BALLAST)).decode()}"'
                f" {int(T0) * 1000 + number}\n"
                for number in range(first, first + AT_ONCE)
            ]
            made.spool.put(T0, "".join(lines).encode(), AT_ONCE)
            wait_for(lambda last=first + AT_ONCE: made.spool.synced == last, what="ballast on disk")


def _kill(base: Base, folder: Path, *, url: str = "") -> None:
    """Start a pusher, and kill it with -9 at some moment after a batch was synced."""
    journal = folder / "journal"
    known = len(driver.synced_times(journal)) if journal.exists() else 0
    with pushing(folder, base, url=url):
        wait_for(lambda: len(driver.synced_times(journal)) > known, what="a batch that is synced")
        time.sleep(MOMENTS.uniform(0.0, 0.5))  # at any moment


def _all_synced(base: Base, folder: Path) -> str:
    """Drain the spool and check that each synced batch is stored once; returns it as a figure."""
    with base.sink(base.url, folder, max_bytes=2**31) as made:
        drained(made)
        assert not made.spool.state().dropped
    synced = set(driver.synced_times(folder / "journal"))

    def rows() -> dict[str, list[tuple[int, float]]]:
        return base.rows("driver", "value", "part")

    def there() -> bool:
        found = rows()
        return bool(found) and all(
            synced <= {moment for moment, _ in pairs} for pairs in found.values()
        )

    wait_for(there, what="every synced batch")
    found = rows()
    assert len(found) == driver.SERIES
    assert base.count("driver", "value") == sum(map(len, found.values()))
    for pairs in found.values():
        assert len(pairs) == len({moment for moment, _ in pairs})
        assert all(moment == value for moment, value in pairs)
    samples = len(synced) * driver.SERIES
    return f"{samples:,} synced samples: 0 lost, 0 doubled"


def frozen_base(base: Base, folder: Path, seconds: float) -> str:
    """Stop the database in its tracks for so long, under a thousand samples a second."""
    feed = Feed()
    with base.up(), base.sink(base.url, folder, timeout=0.5) as made:
        feed.push_for(made, 0.2)
        drained(made)
        before = psutil.Process().memory_info().rss
        with base.frozen():
            feed.push_for(made, seconds)
            wait_for(lambda: made.requests["timeout"] >= 1, what="a time-out")
            grown = psutil.Process().memory_info().rss - before
        drained(made)
        figure = feed.account(base, made)
    return (
        f"frozen for {seconds:g} s; {figure}; longest hand-over {feed.slowest * 1000:.1f} ms,"
        f" memory +{max(0, grown) / 2**20:.0f} MiB"
    )


def replayed_day(base: Base, folder: Path, seconds: float) -> str:
    """Spool a database's absence, the agent ended midway; measure how fast it drains then.

    A day at full size, of a batch each 15 s; an hour where there is less than half a minute.
    """
    hours = 24 if seconds >= 30 else 1
    feed = Feed(step=15.0)
    for _ in range(2):
        with base.sink("http://127.0.0.1:1", folder) as made:
            for _ in range(hours * 120):
                feed.push(made)
        assert not made.spool.state().dropped
    with base.up(), base.sink(base.url, folder) as made:
        began = time.monotonic()
        drained(made)
        spent = time.monotonic() - began
        figure = feed.account(base, made)
    rate = feed.samples / spent
    return f"{hours} h replayed; {figure}; drained at {rate:,.0f} samples a second"


def killed_base(base: Base, folder: Path, seconds: float) -> str:
    """End the database again and again, and lose its answers after the write in between."""
    feed = Feed()
    deaths = lost = 0
    with (
        Wire(base.port).up() as wire,
        base.sink(wire.url, folder, timeout=1.0) as made,
    ):
        end = time.monotonic() + seconds
        while not deaths or time.monotonic() < end:
            with base.up():
                wire.fault = "lose_answer"
                wire.cut()
                feed.push_for(made, 0.2)
                failed = made.requests["unreachable"] + made.requests["timeout"]

                def failed_again(failed: int = failed) -> bool:
                    return made.requests["unreachable"] + made.requests["timeout"] > failed + 1

                wait_for(failed_again, what="lost answers", timeout=PATIENCE)
                lost += 1
                wire.fault = "none"
                wire.cut()
                feed.push_for(made, min(seconds, 5.0))
                base.end()
                deaths += 1
                feed.push_for(made, 0.2)
        with base.up():
            drained(made)
            figure = feed.account(base, made)
    return f"ended {deaths} times, answers lost {lost} times; {figure}"


def full_quota(base: Base, folder: Path, _seconds: float) -> str:
    """Let a spool reach its quota while the database is away; what is left is stored once."""
    feed = Feed()
    with base.sink("http://127.0.0.1:1", folder, max_bytes=QUOTA) as made:
        while made.spool.state().dropped.get("quota", 0) < 20 * RACKS:
            for _ in range(100):
                feed.push(made)
            wait_for(lambda: is_on_disk(made.spool), what="batches on disk")
        assert made.spool.state().waiting_bytes <= QUOTA + COMMIT
    # What a request carries counts as waiting, also where the quota takes it meanwhile: the counts
    # are final when the sink has ended.
    assert balanced(made)
    dropped = made.spool.state().dropped
    assert set(dropped) == {"quota"}
    gone = dropped["quota"]
    kept = feed.samples - gone
    with base.up(), base.sink(base.url, folder) as made:
        drained(made)

        wait_for(lambda: base.count("test_rack", "power_watts") >= kept, what=f"{kept} samples")
        left = range(gone // RACKS, feed.turns)
        assert base.rows("test_rack", "power_watts", "rack") == {
            f"A{index:03d}": [(feed.moment(turn), float(turn)) for turn in left]
            for index in range(RACKS)
        }
    return (
        f"{feed.samples:,} samples into {QUOTA // 1024} KiB: the oldest {gone:,} dropped and"
        f" counted, {kept:,} stored once"
    )
