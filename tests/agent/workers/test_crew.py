"""Real worker processes read a simulated site: as one process would, whatever becomes of them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.app import App
from agent.inventory.shard import owner
from agent.snapshot import Snapshot
from agent.web.exposition import render
from agent.workers.crew import Crew
from agent.workers.job import Job
from agent.workers.worker import _SILENT_SECONDS, Worker
from collectors.base import Batch
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from collectors.catalogue.facility import PDU_UP
from simulator.config import Wanted, write_config
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.support import PATIENCE

NOW = 1_784_118_896.0
READ = ("snmp", "modbus")
"""The collectors whose devices the workers read."""


class Running:
    """An agent in this process, with its workers, at a simulated site."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.app = App(path)
        self.batches: list[Batch] = []

    @property
    def crew(self) -> Crew:
        crew = self.app._in_force.crew
        assert crew is not None
        return crew

    @property
    def pids(self) -> list[int]:
        return [worker.pid for worker in self.crew.workers if worker.pid]

    def page(self) -> list[str]:
        """The page of what was last read of each device, whatever has expired since."""
        kept = Snapshot(monotonic=lambda: 0.0)
        for batch in self.batches:
            if batch.collector in READ:
                kept.update(batch)
        return sorted("".join(render(kept)).splitlines())

    def shows(self, pdu: str) -> bool:
        return any(
            f'pdu="{pdu}"' in line for line in "".join(render(self.app.snapshot)).splitlines()
        )

    def begin(self) -> None:
        self.app.prepare(alone=True)
        self.app._in_force.state_dir()
        self.app._in_force.add_consumer(self.batches.append)
        self.app.runner.start()

    async def read_anew(self) -> None:
        """Wait until every device was read once more."""
        seen = len(self.batches)
        devices = {
            (one.collector, one.device) for one in self.app.runner.health() if one.collector in READ
        }

        def all_read() -> bool:
            return devices <= {one.source for one in self.batches[seen:]}

        await holds(all_read)


async def holds(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def site() -> AsyncIterator[Simulator]:
    """A site of which each of two and of three workers has a device to read.

    An address decides the worker, and its port is whichever was free: now and then one worker
    would have no device, and not be started.
    """
    for _ in range(100):
        simulator = Simulator(build_site("guian", 3), clock=lambda: NOW, spread=True)
        await simulator.start()
        try:
            if all(len({owner(one, n) for one in read_at(simulator)}) == n for n in (2, 3)):
                yield simulator
                return
        finally:
            await simulator.stop()
    pytest.fail("of a hundred sites none has devices for each worker")


def read_at(simulator: Simulator) -> list[str]:
    """The addresses of the devices that workers read."""
    devices = (*simulator.pdus, *simulator.plant, *simulator.meters)
    return [simulator.addresses[name] for name in devices]


@asynccontextmanager
async def agent(
    simulator: Simulator, folder: Path, workers: int, timeout: str = "60s"
) -> AsyncIterator[Running]:
    path = write_config(simulator, folder, Wanted(listen="127.0.0.1:0", interval="1s"))
    config = path.read_text().replace("timeout: 3s", f"timeout: {timeout}")
    config = config.replace("request_timeout: 1s", f"request_timeout: {timeout}")
    path.write_text(f"workers: {workers}\n{config}")
    running = Running(path)
    running.begin()
    try:
        async with asyncio.timeout(PATIENCE):
            await running.app.runner.ready.wait()
        yield running
    finally:
        await running.app.stop()


async def test_two_workers_say_what_one_process_says(tmp_path: Path) -> None:
    """Of the same site, at the same simulated time, every line of the page is the same."""
    async with site() as simulator:
        pages = []
        for workers in (1, 2):
            async with agent(simulator, tmp_path / str(workers), workers) as running:
                assert (running.app._in_force.crew is None) == (workers == 1)
                await running.read_anew()
                pages.append(running.page())
    assert len(pages[0]) > 300
    assert pages[0] == pages[1]


def told_silent(batches: list[Batch]) -> set[str]:
    """Return the devices that were ever told not to answer."""
    return {
        series.values[-1] if series.metric is COLLECTOR_SUCCESS else series.label("pdu")
        for batch in batches
        for series, value in batch.readings
        if value == 0
        and (
            series.metric is PDU_UP
            or (series.metric is COLLECTOR_SUCCESS and series.label("collector") in READ)
        )
    }


def restarted_for_silence(worker: Worker) -> bool:
    """Tell whether a worker was started again; until then, age what was last heard of it.

    A shorter patience would have the other one started again too, where the machine stands still.
    """
    link = worker._link
    if not worker.restarts and link is not None:
        silent = asyncio.get_running_loop().time() - link.heard_at
        if 3.0 < silent < _SILENT_SECONDS:
            link.heard_at -= _SILENT_SECONDS
    return worker.restarts > 0


async def test_workers_that_end_or_stand_still_are_started_again(tmp_path: Path) -> None:
    """One is killed, the other stopped. All devices are read again, and none was ever told silent.
    The agent counts it.
    """
    async with site() as simulator, agent(simulator, tmp_path, 2) as running:
        before = running.pids
        os.kill(before[0], signal.SIGKILL)
        await holds(lambda: running.crew.workers[0].restarts)
        await holds(lambda: len(running.pids) == 2)
        await running.read_anew()
        os.kill(before[1], signal.SIGSTOP)
        await holds(lambda: restarted_for_silence(running.crew.workers[1]))
        await holds(lambda: len(running.pids) == 2)
        await running.read_anew()
        assert not {*before} & {*running.pids}
        assert told_silent(running.batches) == set()
        assert all(one.ok for one in running.app.runner.health() if one.device)
        assert [worker.restarts for worker in running.crew.workers] == [1, 1]


async def test_devices_of_a_worker_that_does_not_come_back_are_told_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a crash loop: their rounds are late and nobody knows their state,
    but none is silent.
    """
    monkeypatch.setattr("agent.workers.worker._PAUSES", (3600.0, 3600.0))
    async with site() as simulator, agent(simulator, tmp_path, 2) as running:
        dead, alive = ({one.source for one in part.devices} for part in running.crew._parts)

        def state(sources: set[tuple[str, str]]) -> set[bool | None]:
            told = running.app.runner.health()
            return {one.ok for one in told if (one.collector, one.device) in sources}

        assert state(dead) == state(alive) == {True}
        os.kill(running.pids[0], signal.SIGKILL)
        await holds(lambda: state(dead) == {None})
        devices = Counter(collector for collector, _ in dead)

        def late() -> bool:
            rounds = running.app.runner.progress().late_rounds
            return all(rounds.get(one, 0) >= 2 * count for one, count in devices.items())

        await holds(late)
        await holds(lambda: state(alive) == {True})
        assert state(dead) == {None}
        assert told_silent(running.batches) == set()


async def test_a_dead_device_is_told_by_a_worker(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What it says of a device is what one process says: up 0, the reason, and one line."""
    caplog.set_level("INFO")
    async with site() as simulator, agent(simulator, tmp_path, 2, timeout="2s") as running:
        name = min(simulator.pdus)
        (up,) = running.crew._devices["snmp", name].up_series
        simulator.set_fault(name, "silent")
        await holds(lambda: running.crew._devices["snmp", name].ok is False)
        await holds(lambda: running.app.snapshot.value(up) == 0.0)
        (health,) = (one for one in running.app.runner.health() if one.device == name)
        assert health.last_reason == "unreachable"
        assert health.last_error
        assert any(name in record.getMessage() for record in caplog.records)
        errors = running.app._metrics.errors.labels("snmp", "unreachable")
        await holds(lambda: errors._value.get() >= 1)


async def test_a_reload_and_the_end(tmp_path: Path) -> None:
    """The workers stay the same processes; what is gone from the config is gone from the page. None
    is left behind at the end, one that stands still included.
    """
    async with site() as simulator:
        async with agent(simulator, tmp_path, 2) as running:
            pids = running.pids
            gone = min(simulator.pdus)
            whole = running.path.read_text()
            lines = whole.splitlines(keepends=True)
            running.path.write_text("".join(line for line in lines if f"pdu: {gone}," not in line))
            assert str(await running.app.reload()) == "reloaded"
            assert not running.shows(gone)
            await running.read_anew()
            running.path.write_text(whole)
            await running.app.reload()
            await holds(lambda: running.shows(gone))
            assert running.pids == pids
            os.kill(pids[0], signal.SIGSTOP)
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


async def test_a_reload_with_another_number_of_workers(tmp_path: Path) -> None:
    """From two to none beside the agent, and to three: every device is read,
    and none told silent.
    """
    async with site() as simulator, agent(simulator, tmp_path, 2) as running:
        text = running.path.read_text()
        for asked, processes in ((1, 0), (3, 3)):
            running.path.write_text(text.replace("workers: 2", f"workers: {asked}"))
            assert str(await running.app.reload()) == "reloaded"
            await running.read_anew()
            assert len(running.pids) == processes
        assert told_silent(running.batches) == set()


async def test_a_job_that_cannot_be_packed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs its worker a restart, not its keeper; afterwards every device is read again."""
    packed, left = Job.packed, [3]

    def faulty(job: Job) -> bytes:
        left[0] -= 1
        if left[0] >= 0:
            raise RecursionError("too deep")
        return packed(job)

    async with site() as simulator, agent(simulator, tmp_path, 2) as running:
        monkeypatch.setattr(Job, "packed", faulty)
        assert str(await running.app.reload()) == "reloaded"
        await holds(lambda: sum(worker.restarts for worker in running.crew.workers) >= 3)
        await running.read_anew()
        assert told_silent(running.batches) == set()
    lines = [record.getMessage() for record in caplog.records]
    assert any("gets no new job" in line for line in lines)
    assert any("was ended, for it had no job" in line for line in lines)
