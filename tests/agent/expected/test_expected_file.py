"""What the collector keeps of silences in its file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.agent.expected.bench import Bench


async def test_silence_survives_a_restart(tmp_path: Path) -> None:
    """A silence keeps its time; what answered until the end is silent since the file's time."""
    bench = Bench(tmp_path)
    old, fresh, steady = bench.pdu("A01-A", "A01"), bench.pdu("A01-B", "A01"), bench.pdu("A77-A")
    for series in (old, fresh, steady):
        bench.say(series, 1.0)
    bench.begin()
    await bench.told()
    bench.now = 1015.0
    bench.say(old, 0.0)
    await bench.told()
    await bench.collector.aclose()
    os.utime(bench.path, (5000, 5000))

    again = Bench(tmp_path, now=9000.0)
    for name, value in (("A01-A", 0.0), ("A01-B", 0.0), ("A77-A", 1.0)):
        again.say(again.pdu(name, "A01"), value)
    again.begin()
    found = await again.told()
    assert found["silent_since_timestamp_seconds one pdu A01-A"] == 1015
    assert found["silent_since_timestamp_seconds one pdu A01-B"] == 5000
    assert "silent_since_timestamp_seconds one pdu A77-A" not in found
    assert "mismatches one never_answered" not in found


async def test_one_round_leaves_the_file_alone(tmp_path: Path) -> None:
    """`hubgauge collect` beside a running agent writes nothing."""
    bench = Bench(tmp_path)
    bench.say(bench.pdu("A01-A"), 0.0)
    bench.begin()
    await bench.told()
    await bench.collector.aclose()
    assert not bench.path.exists()


@pytest.mark.parametrize(
    "damage", [b"", b"{", b'{"version": 1, "devices": [[1]]}', b'{"version": 99}', b"\xff"]
)
async def test_a_damaged_file_is_no_obstacle(damage: bytes, tmp_path: Path) -> None:
    """Without what was remembered, devices are silent from now on, and the file is written anew."""
    (tmp_path / "devices.json").write_bytes(damage)
    bench = Bench(tmp_path)
    bench.say(bench.pdu("A01-A"), 0.0)
    bench.begin()
    for _ in range(2):
        assert (await bench.told())["mismatches one never_answered"] == 1
    await bench.collector.aclose()
    assert json.loads(bench.path.read_text())["devices"] == [["one", "pdu", "A01-A", False, 1000.0]]


async def test_a_folder_that_cannot_be_written_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A full or read-only disk costs the memory of silences and one line of the log."""
    bench = Bench(tmp_path / "nowhere")
    bench.say(bench.pdu("A01-A"), 0.0)
    bench.begin()
    for _ in range(4):
        bench.monotonic += 60.0
        await bench.told()
    assert caplog.text.count("cannot be written") == 1
