"""Mounts that never answer: real ones, made by a FUSE file system that nobody serves, and pretended
ones.
"""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.base import Context, Place, Reading
from collectors.host import KIND, statfs
from collectors.host.filesystem import Filesystem, FilesystemOptions
from collectors.host.statfs import StatfsPool
from tests.collectors.host.helpers import close, in_a_chroot
from tests.support import HANGS, wait_for
from tests.support.failing_disk import mount_fuse, unmount_fuse

ANSWER = os.statvfs_result((4096, 4096, 10, 5, 4, 3, 2, 2, 0, 255))


class Fuse:
    """A FUSE file system that nobody serves: whoever asks it waits until it is aborted."""

    def __init__(self, point: Path) -> None:
        self.point = point
        try:
            self.descriptor = mount_fuse(point)
        except OSError as error:
            pytest.skip(f"FUSE cannot be mounted here: {error.strerror}")

    def answer_never_more(self) -> None:
        """Abort it: closing its device fails every call that waits, and every later one."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def unmount(self) -> None:
        """Take it away."""
        self.answer_never_more()
        unmount_fuse(self.point)


@contextmanager
def hung_mounts(folder: Path, count: int) -> Iterator[list[Fuse]]:
    """Mount some and take them away for sure."""
    if os.geteuid() != 0 or not Path("/dev/fuse").exists():
        pytest.skip("needs root and /dev/fuse")
    if in_a_chroot():
        pytest.skip("in a chroot /proc/1/mounts names the mounts of another root")
    made: list[Fuse] = []
    try:
        for n in range(count):
            point = folder / f"hung{n}"
            point.mkdir()
            made.append(Fuse(point))
        yield made
    finally:
        for fuse in made:
            fuse.unmount()


def machine(folder: Path, mount_timeout: float = FilesystemOptions().mount_timeout) -> Filesystem:
    """Make the filesystem collector over the root and the mounts beneath a folder."""
    options = FilesystemOptions(
        ignore_mounts=rf"^/(?!{re.escape(str(folder)[1:])}/).+", mount_timeout=mount_timeout
    )
    config = KIND.Config(filesystem=options)
    made = KIND.build(config, Context(place=Place(hub="test"), node="n1"))
    return next(collector for collector in made if collector.name == "filesystem")


def by_mount(readings: list[Reading], name: str) -> dict[str, float]:
    """Return one family's values by mount point."""
    return {
        series.label("mountpoint"): value
        for series, value in readings
        if series.metric.name == name
    }


def failing(collector: Filesystem) -> set[str]:
    """Run a round; return the mounts that did not answer in it."""
    errors = by_mount(collector.collect(), "device_error")
    return {point for point, error in errors.items() if error}


def asking() -> set[threading.Thread]:
    """Return the threads that ask mounts; those of other tests may be ending."""
    return {thread for thread in threading.enumerate() if thread.name == "statvfs"}


@pytest.mark.parametrize("count", [1, 20])
def test_the_first_round_is_whole_and_waits_once(tmp_path: Path, count: int) -> None:
    """With hung mounts the first round waits once for all, has all else, and marks them.

    Waiting for twenty one after the other would take 80 s, and the machine's slowness is far less.
    """
    collector = machine(tmp_path, mount_timeout=4.0)
    with hung_mounts(tmp_path, count) as mounts:
        before = asking()
        points = {os.fsdecode(mount.point) for mount in mounts}
        began = time.monotonic()
        readings = collector.collect()
        took = time.monotonic() - began
        collector._pool._timeout = HANGS  # who waited for a stuck mount would wait as long as this
        later = time.monotonic()
        for _ in range(3):  # a stuck mount is not asked again, nor waited for
            again = collector.collect()
        assert time.monotonic() - later < HANGS
        # A thread that came when all mounts were asked ends by itself.
        wait_for(lambda: len(asking() - before) <= count + 1, what="one thread a mount")
        for mount in mounts:
            mount.answer_never_more()
        wait_for(lambda: len(asking() - before) <= 1, what="the threads come back")
    close([collector])
    assert took < 40.0
    assert FilesystemOptions().mount_timeout <= 0.5
    errors = by_mount(readings, "device_error")
    assert {point for point, error in errors.items() if error} >= points
    assert errors["/"] == 0.0
    assert by_mount(readings, "size_bytes")["/"] > 0
    assert by_mount(again, "device_error") == errors
    assert not points & by_mount(readings, "size_bytes").keys()


def test_a_mount_that_replaces_a_hung_one_is_asked(tmp_path: Path) -> None:
    """Where a hung mount is taken away and one of the same name is put in its place, the new one is
    asked at once.
    """
    collector = machine(tmp_path)
    with hung_mounts(tmp_path, 1) as mounts:
        point = os.fsdecode(mounts[0].point)
        assert by_mount(collector.collect(), "device_error")[point] == 1.0
        assert unmount_fuse(mounts[0].point)  # the thread is still stuck in it
        mounts.append(Fuse(tmp_path / "hung0"))
        began = time.monotonic()
        assert by_mount(collector.collect(), "device_error")[point] == 1.0
        assert time.monotonic() - began > 0.4  # it was asked, and its deadline waited for
    close([collector])


class Mounts:
    """Pretended mounts: some answer, some wait until they are let go."""

    def __init__(self, *hung: bytes) -> None:
        self.hung, self.release, self.calls = set(hung), threading.Event(), []

    def statvfs(self, path: bytes) -> os.statvfs_result:
        """Answer, or wait."""
        self.calls.append(path)
        if path in self.hung:
            self.release.wait()
        return ANSWER


def test_a_mount_that_answers_again_is_whole_in_the_next_round() -> None:
    """A stuck mount is asked once until it returns, and is reported again in the round after."""
    mounts = Mounts(b"/nfs")
    pool = StatfsPool(1.0, statvfs=mounts.statvfs)
    asked = [("root", b"/"), ("nfs", b"/nfs")]
    for _ in range(3):
        wait_for(lambda: pool.ask(asked) == {"root": ANSWER})
    assert mounts.calls.count(b"/nfs") == 1
    mounts.hung.clear()
    mounts.release.set()
    wait_for(lambda: pool.ask(asked) == {"root": ANSWER, "nfs": ANSWER})
    pool.close()


def test_a_slow_mount_is_reported_one_round_late() -> None:
    """An answer that came after its round's deadline counts in the next round, and only there."""
    mounts = Mounts(b"/slow")
    pool = StatfsPool(0.05, statvfs=mounts.statvfs)
    early: list[object] = []
    # On a busy machine a round may end before it is asked.
    wait_for(lambda: early.append(pool.ask([("slow", b"/slow")])) or mounts.calls)
    assert not any(early)
    mounts.release.set()
    wait_for(lambda: not pool.stuck())
    mounts.release.clear()
    assert pool.ask([("slow", b"/slow")]) == {"slow": ANSWER}
    assert pool.ask([("slow", b"/slow")]) == {}
    mounts.release.set()
    pool.close()


def test_a_thousand_good_mounts_take_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads are added only where one does not move."""
    monkeypatch.setattr(statfs, "_PATIENCE", HANGS)  # however slowly a busy machine moves it
    asked_by = set()

    def statvfs(_: bytes) -> os.statvfs_result:
        asked_by.add(threading.get_ident())
        return ANSWER

    pool = StatfsPool(HANGS, statvfs=statvfs)
    answers = pool.ask((n, b"/%d" % n) for n in range(1000))
    assert len(answers) == 1000
    assert len(asked_by) == 1
    pool.close()


def test_an_error_is_an_answer() -> None:
    """A mount that refuses is not stuck, and its error is given back."""

    def refuse(path: bytes) -> os.statvfs_result:
        raise PermissionError(path)

    pool = StatfsPool(HANGS, statvfs=refuse)
    answer = pool.ask([("a", b"/a")])["a"]
    assert isinstance(answer, PermissionError)
    assert not pool.stuck()
    pool.close()


@pytest.mark.parametrize("reloads", [3, 10])
def test_a_hung_mount_has_one_stuck_thread_however_often_the_config_is_loaded(
    tmp_path: Path, reloads: int
) -> None:
    """The collector of a new config knows the call that hangs; once it is back, it asks again."""
    with hung_mounts(tmp_path, 2) as mounts:
        points = {os.fsdecode(mount.point) for mount in mounts}
        before = asking()
        for _ in range(reloads):
            collector = machine(tmp_path, mount_timeout=0.05)
            # A busy machine may be late with others as well.
            wait_for(lambda one=collector: failing(one) == points, what="the hung mounts alone")
            close([collector])
            wait_for(lambda: len(asking() - before) <= 2, what="all but the stuck threads end")
        assert len(asking() - before) == 2
        for mount in mounts:
            mount.answer_never_more()
        wait_for(lambda: not asking() - before, what="the threads come back")
        collector = machine(tmp_path)
        wait_for(lambda: "/" not in failing(collector), what="the root")
        close([collector])


def test_a_pool_asks_again_once_a_call_of_the_pool_before_it_is_back() -> None:
    """Until then the mount counts as stuck, and is not called a second time."""
    mounts = Mounts(b"/nfs")
    first = StatfsPool(0.05, statvfs=mounts.statvfs)
    asked = [("root", b"/"), ("nfs", b"/nfs")]
    wait_for(lambda: first.ask(asked) == {"root": ANSWER})
    first.close()
    second = StatfsPool(0.05, statvfs=mounts.statvfs)
    second.take_over(first.hanging())
    wait_for(lambda: second.ask(asked) == {"root": ANSWER})
    assert second.stuck() == {"nfs"}
    assert mounts.calls.count(b"/nfs") == 1
    mounts.hung.clear()
    mounts.release.set()
    wait_for(lambda: second.ask(asked) == {"root": ANSWER, "nfs": ANSWER})
    second.close()
