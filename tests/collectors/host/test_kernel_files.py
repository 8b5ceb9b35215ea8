"""Kept descriptors, kept series, and files that change under a collector."""

from __future__ import annotations

import errno
import gc
import os
import resource
import threading
from collections.abc import Container
from pathlib import Path

import pytest

from collectors.base import BadReply, NoData, Refused, Unreachable
from collectors.catalogue.host import network
from collectors.host import KIND
from collectors.host.kernel import KernelFiles, SeriesByKey
from tests.collectors.host.helpers import TRIES, collect, collectors_of, page_of
from tests.collectors.host.sections import CONTEXT
from tests.support import wait_for


def opened(paths: Container[str]) -> int:
    """Return how often this process has some files open."""
    targets = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
    return sum(target in paths for target in targets)


class TestKernelFiles:
    """Descriptors kept open."""

    def test_files_of_the_kernel_stay_open_and_are_read_anew(self) -> None:
        """A file of /proc is opened once, and each read gives what it says by then."""
        files = KernelFiles()
        first = files.read("/proc/self/stat")
        for _ in range(2000):
            os.getppid()
        assert files.read("/proc/self/stat")[:10] == first[:10]
        assert len(files._open) == 1
        assert float(files.read("/proc/uptime").split()[0]) <= float(
            files.read("/proc/uptime").split()[0]
        )
        files.close()

    def test_a_file_on_a_disk_is_opened_each_time(self, tmp_path: Path) -> None:
        """A file that is replaced by another of its name is the other at once."""
        files = KernelFiles()
        path = tmp_path / "file"
        path.write_text("one")
        assert files.read(str(path)) == b"one"
        other = tmp_path / "other"
        other.write_text("two!")
        other.rename(path)
        assert files.read(str(path)) == b"two!"
        assert not files._open
        path.unlink()
        with pytest.raises(NoData):
            files.need(str(path))

    def test_no_more_descriptors_than_its_limit(self) -> None:
        """Beyond its limit it opens and closes, and reads all the same."""
        files = KernelFiles(max_open=2)
        paths = ("/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/uptime")
        before = opened(paths)
        for path in paths * 3:
            assert files.read(path)
        assert opened(paths) == before + 2
        files.close()
        assert files.read("/proc/stat")
        assert opened(paths) == before

    @pytest.mark.parametrize(
        ("hard", "kept"), [(32, 2), (47, 2), (16, 1), (2**20, 3), (resource.RLIM_INFINITY, 3)]
    )
    def test_it_keeps_a_sixteenth_of_what_the_system_allows(
        self, monkeypatch: pytest.MonkeyPatch, hard: int, kept: int
    ) -> None:
        """Where there are few descriptors, those of files are left to clients and devices."""
        monkeypatch.setattr(resource, "getrlimit", lambda _: (16, hard))
        files = KernelFiles()
        paths = ("/proc/stat", "/proc/meminfo", "/proc/uptime")
        before = opened(paths)
        for path in paths * 2:
            assert files.read(path)
        assert opened(paths) == before + kept
        files.close()

    def test_a_large_file_is_read_whole(self) -> None:
        """What the kernel hands out page by page comes back in one piece."""
        symbols = Path("/proc/kallsyms")
        if not symbols.exists():
            pytest.skip(f"no {symbols}")
        files = KernelFiles()
        for _ in range(TRIES):  # a module or a filter that is loaded meanwhile adds a line
            before, found = symbols.read_bytes(), files.read(str(symbols))
            if before == symbols.read_bytes():
                break
        assert found == before
        files.close()

    @pytest.mark.parametrize(
        ("error", "kind"),
        [
            (PermissionError(), Refused),
            (FileNotFoundError(), NoData),
            (OSError(errno.EIO, "input/output"), Unreachable),
        ],
    )
    def test_a_refusal_is_told_from_absence(
        self, monkeypatch: pytest.MonkeyPatch, error: OSError, kind: type[Exception]
    ) -> None:
        """A file that may not be read is Refused, one that is not there is no fault, and one that
        fails is Unreachable.
        """

        def fail(*_: object) -> int:
            raise error

        monkeypatch.setattr("collectors.host.kernel.os.open", fail)
        with pytest.raises(kind):
            KernelFiles().need("/proc/stat")


def test_a_reload_leaves_no_descriptor_and_no_thread() -> None:
    """Collectors that are made anew again and again, closed and dropped, leave nothing open."""

    def held() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), sum(
            thread.name == "statvfs" for thread in threading.enumerate()
        )

    before = held()
    for _ in range(3):
        collectors = KIND.build(KIND.Config(), CONTEXT)
        page_of(collectors)
        for collector in collectors:
            if hasattr(collector, "close"):
                collector.close()
        del collectors, collector
    wait_for(
        lambda: all(now <= then for now, then in zip(held(), before, strict=True)),
        what="all is closed",
    )


def test_series_of_what_has_gone_are_forgotten() -> None:
    """Interfaces that come and go for ever do not fill memory."""
    series = SeriesByKey(lambda name: (network.ARP_ENTRIES.series(name),))
    for n in range(10_000):
        assert series[b"veth%d" % n]
        series.trim(1)
    assert len(series) < 100


def test_a_field_of_a_new_kernel_has_its_metric(tmp_path: Path) -> None:
    """A field that nobody has heard of is taken under its own name.

    One that cannot be a name is left out.
    """
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "meminfo").write_text("MemTotal: 1 kB\nNewThing(a): 2 kB\nNo-Name: 3 kB\n")
    memory = next(collector for collector in collectors_of(tmp_path) if collector.name == "memory")
    found = {series.prefix.strip(): value for series, value in collect(memory)}
    assert found == {"node_memory_MemTotal_bytes": 1024.0, "node_memory_NewThing_a_bytes": 2048.0}


def test_a_counter_file_that_is_cut_costs_one_round(tmp_path: Path) -> None:
    """A round over a damaged file fails, and the next over a whole one is good."""
    (tmp_path / "proc").mkdir()
    path = tmp_path / "proc" / "loadavg"
    load = next(collector for collector in collectors_of(tmp_path) if collector.name == "load")
    path.write_text("0.1")
    with pytest.raises(BadReply):
        collect(load)
    path.write_text("0.1 0.2 0.3 1/2 3\n")
    assert [value for _, value in collect(load)] == [0.1, 0.2, 0.3]
