"""Processes by state, and the heaviest by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from collectors.base import Reading
from collectors.catalogue.host import processes as catalogue
from collectors.host.processes import OTHER, Groups, Process
from tests.collectors.host.helpers import CASES, close, collectors_of, page_of
from tests.collectors.host.peer import families_of, node_exporter, peer_page


def process(name: str, cpu: float, *, pid: int = 7, started: float = 1.0) -> Process:
    """Make one that has a mebibyte."""
    return Process(
        pid=pid, started=started, name=name, state="S", threads=1, cpu=cpu, resident=2.0**20
    )


def seconds(readings: list[Reading]) -> dict[str, float]:
    """Return CPU seconds by group."""
    return {
        series.values[0]: value
        for series, value in readings
        if series.metric is catalogue.GROUP_CPU
    }


def test_node_exporter_counts_as_we_do(tmp_path: Path) -> None:
    """Over one tree the states, threads and limits are those of node_exporter."""
    tree = CASES / "processes"
    collectors = [one for one in collectors_of(tree) if one.name == "processes"]
    ours = families_of(page_of(collectors))
    close(collectors)
    options = ("--collector.disable-defaults", "--collector.processes")
    with node_exporter(tmp_path / "log", *options, f"--path.procfs={tree}/proc") as url:
        theirs = peer_page(url)
    both = ours.keys() & theirs.keys()
    assert {name: ours[name] for name in both} == {name: theirs[name] for name in both}
    # The states of threads cost one more file for each thread.
    assert {name for name in theirs.keys() - both if name.startswith("node_processes")} == {
        "node_processes_threads_state"
    }


def test_a_group_never_falls_while_one_of_it_lives() -> None:
    """A process that ends takes nothing from its group's counter, and a new one adds to it."""
    groups = Groups(1)
    first = [process("make", 5.0, pid=1), process("make", 3.0, pid=2)]
    assert seconds(list(groups.readings(first)))["make"] == 8.0
    second = [process("make", 6.0, pid=1), process("make", 0.5, pid=3)]
    assert seconds(list(groups.readings(second)))["make"] == 9.5  # 8 + 1 + 0.5


def test_a_pid_that_is_used_again_is_another_process() -> None:
    """A process with an old PID and a new start counts from nothing."""
    groups = Groups(1)
    list(groups.readings([process("make", 5.0, pid=1, started=1.0)]))
    again = list(groups.readings([process("make", 2.0, pid=1, started=9.0)]))
    assert seconds(again)["make"] == 7.0


def test_what_is_shown_is_bounded() -> None:
    """Of a thousand names only the heaviest are told apart;
    the rest is one group that never falls.
    """
    groups = Groups(2)
    many = [process(f"job{one}", float(one), pid=one) for one in range(1000)]
    shown = seconds(list(groups.readings(many)))
    # By CPU the last two; by memory all are alike, so the first two by name.
    assert shown.keys() == {"job998", "job999", "job0", "job1", OTHER}
    assert shown[OTHER] == 999 * 1000 / 2 - 998 - 999 - 0 - 1
    assert seconds(list(groups.readings([])))[OTHER] == shown[OTHER]


def test_nothing_is_kept_of_what_has_ended() -> None:
    """Names that come and go do not make the agent grow."""
    groups = Groups(2)
    for round_ in range(50):
        list(groups.readings([process(f"job{round_}", 1.0, pid=round_)]))
    assert len(groups._seen) == len(groups._cpu) == 1


def test_a_kernel_thread_of_each_cpu_is_one_group() -> None:
    """The CPU behind the stroke is no part of the name."""
    assert process("kworker/3:1", 1.0).group == process("kworker/0:2H", 1.0).group == "kworker"


def test_psutil_is_not_loaded_where_it_is_off() -> None:
    """A node agent with the default section does not pay for psutil."""
    code = (
        "import sys\n"
        "from collectors.base import Context, Place\n"
        "from collectors.host import KIND\n"
        "KIND.build(KIND.Config(), Context(place=Place(hub='t'), node='n'))\n"
        "sys.exit('psutil' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
