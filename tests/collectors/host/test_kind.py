"""The section `host:` of the config, and what collectors keep between rounds."""

from __future__ import annotations

import errno
import gc
import os
import sys
import threading
from pathlib import Path
from typing import get_args, get_type_hints

import psutil
import pytest

from collectors import host
from collectors.base import BadReply, Collector, Context, NoData, Place, Refused, Unreachable
from collectors.catalogue.host import memory, network, processor, storage, system
from collectors.host import KIND, HostKind, HostSection
from collectors.host.declare import Options
from collectors.host.kernel import KernelFiles, SeriesByKey
from collectors.strict import Problems, read
from tests.collectors.host.helpers import close, collect, collectors_of, context_of, page_of
from tests.support import wait_for

CONTEXT = Context(place=Place(hub="test"), node="n1")


def config(text: str) -> HostSection:
    """Read a section."""
    return read("host.yaml", KIND.Config, text=text)


def test_an_empty_section_turns_all_on() -> None:
    """`host: {}` makes every collector, but the textfile one, which needs a folder."""
    made = KIND.build(config("{}"), CONTEXT)
    assert {collector.name for collector in made} == set(KIND.collectors) - {"textfile"}
    assert all(isinstance(collector, Collector) for collector in made)
    assert len({(collector.name, collector.device) for collector in made}) == len(made)


def test_every_name_is_a_key_and_a_collector() -> None:
    """What can be disabled, what can be set, and what is made go by the same names."""
    keys = set(get_type_hints(KIND.Config)) - {"interval", "timeout", "disable"}
    (disabled,) = get_args(get_type_hints(KIND.Config)["disable"])
    assert set(get_args(disabled)) == keys == set(KIND.collectors)
    for declared in KIND.collectors.values():
        assert declared.make.name == declared.name


NEW_MODULE = '''
from dataclasses import dataclass
from collectors.base import Metric
from collectors.host.declare import HostCollector, Options

LEVEL = Metric(namespace="node", subsystem="tank", name="level_ratio", type="gauge", help="Level.")

@dataclass(frozen=True, slots=True, kw_only=True)
class TankOptions(Options):
    """Which file."""
    file: str = "tank"

class Tank:
    """Reads one number of /proc."""
    name = "tank"
    device = ""
    immediate = True
    def __init__(self, setup):
        self.schedule, self._files = setup.schedule, setup.files
        self._path = setup.proc(setup.options.file)
    async def collect(self):
        return [(LEVEL.series(), float(self._files.need(self._path)))]

COLLECTOR = HostCollector(name="tank", make=Tank, options=TankOptions, at_least=30.0)
'''


def test_a_new_collector_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module dropped into the folder is a key of the section, can be disabled, and is collected."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "tank.py").write_text(NEW_MODULE)
    (folder / "helper.py").write_text("NOT_A_COLLECTOR = True\n")
    monkeypatch.setattr(host, "__path__", [*host.__path__, str(folder)])
    for name in ("tank", "helper"):
        monkeypatch.delitem(sys.modules, f"collectors.host.{name}", raising=False)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "cistern").write_text("0.75\n")
    kind = HostKind("collectors.host", host.__path__)
    text = "interval: 5s\ntank: {file: cistern}\n"
    made = kind.build(read("host.yaml", kind.Config, text=text), context_of(tmp_path))
    (tank,) = (one for one in made if one.name == "tank")
    assert tank.schedule.interval == 30.0
    assert [value for _, value in collect(tank)] == [0.75]
    assert {one.name for one in made} == {*KIND.collectors, "tank"} - {"textfile"}
    without = kind.build(
        read("host.yaml", kind.Config, text="disable: [tank]"), context_of(tmp_path)
    )
    assert "tank" not in {one.name for one in without}
    with pytest.raises(Problems, match=r"tank\.level: unknown key; expected one of interval, file"):
        read("host.yaml", kind.Config, text="tank: {level: 1}")


def test_disabled_and_own_intervals(tmp_path: Path) -> None:
    """A collector can be left out, have its own interval, and what hardly changes is read less
    often by default.
    """
    section = config(
        f"interval: 5s\ndisable: [thermal]\nhwmon: {{interval: 1m}}\nuname:"
        f" {{interval: 2s}}\ntextfile: {{directory: {tmp_path}}}"
    )
    intervals = {
        collector.name: collector.schedule.interval for collector in KIND.build(section, CONTEXT)
    }
    assert "thermal" not in intervals
    assert (intervals["cpu"], intervals["hwmon"], intervals["uname"], intervals["os"]) == (
        5.0,
        60.0,
        2.0,
        60.0,
    )
    assert "textfile" in intervals


@pytest.mark.parametrize(
    ("text", "key", "near"),
    [
        ("disable: [termal]", "disable[0]", "thermal"),
        ("filesytem: {}", "filesytem", "filesystem"),
        ("disk: {ignore_devices: '['}", "disk.ignore_devices", "a regular expression"),
        ("cpu: {interval: 0s}", "cpu.interval", "a duration"),
        ("cpu: {ignore_devices: x}", "cpu.ignore_devices", "unknown key"),
    ],
)
def test_a_mistake_is_named(text: str, key: str, near: str) -> None:
    """A wrong key, name or expression is an error with its key and what was meant."""
    with pytest.raises(Problems) as raised:
        config(text)
    (error,) = raised.value.errors
    assert error.key == key
    assert near in str(error)


def test_all_that_is_emitted_is_declared() -> None:
    """Every metric read from this machine is in the catalogue."""
    declared = {metric.full_name for metric in KIND.metrics}
    collectors = KIND.build(KIND.Config(), CONTEXT)
    names = {
        line.split()[2] for line in page_of(collectors).splitlines() if line.startswith("# TYPE")
    }
    close(collectors)
    assert {
        name for name in names if not name.startswith(("node_memory_", "node_hwmon_"))
    } <= declared
    assert len(names) > 150


def test_psutil_agrees() -> None:
    """psutil, which reads the same kernel in its own way, says the same of what does not move."""
    collectors = {collector.name: collector for collector in KIND.build(KIND.Config(), CONTEXT)}
    values = {
        series.prefix.strip(): value
        for name in ("cpu", "memory", "network", "filesystem", "netclass")
        for series, value in collect(collectors[name])
    }
    close(collectors.values())
    assert values["node_boot_time_seconds"] == psutil.boot_time()
    assert values["node_memory_MemTotal_bytes"] == psutil.virtual_memory().total
    assert values["node_memory_SwapTotal_bytes"] == psutil.swap_memory().total
    assert (
        sum(key.startswith("node_cpu_seconds_total") and 'mode="idle"' in key for key in values)
        == psutil.cpu_count()
    )
    for device, stats in psutil.net_if_stats().items():
        assert values[f'node_network_mtu_bytes{{device="{device}"}}'] == stats.mtu
    root = next(
        (
            key
            for key in values
            if key.startswith("node_filesystem_size_bytes") and 'mountpoint="/"' in key
        ),
        None,
    )
    if root is not None:
        assert values[root] == os.statvfs("/").f_blocks * os.statvfs("/").f_frsize


def test_what_is_not_linux_has_the_main_figures_by_psutil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a Linux kernel one collector by psutil has the same series, and what stands still has
    the same values.
    """
    native = {collector.name: collector for collector in KIND.build(KIND.Config(), CONTEXT)}
    theirs = {
        series: value
        for name in ("cpu", "memory", "load", "disk", "network", "netclass", "filesystem", "time")
        for series, value in collect(native[name])
    }
    close(native.values())
    monkeypatch.setattr("sys.platform", "darwin")
    (portable,) = KIND.build(KIND.Config(), CONTEXT)
    ours = dict(collect(portable))
    assert len(ours) > 40
    assert {series for series in ours if series.metric.subsystem != "network"} <= theirs.keys()
    for series in (processor.BOOT_TIME.series(), memory.MEMORY["MemTotal_bytes"].series()):
        assert ours[series] == theirs[series]
    for series, value in ours.items():
        if series.metric in (storage.FILESYSTEM_SIZE, network.NETWORK_CLASS["mtu"]):
            assert value == theirs[series]
        elif series.metric.type == "counter":
            assert value >= theirs.get(series, 0.0) * 0.999 - 0.01
    (without_cpu,) = KIND.build(KIND.Config(disable=["cpu"]), CONTEXT)
    assert not any(series.metric is processor.CPU_SECONDS for series, _ in collect(without_cpu))


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
        before = len(os.listdir("/proc/self/fd"))
        for path in ("/proc/stat", "/proc/meminfo", "/proc/loadavg", "/proc/uptime") * 3:
            assert files.read(path)
        assert len(os.listdir("/proc/self/fd")) == before + 2
        files.close()
        assert files.read("/proc/stat")
        assert len(os.listdir("/proc/self/fd")) == before

    def test_a_large_file_is_read_whole(self) -> None:
        """What the kernel hands out page by page comes back in one piece."""
        if not os.path.exists("/proc/kallsyms"):  # noqa: PTH110
            pytest.skip("no /proc/kallsyms")
        files = KernelFiles()
        with open("/proc/kallsyms", "rb") as whole:  # noqa: PTH123
            assert files.read("/proc/kallsyms") == whole.read()
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


def test_an_interval_of_one_collector_is_an_option_of_each() -> None:
    """Each key's model is an Options."""
    section = KIND.Config()
    assert all(isinstance(section.options(one), Options) for one in KIND.collectors.values())


def test_a_bad_text_file_is_logged_once_and_once_when_it_is_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A log line when a file goes bad and one when it is mended, and none in the rounds between."""
    path = tmp_path / "a.prom"
    path.write_text("not { a metric\n")
    section = config(f"textfile: {{directory: {tmp_path}}}")
    (collector,) = (made for made in KIND.build(section, CONTEXT) if made.name == "textfile")
    with caplog.at_level("INFO"):
        for _ in range(3):
            assert dict(collect(collector)) == {system.TEXTFILE_ERROR.series(): 1.0}
        path.write_text("a_metric 1\n")
        for _ in range(3):
            readings = {series.prefix.strip(): value for series, value in collect(collector)}
    assert readings["a_metric"] == 1.0
    assert readings["node_textfile_scrape_error"] == 0.0
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
