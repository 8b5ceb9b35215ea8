"""The section `host:` of the config, and the metrics of its collectors."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import get_args, get_type_hints

import psutil
import pytest

from collectors import host
from collectors.abilities import GivesNotice
from collectors.base import Collector, Series
from collectors.catalogue.host import memory, network, processor, storage, system
from collectors.host import KIND, HostKind, HostSection
from collectors.host.declare import Options
from collectors.strict import Problems, read
from tests.collectors.host.helpers import (
    TRIES,
    close,
    collect,
    context_of,
    in_a_chroot,
    page_of,
)
from tests.collectors.host.sections import CONTEXT

OFF = {"textfile", "processes", "systemd"}
PORTABLE = ("cpu", "memory", "load", "disk", "network", "netclass", "filesystem", "time")


def config(text: str) -> HostSection:
    """Read a section."""
    return read("host.yaml", KIND.Config, text=text)


def test_an_empty_section_turns_all_on() -> None:
    """`host: {}` makes every collector, but for text files, which need a folder, and processes and
    units, which cost much.
    """
    made = KIND.build(config("{}"), CONTEXT)
    assert {collector.name for collector in made} == set(KIND.collectors) - OFF
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
    """A module dropped into the folder is a key of the section, can be disabled,
    and is collected.
    """
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
    assert {one.name for one in made} == {*KIND.collectors, "tank"} - OFF
    without = kind.build(
        read("host.yaml", kind.Config, text="disable: [tank]"), context_of(tmp_path)
    )
    assert "tank" not in {one.name for one in without}
    with pytest.raises(
        Problems, match=r"tank\.level: unknown key; expected one of interval, max_samples, file"
    ):
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
    the same values. Mounts, disks and interfaces of other tests may come and go meanwhile. In a
    chroot the mounts that psutil sees are not those of the machine, and are left out.
    """
    native = {collector.name: collector for collector in KIND.build(KIND.Config(), CONTEXT)}

    def by_the_kernel() -> dict[Series, float]:
        return {series: value for name in PORTABLE for series, value in collect(native[name])}

    def by_psutil() -> dict[Series, float]:
        with monkeypatch.context() as elsewhere:
            elsewhere.setattr("sys.platform", "darwin")
            (portable,) = KIND.build(KIND.Config(), CONTEXT)
            return {
                series: value
                for series, value in collect(portable)
                if series.metric.subsystem != "filesystem" or not in_a_chroot()
            }

    for _ in range(TRIES):
        theirs, ours, after = by_the_kernel(), by_psutil(), by_the_kernel()
        if theirs.keys() == after.keys():
            break
    close(native.values())
    assert len(ours) > 40
    assert {series for series in ours if series.metric.subsystem != "network"} <= theirs.keys()
    for series in (processor.BOOT_TIME.series(), memory.MEMORY["MemTotal_bytes"].series()):
        assert ours[series] == theirs[series]
    for series, value in ours.items():
        if series.metric in (storage.FILESYSTEM_SIZE, network.NETWORK_CLASS["mtu"]):
            assert value == theirs[series]
        elif series.metric.type == "counter":
            assert value >= theirs.get(series, 0.0) * 0.999 - 0.01
    monkeypatch.setattr("sys.platform", "darwin")
    (without_cpu,) = KIND.build(KIND.Config(disable=["cpu"]), CONTEXT)
    assert not any(series.metric is processor.CPU_SECONDS for series, _ in collect(without_cpu))


def test_an_interval_of_one_collector_is_an_option_of_each() -> None:
    """Each key's model is an Options."""
    section = KIND.Config()
    assert all(isinstance(section.options(one), Options) for one in KIND.collectors.values())


def test_a_bad_text_file_is_a_notice_until_it_is_good(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The runner logs the notice when it changes; the collector itself, when a file is mended."""
    path = tmp_path / "a.prom"
    path.write_text("not { a metric\n")
    section = config(f"textfile: {{directory: {tmp_path}}}")
    (collector,) = (made for made in KIND.build(section, CONTEXT) if made.name == "textfile")
    with caplog.at_level("INFO"):
        for _ in range(3):
            assert dict(collect(collector)) == {system.TEXTFILE_ERROR.series(): 1.0}
            assert isinstance(collector, GivesNotice)
            assert collector.notice.startswith(f"{path}: is not the Prometheus text format")
        path.write_text("a_metric 1\n")
        for _ in range(3):
            readings = {series.prefix.strip(): value for series, value in collect(collector)}
    assert readings["a_metric"] == 1.0
    assert readings["node_textfile_scrape_error"] == 0.0
    assert not collector.notice
    assert [record.levelname for record in caplog.records] == ["INFO"]
