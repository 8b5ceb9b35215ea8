"""The spool when its disk is full, read-only or away, and the memory that it uses then."""

from __future__ import annotations

import logging
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.sinks.chunk import Chunk
from agent.sinks.rows import Unavailable
from agent.sinks.store import Store
from tests.agent.sinks.spools import (
    MIB,
    balanced,
    is_on_disk,
    noise,
    put_synced,
    spool,
    waiting_times,
)
from tests.support import wait_for


@pytest.mark.parametrize("when_full", ["drop_oldest", "drop_newest"])
def test_memory_is_bounded(tmp_path: Path, when_full: str) -> None:
    """With a spool that cannot be made at all, memory holds so much and no more, and drops are
    counted.
    """
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")
    with spool(blocked / "s.db", memory_bytes=MIB, when_full=when_full) as made:
        made.put(0.0, noise(10_000), 3)
        # A chunk that is being packed cannot be dropped; the first one is packed by then.
        wait_for(lambda: not made.state().healthy and made.oldest(1))
        made.release()
        for index in range(1, 400):
            made.put(float(index), noise(10_000), 3)
        state = made.state()
        assert state.waiting_bytes <= MIB
        assert 0 < state.dropped["memory"] == 1200 - state.waiting
        # It can be sent from memory all the same, as soon as it is packed.
        sent: list[float] = []

        def all_sent() -> bool:
            sent.extend(waiting_times(made))
            return not made.state().waiting

        wait_for(all_sent)
        assert (min(sent) > 0.0) is (when_full == "drop_oldest")
        assert made.state().sent == state.waiting
        assert balanced(made)


def test_what_memory_holds_at_the_end_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Samples that could never be written are counted and named when the agent ends."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with caplog.at_level(logging.INFO), spool(blocked / "s.db") as made:
        made.put(1.0, b"a b=1.0 1\n", 4)
        wait_for(lambda: not made.state().healthy)
        assert made.close(1.0) is False
        assert made.state().dropped == {"memory": 4}
    assert "4 samples in memory" in caplog.text


@pytest.mark.parametrize(("quota", "payload"), [(16, 8), (4, 8)])
def test_what_waited_in_memory_is_written_within_the_quota(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: int, payload: int
) -> None:
    """MiB that gathered while the disk failed do not go in one commit: its log is in the quota too.

    SQLite writes a commit to its log first, and the log's file keeps the size that it once had.
    """
    folder = tmp_path / "folder"
    folder.write_text("not a directory")
    taken: list[int] = []
    with spool(folder / "s.db", max_bytes=quota * MIB) as made:
        append = Store.append

        def measured(store: Store, chunks: Sequence[Chunk]) -> tuple[int, list[Chunk]]:
            done = append(store, chunks)
            taken.append(sum(path.stat().st_size for path in folder.glob("s.db*")))
            return done

        monkeypatch.setattr(Store, "append", measured)
        for index in range(payload * 10):
            made.put(float(index), noise(MIB // 10 * 2), 1)
        wait_for(lambda: not made.state().healthy)
        folder.unlink()
        wait_for(lambda: made.state().healthy and is_on_disk(made))
        assert len(taken) > 4
        assert max(taken) <= quota * MIB
        assert balanced(made)
        assert bool(made.state().dropped) is (payload > quota)


@contextmanager
def tmpfs(path: Path, options: str) -> Iterator[Path]:
    """Mount a small file system; skips where that is not allowed."""
    path.mkdir()
    if (
        os.geteuid()
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=False
        ).returncode
    ):
        pytest.skip("needs root and mount(8)")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", path], check=True)


def test_full_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A disk something else fills ends nothing: what comes meanwhile waits in memory, and is on
    disk soon after space returns.
    """
    with caplog.at_level(logging.INFO), tmpfs(tmp_path / "small", "size=8m") as small:
        with spool(small / "s.db", max_bytes=4 * MIB) as made:
            put_synced(made, 0.0, noise(100_000), 2)
            filler = small / "filler"
            with pytest.raises(OSError, match="No space"):
                filler.write_bytes(bytes(16 * MIB))
            for index in range(1, 31):
                made.put(float(index), noise(20_000), 2)
            wait_for(lambda: not made.state().healthy)
            state = made.state()
            assert state.waiting == 62
            assert state.dropped == {}
            part = made.oldest(MIB)  # the database can still be served
            assert part[0].time == 0.0
            made.done(part)
            filler.unlink()
            wait_for(lambda: made.state().healthy)
            wait_for(lambda: is_on_disk(made))
            assert balanced(made)
            left = made.state().waiting
        assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"], caplog.text
        with spool(small / "s.db", max_bytes=4 * MIB) as made:
            assert made.state().recovered == left > 0


def test_read_only_disk(tmp_path: Path) -> None:
    """A spool remounted read-only keeps the agent going from memory, and is used again when it can
    be written.
    """
    with tmpfs(tmp_path / "small", "size=8m") as small, spool(small / "s.db") as made:
        put_synced(made, 0.0, b"a b=1.0 1\n", 1)
        with (
            made.disk.lock
        ):  # as after any failed read or write; the kernel refuses to remount under an open file
            made.disk.fail(Unavailable("input/output error"))
            made.disk.store.lock.release()
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        made.put(1.0, b"a b=1.0 1\n", 1)
        wait_for(lambda: not made.state().healthy)
        assert made.state().waiting == 2
        subprocess.run(["mount", "-o", "remount,rw", small], check=True)
        wait_for(lambda: made.state().healthy)
        assert waiting_times(made) == [0.0, 1.0]
        assert balanced(made)
