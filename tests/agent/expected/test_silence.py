"""Since when a device is silent, across restarts: times worked out by hand."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from agent.expected.silence import DeviceKey, Silence, SilenceFile
from tests.support.ledger import Clock

PDU = DeviceKey("one", "pdu", "A01-A")
OTHER = DeviceKey("one", "pdu", "A02-A")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "devices.json"


def after_a_run(path: Path, *keys: DeviceKey, end: float = 5000.0) -> Clock:
    """Leave the file of a run whose devices answered until its end; return a later clock."""
    before = SilenceFile(path, clock=Clock(1000.0))
    before.keep_only(keys)
    for key in keys:
        before.answered(key)
    before.save()
    os.utime(path, (end, end))
    return Clock(9000.0)


def test_a_device_that_answered_before_a_restart_is_silent_since_then(path: Path) -> None:
    """Nobody knows when in between it fell silent, so the last moment it was known counts."""
    clock = after_a_run(path, PDU)
    assert SilenceFile(path, clock=clock).silent(PDU) == Silence(seen=True, since=5000.0)


def test_a_device_that_fails_after_a_restart_is_silent_since_it_failed(path: Path) -> None:
    """Once a run knows its devices, a failure is one of this run."""
    clock = after_a_run(path, PDU)
    found = SilenceFile(path, clock=clock)
    found.answered(PDU)
    found.keep_only({PDU})
    clock.now = 12_000.0
    assert found.silent(PDU).since == 12_000.0


def test_a_device_that_answers_and_fails_at_once_after_a_restart(path: Path) -> None:
    """It answered in this run, so its silence is of this run, though its devices are not known."""
    clock = after_a_run(path, PDU, OTHER)
    found = SilenceFile(path, clock=clock)
    found.answered(PDU)
    assert found.silent(PDU).since == 9000.0
    assert found.silent(OTHER).since == 5000.0


def test_a_clock_that_was_set_back_does_not_date_a_silence_ahead(path: Path) -> None:
    """A file of later than now cannot be right: the device is silent from now on."""
    clock = after_a_run(path, PDU, end=20_000.0)
    assert SilenceFile(path, clock=clock).silent(PDU).since == 9000.0


def test_a_silence_keeps_its_time(path: Path) -> None:
    """Silent again and again is silent since the first time; an answer ends it."""
    clock = Clock(1000.0)
    found = SilenceFile(path, clock=clock)
    found.answered(PDU)
    found.keep_only({PDU})
    times = []
    for now in (1010.0, 1020.0, 1030.0):
        clock.now = now
        times.append(found.silent(PDU).since)
    assert times == [1010.0] * 3
    found.answered(PDU)
    clock.now = 1040.0
    assert found.silent(PDU).since == 1040.0


def test_who_never_answered_is_not_seen(path: Path) -> None:
    """A device that is silent from the start has been seen by nobody."""
    assert SilenceFile(path, clock=Clock(1000.0)).silent(PDU) == Silence(seen=False, since=1000.0)


def test_a_device_that_is_no_longer_polled_is_forgotten_on_disk(path: Path) -> None:
    """What was taken out of the config does not come back with a restart."""
    clock = after_a_run(path, PDU, OTHER)
    found = SilenceFile(path, clock=clock)
    found.keep_only({PDU})
    found.save()
    assert [row[2] for row in json.loads(path.read_text())["devices"]] == ["A01-A"]


def test_the_file_is_written_at_most_once_a_minute(path: Path) -> None:
    """59 s after a save none is due; after 60 s one is."""
    monotonic = Clock(100.0)
    found = SilenceFile(path, monotonic=monotonic)
    assert found.save_is_due()
    found.save()
    monotonic.now = 159.0
    assert not found.save_is_due()
    monotonic.now = 160.0
    assert found.save_is_due()


def test_without_a_change_only_the_time_of_the_file_is_set(path: Path) -> None:
    """A save without news leaves the text and dates the file anew."""
    after_a_run(path, PDU)
    text = path.read_bytes()
    number = path.stat().st_ino
    SilenceFile(path).save()
    assert path.stat().st_mtime > 5000.0
    assert (path.read_bytes(), path.stat().st_ino) == (text, number)
