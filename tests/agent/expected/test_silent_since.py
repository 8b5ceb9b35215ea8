"""Since when devices are silent, whatever is heard of them between two looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.expected.bench import Bench, device_of


async def test_silent_since_when(tmp_path: Path) -> None:
    """A device is silent since its first failure; after an answer, since the next failure."""
    bench = Bench(tmp_path)
    series = bench.pdu("A01-A", "A01")
    key = "silent_since_timestamp_seconds one pdu A01-A"
    bench.begin()
    for now, value, since in (
        (1000, 1.0, None),
        (1015, 0.0, 1015),
        (1030, 0.0, 1015),
        (1045, 1.0, None),
        (1060, 0.0, 1060),
    ):
        bench.now = now
        bench.say(series, value)
        assert (await bench.told()).get(key) == since
    bench.snapshot.forget("snmp:status", device_of(series))
    bench.now = 1075
    assert (await bench.told())[key] == 1060, "a device nobody tells of any more is no better"


async def test_a_device_that_is_read_late_stays_as_it_was(tmp_path: Path) -> None:
    """Where the agent's own lag lets the status of a device expire, it is not silent for that."""
    bench = Bench(tmp_path)
    first, other = bench.pdu("A01-A", "A01"), bench.pdu("A01-B", "A01")
    bench.say(first, 1.0)
    bench.say(other, 0.0)
    bench.begin()
    before = await bench.told()
    for series in (first, other):
        bench.snapshot.forget("snmp:status", device_of(series))
    assert await bench.told() == before
    bench.say(first, 0.0)
    assert "silent_since_timestamp_seconds one pdu A01-A" in await bench.told()


async def test_a_device_that_answers_late_is_known_from_then_on(tmp_path: Path) -> None:
    """Who never answered has no time; once it answers the mismatch is gone."""
    bench = Bench(tmp_path)
    series = bench.pdu("A01-A", "A01")
    bench.say(series, 0.0)
    bench.begin()
    found = await bench.told()
    assert found["mismatches one never_answered"] == 1
    assert not [key for key in found if key.startswith("silent_since")]
    bench.say(series, 1.0)
    assert "mismatches one never_answered" not in await bench.told()


@pytest.mark.parametrize("values", [(1.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 1.0, 0.0)])
@pytest.mark.parametrize("begun", [False, True])
async def test_an_answer_between_two_looks_is_not_missed(
    tmp_path: Path, values: tuple[float, ...], begun: bool
) -> None:
    """A device that answers and falls silent before anybody looks is silent, also at the start."""
    bench = Bench(tmp_path)
    series = bench.pdu("A01-A", "A01")
    bench.begin()
    if begun:
        bench.say(series, 0.0)
        assert (await bench.told())["mismatches one never_answered"] == 1
    bench.now = 1060
    for value in values:
        bench.say(series, value)
    found = await bench.told()
    assert found["silent_since_timestamp_seconds one pdu A01-A"] == 1060
    assert "mismatches one never_answered" not in found


async def test_a_silence_that_an_answer_breaks_between_two_looks_begins_anew(
    tmp_path: Path,
) -> None:
    """Silent since 1015, an answer and silence again before 1045: silent since 1045."""
    bench = Bench(tmp_path)
    series = bench.pdu("A01-A", "A01")
    key = "silent_since_timestamp_seconds one pdu A01-A"
    bench.say(series, 1.0)
    bench.begin()
    await bench.told()
    bench.now = 1015
    bench.say(series, 0.0)
    assert (await bench.told())[key] == 1015
    bench.now = 1045
    bench.say(series, 1.0)
    bench.say(series, 0.0)
    assert (await bench.told())[key] == 1045


async def test_an_answer_of_which_the_status_has_expired_is_known(tmp_path: Path) -> None:
    """It answered, and then nothing was told of it: it is not one that never answered."""
    bench = Bench(tmp_path)
    series = bench.pdu("A01-A", "A01")
    bench.say(series, 0.0)
    bench.begin()
    await bench.told()
    bench.say(series, 1.0)
    bench.snapshot.forget("snmp:status", device_of(series))
    assert "mismatches one never_answered" not in await bench.told()
    bench.now = 1090
    bench.say(series, 0.0)
    assert (await bench.told())["silent_since_timestamp_seconds one pdu A01-A"] == 1090
