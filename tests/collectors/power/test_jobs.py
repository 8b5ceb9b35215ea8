"""Energy of Slurm's jobs: trees as the kernel's documentation lays them out, figures by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import BadReply, NoData, Reading
from collectors.power import JobsConfig
from collectors.power.jobs import JobEnergy, count_listed
from tests.collectors.power.machine import LABELS, RANGE, Machine

SCOPE = "fs/cgroup/system.slice/slurmstepd.scope"
MIB = 2**20


class Node(Machine):
    """A node of two CPUs with one package, and the jobs that a test puts there."""

    def __init__(self, sys: Path) -> None:
        super().__init__(sys)
        self.joules = 0.0
        self.write("devices/system/cpu", online="0-1")
        self.write(f"{SCOPE}/system", **{"cgroup.procs": "700"})
        self.draw(0.0)

    def draw(self, joules: float) -> None:
        """Let the package draw energy; its register counts microjoules and wraps around."""
        self.joules += joules
        self.zone("intel-rapl:0", "package-0", int(self.joules * 1e6) % RANGE)

    def spend(self, joules: float) -> None:
        """Let the package draw energy over ten seconds."""
        self.now += 10
        self.draw(joules)

    def job(self, number: int, cpu: float, memory: int = MIB, scope: str = SCOPE) -> None:
        """Let a job have taken so many CPU seconds (cgroup-v2.rst, `cpu.stat`)."""
        stat = f"usage_usec {int(cpu * 1e6)}\nuser_usec 1\nsystem_usec 2\nnr_periods 0"
        self.write(f"{scope}/job_{number}", **{"cpu.stat": stat, "memory.current": memory})

    def end(self, number: int, scope: str = SCOPE) -> None:
        """End a job: the kernel takes its cgroup away."""
        folder = self.sys / scope / f"job_{number}"
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()

    def jobs(self, **options: int) -> JobEnergy:
        found = self.collector("jobs", jobs=JobsConfig(enabled=True, **options))
        assert isinstance(found, JobEnergy)
        return found


def told(readings: list[Reading]) -> dict[str, float]:
    for series, _ in readings:
        assert series.values[:5] == LABELS
    return {
        " ".join((series.metric.name.removesuffix("_total"), *series.values[5:])): value
        for series, value in readings
    }


def energies(readings: list[Reading]) -> dict[str, float]:
    """Return joules by job, and those of none as `-`."""
    return {
        key.partition(" ")[2] or "-": round(value, 6)
        for key, value in told(readings).items()
        if "energy" in key
    }


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """A node on which Slurm runs and no job does."""
    return Node(tmp_path)


def test_a_job_gets_its_part_of_all_cpu_time(node: Node) -> None:
    """Of 1500 J in 10 s on two CPUs, 5 CPU seconds are 375 J, 10 are 750 J, and 375 J nobody's."""
    node.job(7, cpu=100.0)
    node.job(8, cpu=3.0, memory=3 * MIB)
    collector = node.jobs()
    assert energies(collector.collect()) == {"-": 0.0, "7": 0.0, "8": 0.0}
    node.spend(1500)
    node.job(7, cpu=105.0)
    node.job(8, cpu=13.0, memory=3 * MIB)
    found = collector.collect()
    assert energies(found) == {"-": 375.0, "7": 375.0, "8": 750.0}
    assert {key: told(found)[key] for key in ("cpu_seconds 7", "memory_bytes 8")} == {
        "cpu_seconds 7": 105.0,
        "memory_bytes 8": 3.0 * MIB,
    }


def test_an_idle_node_gives_its_energy_to_nobody(node: Node) -> None:
    """A job that sleeps is not charged for what idle processors draw."""
    node.job(7, cpu=100.0)
    collector = node.jobs()
    collector.collect()
    node.spend(400)
    assert energies(collector.collect()) == {"-": 400.0, "7": 0.0}


def test_a_register_that_wraps_around(node: Node) -> None:
    """The register starts again at max_energy_range_uj (powercap.rst): 600 J are 600 J."""
    node.draw(RANGE / 1e6 - 100)
    node.job(7, cpu=0.0)
    collector = node.jobs()
    collector.collect()
    node.spend(600)
    node.job(7, cpu=5.0)
    assert energies(collector.collect()) == {"-": 450.0, "7": 150.0}


def test_memory_counts_where_the_machine_has_its_registers(node: Node) -> None:
    """The zone `dram` of a package is added; `core` is a part of the package and is not."""
    node.zone("intel-rapl:0:0", "core", 0)
    node.zone("intel-rapl:0:1", "dram", 0)
    node.job(7, cpu=0.0)
    collector = node.jobs()
    collector.collect()
    node.spend(1500)
    node.zone("intel-rapl:0:0", "core", int(900e6))
    node.zone("intel-rapl:0:1", "dram", int(500e6))
    node.job(7, cpu=10.0)
    assert energies(collector.collect()) == {"-": 1000.0, "7": 1000.0}


def test_jobs_begin_and_end(node: Node) -> None:
    """A job that began since the last round counts from its begin; one that ended is told no more,
    and what it took last goes to nobody.
    """
    node.job(7, cpu=50.0)
    collector = node.jobs()
    collector.collect()
    node.spend(1000)
    node.end(7)
    node.job(9, cpu=4.0)
    assert energies(collector.collect()) == {"-": 800.0, "9": 200.0}


def test_the_number_of_jobs_told_is_bounded(node: Node) -> None:
    """Of three jobs, two are told. The third comes in when there is room, and counts from then."""
    for number in (7, 8, 10):
        node.job(number, cpu=0.0)
    collector = node.jobs(most=2)
    assert energies(collector.collect()).keys() == {"-", "7", "8"}
    node.spend(1000)
    for number in (7, 8, 10):
        node.job(number, cpu=5.0)
    assert energies(collector.collect()) == {"-": 500.0, "7": 250.0, "8": 250.0}
    assert collector.dropped["too_many_jobs"] == 2
    node.spend(1000)
    node.end(7)
    node.job(10, cpu=10.0)
    assert energies(collector.collect()) == {"-": 1500.0, "8": 250.0, "10": 0.0}
    node.spend(1000)
    node.job(10, cpu=15.0)
    assert energies(collector.collect()) == {"-": 2250.0, "8": 250.0, "10": 250.0}
    assert collector.dropped["too_many_jobs"] == 2


def test_more_cpu_time_than_there_was_is_all_of_it(node: Node) -> None:
    """The cgroup's clock may be a little ahead: no more energy is given than was drawn."""
    node.job(7, cpu=0.0)
    node.job(8, cpu=0.0)
    collector = node.jobs()
    collector.collect()
    node.spend(1000)
    node.job(7, cpu=15.75)
    node.job(8, cpu=5.25)
    assert energies(collector.collect()) == {"-": 0.0, "7": 750.0, "8": 250.0}


def test_a_job_of_two_slurmds_is_one(node: Node) -> None:
    """Several slurmd of one node put their names before the scope; a job may be in both."""
    other = "fs/cgroup/system.slice/n2_slurmstepd.scope"
    for scope in (SCOPE, other):
        node.job(7, cpu=0.0, scope=scope)
    collector = node.jobs()
    collector.collect()
    node.spend(1000)
    node.job(7, cpu=5.0)
    node.job(7, cpu=10.0, scope=other)
    found = collector.collect()
    assert energies(found) == {"-": 250.0, "7": 750.0}
    assert told(found)["memory_bytes 7"] == 2.0 * MIB


def test_a_job_that_is_queued_again_begins_anew(node: Node) -> None:
    """Its number stays and its count begins at 0: 5 of 20 CPU seconds of 1000 J are 250 J."""
    node.job(7, cpu=500.0)
    collector = node.jobs()
    collector.collect()
    node.spend(1000)
    node.job(7, cpu=5.0)
    assert energies(collector.collect()) == {"-": 750.0, "7": 250.0}


def test_a_job_goes_on_when_one_of_its_slurmds_ends(node: Node) -> None:
    """The other scope moved from 100 s to 105 s: 250 J of 1000. No CPU time is taken back:
    the scope that ended had 300 s, so the job had 405 s.
    """
    other = "fs/cgroup/system.slice/n2_slurmstepd.scope"
    node.job(7, cpu=100.0)
    node.job(7, cpu=300.0, scope=other)
    collector = node.jobs()
    collector.collect()
    node.spend(1000)
    node.job(7, cpu=105.0)
    node.end(7, other)
    found = collector.collect()
    assert energies(found) == {"-": 750.0, "7": 250.0}
    assert told(found)["cpu_seconds 7"] == 405.0


def test_the_scrape_may_name_itself(node: Node) -> None:
    """`job` and `instance` are the labels that a scrape adds (Prometheus, "Jobs and instances")."""
    node.job(7, cpu=1.0)
    for series, _ in node.jobs().collect():
        assert not {"job", "instance"} & set(series.metric.labels)


def test_cgroups_of_version_1(tmp_path: Path) -> None:
    """`cpuacct.usage` is in nanoseconds (cgroup-v1/cpuacct.rst), below the user's folder."""
    machine = Machine(tmp_path)
    machine.write("devices/system/cpu", online="0,2-3")
    machine.zone("intel-rapl:0", "package-0", 0)

    def job(cpu: float) -> None:
        machine.write("fs/cgroup/cpuacct/slurm/uid_1000/job_7", **{"cpuacct.usage": int(cpu * 1e9)})
        machine.write("fs/cgroup/memory/slurm/uid_1000/job_7", **{"memory.usage_in_bytes": 5 * MIB})

    job(20.0)
    collector = machine.collector("jobs", jobs=JobsConfig(enabled=True))
    assert isinstance(collector, JobEnergy)
    collector.collect()
    machine.now += 10
    machine.zone("intel-rapl:0", "package-0", int(900e6))
    job(30.0)
    found = collector.collect()
    assert energies(found) == {"-": 600.0, "7": 300.0}
    assert told(found)["memory_bytes 7"] == 5.0 * MIB


def test_what_a_node_of_version_1_takes_between_jobs_is_unassigned(tmp_path: Path) -> None:
    """The user's folder ends with the last job; what the node takes is counted all the same."""
    machine = Machine(tmp_path)
    machine.write("devices/system/cpu", online="0-1")
    machine.write("fs/cgroup/cpuacct/slurm", **{"cgroup.procs": ""})
    machine.zone("intel-rapl:0", "package-0", 0)
    collector = machine.collector("jobs", jobs=JobsConfig(enabled=True))
    assert isinstance(collector, JobEnergy)
    collector.collect()
    machine.now += 10
    machine.zone("intel-rapl:0", "package-0", int(430e6))
    assert energies(list(collector.collect())) == {"-": 430.0}


def test_off_by_default_and_silent_without_slurm(tmp_path: Path) -> None:
    """Nobody is told of jobs who did not ask; a node without Slurm has none, which is no error."""
    machine = Machine(tmp_path)
    with pytest.raises(StopIteration):
        machine.collector("jobs")
    collector = machine.collector("jobs", jobs=JobsConfig(enabled=True))
    with pytest.raises(NoData):
        collector.collect()


@pytest.mark.parametrize(("text", "count"), [("0", 1), ("0-63", 64), ("0-3,8,10-11", 7)])
def test_lists_of_cpus(text: str, count: int) -> None:
    """The form of /sys/devices/system/cpu/online (admin-guide/cputopology.rst)."""
    assert count_listed(text) == count


@pytest.mark.parametrize("text", ["", "a", "0-", "0-b", "0,,1"])
def test_no_list_of_cpus(text: str) -> None:
    """What is no list is refused, and named."""
    with pytest.raises(BadReply, match="no list of CPUs"):
        count_listed(text)
