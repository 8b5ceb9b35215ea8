"""The spool by itself: order, quota, restart and two agents."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from agent.sinks.lock import SpoolLocked
from agent.sinks.spool import Spool
from tests.agent.sinks.spools import FORM, MIB, balanced, noise, put_synced, spool, waiting_times
from tests.support import HANGS, ROOT, wait_for


def disk(path: Path) -> int:
    return sum(
        file.stat().st_size for file in path.parent.iterdir() if file.name.startswith(path.name)
    )


def read_bytes() -> int:
    """Return how many bytes this process has read so far (proc_pid_io(5))."""
    return int(re.search(r"^rchar: (\d+)", Path("/proc/self/io").read_text(), re.MULTILINE)[1])


def test_order_and_restart(tmp_path: Path) -> None:
    """What was put comes out in order, across a restart, once."""
    path = tmp_path / "s.db"
    with spool(path) as made:
        for index in range(10):
            put_synced(made, float(index), b"a b=1.0 1\n", 3)
        first = made.oldest(15)
        assert [chunk.time for chunk in first] == [0.0]
        made.done(first)
    with spool(path) as made:
        assert made.state().recovered == 27
        assert made.state().oldest == 1.0
        assert waiting_times(made) == [float(index) for index in range(1, 10)]
        assert balanced(made)
    with spool(path) as made:
        assert made.state().waiting == 0


def test_batches_share_a_commit(tmp_path: Path) -> None:
    """Batches handed over within the window become one row, and one sync."""
    with spool(tmp_path / "s.db", window=10 * HANGS) as made:
        for index in range(100):
            made.put(float(index), b"a b=1.0 1\n", 1)
    # Closing ends the window.
    with spool(tmp_path / "s.db") as made:
        (chunk,) = made.oldest(MIB)
        assert (chunk.samples, chunk.time, len(FORM.parts(chunk.payload))) == (100, 0.0, 100)


@pytest.mark.parametrize("when_full", ["drop_oldest", "drop_newest"])
def test_quota(tmp_path: Path, when_full: str) -> None:
    """The disk holds at most the quota and one batch, the stated end is dropped, and drops are
    counted exactly.
    """
    path, size, largest = tmp_path / "s.db", 20_000, 0
    with spool(path, max_bytes=MIB, when_full=when_full) as made:
        for index in range(200):
            put_synced(made, float(index), noise(size), 7)
            largest = max(largest, disk(path))
        state = made.state()
        assert largest <= MIB + size
        assert set(state.dropped) == {"quota"}
        assert state.dropped["quota"] + state.waiting == 1400
        assert balanced(made)
        kept = state.waiting // 7
        assert kept > 200_000 // size
        expected = range(200 - kept, 200) if when_full == "drop_oldest" else range(kept)
        assert waiting_times(made) == list(map(float, expected))
        assert made.state().sent == state.waiting


def test_quota_passes_over_what_is_being_sent(tmp_path: Path) -> None:
    """Rows dropped while a request carries them count as sent if it succeeds and as dropped if not:
    never both.
    """
    for taken in (True, False):
        with spool(tmp_path / f"{taken}.db", max_bytes=MIB) as made:
            for index in range(20):
                put_synced(made, float(index), noise(20_000), 5)
            carried = made.oldest(60_000)
            samples = sum(chunk.samples for chunk in carried)
            for index in range(200):
                put_synced(made, float(index), noise(20_000), 5)
            assert balanced(made)
            made.done(carried) if taken else made.release()
            assert made.state().sent == (samples if taken else 0)
            assert balanced(made)


def test_emptied_file_shrinks(tmp_path: Path) -> None:
    """What a long outage took of the disk is given back once it was sent."""
    path = tmp_path / "s.db"
    with spool(path) as made:
        for index in range(20):
            put_synced(made, float(index), noise(500_000))
        assert disk(path) > 5 * MIB
        waiting_times(made)
        put_synced(made, 1.0, b"a b=1.0 1\n")
        put_synced(made, 1.0, b"a b=1.0 1\n")
        waiting_times(made)
    assert disk(path) < MIB


def test_second_agent_refuses(tmp_path: Path) -> None:
    """A second agent on the same spool does not start, and its one line names the lock and who
    holds it.
    """
    path = tmp_path / "s.db"
    program = (
        f"import sys, pathlib, agent.sinks.spool as s; s.Spool(pathlib.Path({str(path)!r}),"
        " pack=b''.join, max_bytes=10**7).start()"
    )
    with spool(path):
        with pytest.raises(SpoolLocked) as caught:
            Spool(path, pack=FORM.pack, max_bytes=MIB).start()
        assert str(tmp_path / "s.lock") in str(caught.value)
        assert f"process {os.getpid()};" in str(caught.value)
        assert "\n" not in str(caught.value)
        ran = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert "SpoolLocked" in ran.stderr
    with spool(path) as made:
        assert made.state().healthy


def test_many_threads_balance(tmp_path: Path) -> None:
    """With writers, a sender that fails now and then and a tight quota all at once, every sample is
    counted once.
    """
    stop = threading.Event()
    with spool(tmp_path / "s.db", max_bytes=MIB, memory_bytes=200_000) as made:

        def send() -> None:
            turn = 0
            while not stop.is_set():
                if chunks := made.oldest(50_000):
                    turn += 1
                    time.sleep(0.003)
                    made.done(chunks) if turn % 3 else made.release()

        def write() -> None:
            for index in range(150):
                made.put(float(index), noise(8000), 3)
                time.sleep(0.003)

        sender = threading.Thread(target=send, daemon=True)
        writers = [threading.Thread(target=write, daemon=True) for _ in range(4)]
        for thread in (sender, *writers):
            thread.start()
        for thread in writers:
            while thread.is_alive():
                assert balanced(made), made.state()
                time.sleep(0.01)
            thread.join()
        wait_for(lambda: made.state().waiting == 0)
        stop.set()
        sender.join()
        assert made.state().collected == 1800
        assert balanced(made)


def test_large_spool_is_ready_at_once(tmp_path: Path) -> None:
    """Opening a spool reads little of it, however much waits in it."""
    megabytes = int(os.environ.get("TESTS_SPOOL_MIB", "32"))
    path = tmp_path / "s.db"
    with spool(path, max_bytes=4 * megabytes * MIB, memory_bytes=4 * megabytes * MIB) as made:
        for index in range(megabytes):
            put_synced(made, float(index), noise(2 * MIB), 1000)
    assert disk(path) > megabytes * MIB
    before = read_bytes()
    with spool(path, max_bytes=4 * megabytes * MIB) as made:
        assert read_bytes() - before < megabytes * MIB / 4
        assert made.state().recovered == 1000 * megabytes
        assert made.state().oldest == 0.0
