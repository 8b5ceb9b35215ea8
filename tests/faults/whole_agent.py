"""Fault 24 on a whole agent: reloads, and faults of its database, while its page is watched."""

from __future__ import annotations

import random
import re
import signal
import time
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from itertools import cycle, pairwise
from pathlib import Path
from statistics import linear_regression, median
from typing import Any, Final

import psutil

from tests.agent.sinks.peers import Wire
from tests.faults.answers import WIRES
from tests.support import HANGS, free_port, get, wait_for
from tests.support.failing_disk import failing_disk
from tests.support.victoria import Victoria
from tests.system.running_agent import agent, metrics, write_config

SERIES: Final = 100
SETTLING: Final = 1 / 6
"""The share of the time in which an agent takes what it needs: ten minutes of an hour."""
MOST_MIB_PER_HOUR: Final = 1.0
SETTLED: Final = 60.0
"""Seconds from which on an agent has opened all that it needs within its first sixth."""
LONG: Final = 1800.0
"""Seconds from which on a slope of memory says something."""
SPARE_DESCRIPTORS: Final = 24
"""How many more may be open at the end than at the start: connections of this moment."""
SPARE_THREADS: Final = 4
HOST: Final = ("{interval: 1s}", "{interval: 1s, disable: [load]}", "{interval: soon}")
"""Configs that follow one another: two good ones and one that is refused."""
FAILING: Final = "keeping samples in memory meanwhile"
MENDED: Final = "written again"
COUNTED: Final = re.compile(
    r"^hubgauge_(sink_collected_samples|sink_sent_samples|sink_dropped|spool_samples)(?:_total)?"
    r"(?:{[^}]*})? (\S+)$",
    re.MULTILINE,
)


@dataclass(kw_only=True)
class Watch:
    """What is seen of an agent: the answers of its page, its memory, descriptors and threads."""

    port: int
    process: psutil.Process
    began: float = field(default_factory=time.monotonic)
    answers: list[float] = field(default_factory=list)
    """Seconds that each page took."""
    hours: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MiB, at each of the `hours`."""
    descriptors: list[int] = field(default_factory=list)
    threads: list[int] = field(default_factory=list)

    def look(self) -> None:
        """Fetch the page once and note what the agent has."""
        began = time.perf_counter()
        metrics(self.port)
        self.answers.append(time.perf_counter() - began)
        self.hours.append((time.monotonic() - self.began) / 3600)
        self.memory.append(self.process.memory_info().rss / 2**20)
        self.descriptors.append(self.process.num_fds())
        self.threads.append(self.process.num_threads())

    def look_for(self, seconds: float) -> None:
        """Look twice a second for so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(0.5)

    def slope(self) -> float:
        """Return how memory grows in MiB an hour, after the agent has settled."""
        first = round(len(self.hours) * SETTLING)
        return linear_regression(self.hours[first:], self.memory[first:]).slope

    def page(self) -> float:
        """Return the seconds within which 99 % of the pages came."""
        return sorted(self.answers)[int(len(self.answers) * 0.99)]

    def figure(self) -> str:
        """Check that nothing has grown; returns it as a figure."""
        first = round(len(self.hours) * SETTLING)
        told = ""
        if self.hours[-1] * 3600 >= SETTLED:
            # A reload closes files that it opens again: one look alone may see few.
            half = (first + len(self.hours)) // 2
            for seen, spare in (
                (self.descriptors, SPARE_DESCRIPTORS),
                (self.threads, SPARE_THREADS),
            ):
                assert median(seen[half:]) <= median(seen[first:half]) + spare
        if self.hours[-1] * 3600 >= LONG:
            assert self.slope() < MOST_MIB_PER_HOUR, (
                self.slope(),
                self.memory[first :: len(self.memory) // 20],
            )
            told = (
                f", {self.slope():+.2f} MiB an hour after"
                f" the first {self.hours[first] * 60:.0f} min"
            )
        return (
            f"memory {self.memory[first]:.0f} to {self.memory[-1]:.0f} MiB{told};"
            f" descriptors {self.descriptors[first]} to {self.descriptors[-1]},"
            f" threads {self.threads[first]} to {self.threads[-1]};"
            f" {len(self.answers)} pages, 99 % within {self.page() * 1000:.0f} ms"
        )


def soak(folder: Path, seconds: float) -> str:
    """Reload a whole agent again and again under faults of its database, for so long."""
    dice, port, victoria = random.Random(24), free_port(), Victoria(folder)
    reloads = faults = 0
    with ExitStack() as whole:
        wire = whole.enter_context(Wire(victoria.port).up())
        config = _config(folder, port, wire.url)
        good = config.read_text("utf-8")
        base = ExitStack()
        whole.callback(base.close)
        base.enter_context(victoria.up())
        process = whole.enter_context(agent(config, port))
        watch = Watch(port=port, process=psutil.Process(process.pid))
        for host in cycle(HOST):
            if time.monotonic() - watch.began > seconds:
                break
            config.write_text(good.replace(HOST[0], host), "utf-8")
            process.send_signal(signal.SIGHUP)
            reloads += 1
            fault = dice.choice(("frozen", "away", "lose_answer", *WIRES))
            if fault == "away":
                base.close()
            elif fault != "frozen":
                wire.fault = fault
            wire.cut()
            with victoria.frozen() if fault == "frozen" else nullcontext():
                watch.look_for(min(5.0, seconds / 6))
            if fault == "away":
                base.enter_context(victoria.up())
            wire.fault = "none"
            wire.cut()
            faults += 1
            watch.look_for(min(5.0, seconds / 6))
        figure = watch.figure()
        stored = _account(port, victoria)
    return (
        f"a whole agent: {reloads} reloads and {faults} faults in {seconds:g} s; {stored}; {figure}"
    )


def _config(folder: Path, port: int, url: str) -> Path:
    load = (
        f"{{collector: 'tests.system.load:Load', options: {{series: {SERIES}}}, interval: 1s,"
        f" timeout: {HANGS:g}s}}"
    )
    return write_config(
        folder,
        f"collectors:\n  host: {HOST[0]}\n  prometheus: {{collectors: [{load}]}}\n",
        port=port,
        outputs=f'  influxdb: {{url: "{url}", timeout: 1s}}\n',
    )


def _account(port: int, victoria: Victoria) -> str:
    """Check the sum of what was collected, and that nothing is stored twice."""

    def counted() -> dict[str, float]:
        sums: dict[str, float] = {}
        for name, value in COUNTED.findall(metrics(port)):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums

    def stored() -> Any:
        return victoria.export('{__name__="load_test_rounds"}')

    wait_for(lambda: len(stored()) == SERIES, what="each series in the database")
    # The agent looks at its own counters now and then only.
    wait_for(lambda: counted()["sink_sent_samples"], what="its word of what was sent")
    wait_for(lambda: counted()["spool_samples"] < 20 * SERIES, what="the spool to drain")
    last = counted()
    assert last["sink_collected_samples"] == (
        last["sink_sent_samples"] + last["spool_samples"] + last.get("sink_dropped", 0.0)
    )
    assert not last.get("sink_dropped")
    doubled = sum(len(row["timestamps"]) - len(set(row["timestamps"])) for row in stored())
    assert not doubled
    for row in stored():  # each value is the round's number; a reload begins again
        values = [value for _, value in sorted(zip(row["timestamps"], row["values"], strict=True))]
        assert all(after in (before + 1, 1) for before, after in pairwise([0, *values])), values
    get(f"http://127.0.0.1:{port}/-/healthy")
    return f"{last['sink_sent_samples']:,.0f} samples: 0 lost, {doubled} doubled"


def frozen(folder: Path, seconds: float) -> str:
    """Fetch the page of a whole agent while its database stands still."""
    port, victoria = free_port(), Victoria(folder)
    config = _config(folder, port, victoria.url)
    with victoria.up(), agent(config, port) as process:
        before = Watch(port=port, process=psutil.Process(process.pid))
        before.look_for(seconds / 2)
        during = Watch(port=port, process=psutil.Process(process.pid))
        with victoria.frozen():
            during.look_for(seconds / 2)
        stored = _account(port, victoria)
    return (
        f"a whole agent's page: 99 % within {before.page() * 1000:.0f} ms, and"
        f" {during.page() * 1000:.0f} ms while the database stands still; {stored}"
    )


def bad_device(folder: Path, seconds: float) -> str:
    """Let each request to the disk of an agent's state folder fail for so long, then mend it.

    The disk is a loop device over a file whose reads and writes get EIO, so it is the kernel that
    says so. The database is away meanwhile, so that nothing can be sent from memory.
    """
    port, victoria, sign = free_port(), Victoria(folder), folder / "bad"
    with failing_disk(folder, sign) as disk, Wire(victoria.port).up() as wire:
        config = _config(folder, port, wire.url)
        text = config.read_text("utf-8").replace(f"{folder}/state", f"{disk}/state")
        config.write_text(text, "utf-8")

        log = folder / "agent.log"
        with agent(config, port) as process:
            watch = Watch(port=port, process=psutil.Process(process.pid))
            wait_for((disk / "state" / "spool-influxdb.db").exists, what="the spool's file")
            sign.touch()
            wait_for(lambda: FAILING in log.read_text(), what="the spool to find its disk bad")
            began = time.time()
            watch.look_for(seconds)
            ended = time.time()
            sign.unlink()
            wait_for(lambda: MENDED in log.read_text(), what="the spool to find it mended")
            with victoria.up():
                stored = _account(port, victoria)
                rows = victoria.export('{__name__="load_test_rounds"}')
    waited = sum(began < at / 1000 < ended for row in rows for at in row["timestamps"])
    return (
        f"a whole agent on a block device that fails for {seconds:g} s, {waited:,} samples"
        f" meanwhile; {stored};"
        f" {len(watch.answers)} pages meanwhile, 99 % within {watch.page() * 1000:.0f} ms"
    )
