"""The machine that the agent runs on, in full: rates worked out by hand from two rounds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.web.hosthistory import HostHistory
from agent.web.view import BoardView
from agent.web.views import host_page
from agent.web.views.host_page import HostPageView
from collectors.base import Batch, Metric, Reading
from tests.agent.web import fixture
from tests.agent.web.asked import api, page
from tests.agent.web.reading import outline

MIB = 2.0**20
_METRICS: dict[str, Metric] = {}


def series(name: str, value: float, **labels: str) -> Reading:
    """Return a reading of a metric of node_exporter's name."""
    subsystem, _, rest = name.removeprefix("node_").rpartition("_")
    metric = _METRICS.setdefault(
        name,
        Metric(
            namespace="node",
            subsystem=subsystem,
            name=rest,
            type="counter",
            help="A test's.",
            labels=tuple(labels),
        ),
    )
    return metric.series(*labels.values()), value


def counters(seconds: float) -> list[Reading]:
    """Return the counters of a machine that does the same all the time, after so many seconds."""
    cpu, byte = "node_cpu_seconds_total", 1e6
    return [
        *(
            series(cpu, 1000 + share * seconds, cpu=core, mode=mode)
            for core, mode, share in (
                ("0", "user", 0.7),
                ("0", "system", 0.1),
                ("0", "idle", 0.15),
                ("0", "iowait", 0.05),
                ("1", "user", 0.0),
                ("1", "system", 0.0),
                ("1", "idle", 1.0),
                ("1", "iowait", 0.0),
            )
        ),
        series("node_disk_read_bytes_total", MIB * seconds, device="sda"),
        series("node_disk_written_bytes_total", 2 * MIB * seconds, device="sda"),
        series("node_disk_io_time_seconds_total", 0.5 * seconds, device="sda"),
        series("node_network_receive_bytes_total", byte * seconds, device="eth0"),
        series("node_network_transmit_bytes_total", 0.0, device="eth0"),
        series("node_network_receive_errs_total", 2 * seconds, device="eth0"),
        series("node_network_transmit_errs_total", 0.0, device="eth0"),
        series("node_pressure_cpu_waiting_seconds_total", 0.1 * seconds),
        series("node_procs_running", 3.0),
        series("node_memory_MemTotal_bytes", 64 * 2.0**30),
        series("node_memory_SwapFree_bytes", 2.0**30),
        series("node_load1", 1.5),
    ]


def machine() -> BoardView:
    return replace(fixture.view([], where=""), host_history=HostHistory())


def say(view: BoardView, seconds: float) -> None:
    """Let the collector have a round."""
    readings = counters(seconds)
    view.snapshot.update(
        Batch(
            collector="host", device="", time=fixture.NOW + seconds, lifetime=1e9, readings=readings
        )
    )


def read(view: BoardView) -> HostPageView:
    found = host_page.read(view)
    assert found is not None
    return found


def test_what_it_does_now() -> None:
    """Core 0 works for 80 % of the time and waits for a disk for 5; core 1 does nothing."""
    view = machine()
    say(view, 0)
    first = read(view)
    assert [one.busy_ratio for one in first.cores] == [None, None]
    assert first.disks[0].busy_ratio is None
    say(view, 15)
    found = read(view)
    assert [one.busy_ratio for one in found.cores] == pytest.approx([0.8, 0.0])
    assert [one.iowait_ratio for one in found.cores] == pytest.approx([0.05, 0.0])
    assert found.busy_ratio == pytest.approx(0.4)
    (disk,), (net,), (pressure,) = found.disks, found.interfaces, found.pressure
    assert disk.read_bytes_per_second == pytest.approx(MIB)
    assert disk.written_bytes_per_second == pytest.approx(2 * MIB)
    assert disk.busy_ratio == pytest.approx(0.5)
    assert net.receive_bits_per_second == pytest.approx(8e6)
    assert (net.transmit_bits_per_second, net.errors_per_second) == (0.0, pytest.approx(2.0))
    assert (pressure.resource, pressure.waiting_ratio) == ("cpu", pytest.approx(0.1))
    assert found.memory_bytes == {"MemTotal": 64 * 2.0**30, "SwapFree": 2.0**30}
    assert found.running == 3.0


def test_a_look_without_a_new_round_says_the_same() -> None:
    """A rate is between two rounds, whoever looks and how often."""
    view = machine()
    say(view, 0)
    read(view)
    say(view, 15)
    once, twice = read(view), read(view)
    assert once.disks == twice.disks


def test_a_counter_that_began_anew_has_no_rate() -> None:
    """After a counter fell nothing is known of it, and never a negative rate."""
    view = machine()
    say(view, 30)
    read(view)
    view.snapshot.update(
        Batch(
            collector="host", device="", time=fixture.NOW + 45, lifetime=1e9, readings=counters(0)
        )
    )
    found = read(view)
    assert found.disks[0].read_bytes_per_second is None
    assert found.cores[0].busy_ratio is None


def test_a_clock_that_goes_back_leaves_no_old_rate() -> None:
    """The round after it has no rate yet, rather than that of before."""
    view = machine()
    for seconds in (3600, 3615):
        say(view, seconds)
        read(view)
    say(view, 0)
    assert read(view).disks[0].read_bytes_per_second is None
    say(view, 15)
    assert read(view).disks[0].read_bytes_per_second == pytest.approx(MIB)


def test_a_counter_that_is_read_no_more_has_no_rate() -> None:
    """A collector that fails leaves no rate of its last good rounds behind."""
    view = machine()
    for seconds in (0, 15):
        say(view, seconds)
        readings = [series("node_forks_total", 3.0 * seconds)]
        view.snapshot.update(
            Batch(
                collector="stat",
                device="",
                time=fixture.NOW + seconds,
                lifetime=1e9,
                readings=readings,
            )
        )
        found = read(view)
    assert found.forks_per_second == pytest.approx(3.0)
    view.snapshot.forget("stat", "")
    assert read(view).forks_per_second is None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_curves_once_there_are_some(language: str) -> None:
    """With the fourth round there are three differences, and so curves; the markup is sound."""
    view = machine()
    say(view, 0)
    html = page("/host", view, lang=language)
    outline(html)
    assert "host-curves" not in html
    for seconds in (15, 30, 45):
        say(view, seconds)
        read(view)
    html = page("/host", view, lang=language, theme="light")
    outline(html)
    assert html.count('class="plot"') == 3
    assert html.count('class="png"') == 3  # each is saved as a picture


def test_without_host_metrics_there_is_no_page() -> None:
    """A gateway that reads no host metrics has no such page; the API says 404."""
    assert host_page.read(fixture.view([], where="")) is None
    view = machine()
    say(view, 0)
    assert api("/host", view)["running"] == 3.0
