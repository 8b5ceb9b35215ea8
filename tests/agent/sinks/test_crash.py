"""The agent's side killed at any moment, and the database gone meanwhile: what was synced arrives,
once.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.sinks.lineprotocol import LineFormat
from agent.sinks.spool import Spool
from tests.agent.sinks.driver import PERIOD, SERIES, synced_times
from tests.agent.sinks.peers import drained, sink
from tests.support import HANGS, PATIENCE, ROOT, wait_for
from tests.support.victoria import Victoria

KILLS = int(os.environ.get("TESTS_KILLS", "25"))
OUTAGE = float(os.environ.get("TESTS_OUTAGE", "5"))


@contextmanager
def driver(folder: Path, url: str = "") -> Iterator[None]:
    """Run the driver and kill it without a warning when the block ends."""
    command = [
        sys.executable,
        str(Path(__file__).with_name("driver.py")),
        str(folder / "journal"),
        str(folder),
        *([url] if url else []),
    ]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    try:
        yield
    finally:
        assert process.poll() is None, "the driver ended by itself"
        process.kill()
        process.wait(HANGS)


def starts(folder: Path) -> int:
    journal = folder / "journal"
    return journal.read_text().count("start") if journal.exists() else 0


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """However often the process is killed, the spool holds every synced sample once."""
    source = random.Random(7)
    for _ in range(KILLS):
        before = starts(tmp_path)
        with driver(tmp_path):
            wait_for(lambda before=before: starts(tmp_path) > before)
            time.sleep(source.uniform(0.0, 0.25))  # at any moment
    with driver(tmp_path):
        wait_for(lambda: synced_times(tmp_path / "journal"), what="a synced sample")
    form = LineFormat({})
    made = Spool(tmp_path / "spool-influxdb.db", pack=form.pack, max_bytes=2**30)
    made.start()
    lines: list[bytes] = []
    while chunks := made.oldest(2**20):
        lines += [line for chunk in chunks for line in form.parts(chunk.payload)]
        made.done(chunks)
    assert made.state().dropped == {}
    made.close(2.0)
    stored = [int(line.rsplit(b" ", 1)[1]) for line in lines]
    assert len(stored) == len(set(lines))
    known = synced_times(tmp_path / "journal")
    assert known
    for moment in known:
        assert moment in stored
    assert len(stored) == SERIES * len(set(stored))


def test_database_and_agent_gone(tmp_path: Path) -> None:
    """With the database down for a while, and the agent killed within it, everything synced is
    stored exactly once.
    """
    victoria = Victoria(tmp_path)

    def synced_more(seconds: float) -> None:
        """Wait until as many more batches are synced as an idle machine makes in so long."""
        enough = len(synced_times(tmp_path / "journal")) + seconds / PERIOD / 2
        wait_for(
            lambda: len(synced_times(tmp_path / "journal")) > enough,
            timeout=PATIENCE + 10 * seconds,
            what="samples to be synced",
        )

    with victoria.up() as database:
        with driver(tmp_path, database.url):
            wait_for(database.export, what="the first samples to be stored")
            assert database.process is not None
            # Killed, VictoriaMetrics itself forgets what it took in the last seconds.
            database.process.terminate()
            database.process.wait(HANGS)
            synced_more(OUTAGE / 2)
        with driver(tmp_path, database.url):
            synced_more(OUTAGE / 2)
            with victoria.up():
                synced_more(0.5)
    with victoria.up() as database:
        with sink(database.url, tmp_path) as made:
            drained(made)
        known = set(synced_times(tmp_path / "journal"))

        def all_there() -> bool:
            return all(known <= set(one["timestamps"]) for one in database.export())

        # Just started, VictoriaMetrics does not show its last second at once.
        wait_for(all_there, what="every synced sample")
        stored = database.export()
    assert len(stored) == SERIES
    for one in stored:
        moments: list[int] = one["timestamps"]
        assert len(moments) == len(set(moments))
        assert one["values"] == moments
