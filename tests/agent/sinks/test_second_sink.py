"""A sink of another kind, over the same spool and known to the agent by the protocol alone."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from agent import config as config_module
from agent.config import Config
from agent.push import Push
from agent.sinks import kinds
from collectors.base import Batch, Metric
from collectors.strict import Problems
from tests.agent.sinks.filesink import MARK
from tests.support import wait_for

POWER = Metric(
    namespace="test", subsystem="rack", name="power_watts", type="gauge", help="-", labels=("rack",)
)


@pytest.fixture(autouse=True)
def _table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter the sink in the table, which is all that has to be done for one."""
    monkeypatch.setitem(kinds.TABLE, "file", "tests.agent.sinks.filesink:KIND")


def configured(folder: Path, text: str) -> Config:
    (folder / "out").mkdir(exist_ok=True)
    (folder / "out" / MARK).touch()
    path = folder / "config.yaml"
    path.write_text(f"hub: guian\nsite: s1\nnode: n1\nstate_dir: {folder}\noutputs:\n{text}")
    return config_module.load(path)


def batch(watts: float, when: float) -> Batch:
    readings = [(POWER.series(rack), watts) for rack in ("A01", "A02")]
    return Batch(collector="test", device="", time=when, lifetime=30.0, readings=readings)


def times(path: Path) -> list[float]:
    return [json.loads(line)["time"] for line in path.read_text().splitlines()]


def push(config: Config, folder: Path, registry: CollectorRegistry) -> Push:
    made = Push(config, state_dir=folder, registry=registry)
    made.start()
    return made


async def test_its_samples_survive_an_outage_and_a_restart(tmp_path: Path) -> None:
    """What could not be written waits in the spool, and another process writes it: each sample
    once.
    """
    config = configured(tmp_path, "  file: {path: out/samples}\n")
    target = tmp_path / "out" / "samples"
    target.mkdir()  # a folder where the file should be: every write fails
    first = push(config, tmp_path, registry := CollectorRegistry())
    for second in range(3):
        first.accept(batch(100.0, float(second)))
    refused = {"sink": "file", "code": "unreachable"}
    await asyncio.to_thread(
        wait_for, lambda: registry.get_sample_value("hubgauge_sink_requests_total", refused)
    )
    await first.stop(5.0)
    target.rmdir()

    again = push(config, tmp_path, registry := CollectorRegistry())
    again.accept(batch(200.0, 3.0))
    await asyncio.to_thread(wait_for, lambda: len(times(target)) == 4)
    await again.stop(5.0)
    assert times(target) == [0.0, 1.0, 2.0, 3.0]
    last = json.loads(target.read_text().splitlines()[-1])
    assert last["tags"] == {"job": "hubgauge", "instance": "n1", "hub": "guian", "site": "s1"}
    assert set(last["values"].values()) == {200.0}


async def test_every_sink_gets_every_batch(tmp_path: Path) -> None:
    """Beside InfluxDB, which does not answer here, the file has its samples.

    Each counts its own.
    """
    config = configured(
        tmp_path, '  influxdb: {url: "http://127.0.0.1:9"}\n  file: {path: out/samples}\n'
    )
    made = push(config, tmp_path, registry := CollectorRegistry())
    made.accept(batch(1.0, 1.0))
    await asyncio.to_thread(wait_for, lambda: times(tmp_path / "out" / "samples") == [1.0])

    def sent(sink: str) -> float | None:
        return registry.get_sample_value("hubgauge_sink_sent_samples_total", {"sink": sink})

    await asyncio.to_thread(wait_for, lambda: sent("file") == 2.0)
    assert sent("influxdb") == 0.0
    await made.stop(5.0)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  file: {path: nowhere/samples}\n", "outputs.file.path: no such file: "),
        ("  file: {}\n", "outputs.file.path: missing; expected a path"),
        ("  fil: {path: x}\n", "outputs.fil: unknown key; did you mean file?"),
        ("  file: {path: out/x, limit: 1}\n", "outputs.file.limit: unknown key; expected one of"),
        ("  file: {path: out/x}\n  file: {path: out/y}\n", "given twice (first in line 6)"),
        ("  file\n", "outputs: expected a mapping with the keys http, influxdb, "),
    ],
)
def test_its_section_is_read_as_strictly(text: str, line: str, tmp_path: Path) -> None:
    """Its own model says what may stand in its section, and its kind which files must be there."""
    with pytest.raises(Problems) as caught:
        configured(tmp_path, text)
    assert line in str(caught.value)


def test_a_package_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A kind that cannot be imported is one line of the config, not a traceback."""
    monkeypatch.setitem(kinds.TABLE, "file", "no_such_package.sink:KIND")
    with pytest.raises(Problems, match=r"outputs\.file: needs the package no_such_package"):
        configured(tmp_path, "  file: {path: out/samples}\n")
