"""The stand-in for a device that a worker reads, by a clock that the test turns."""

from __future__ import annotations

import pytest

from agent.workers.remote import Remote, remote
from tests.agent.fakes import good


@pytest.mark.parametrize(("waits", "known", "unknown"), [(False, 25.0, 26.0), (True, 50.0, 51.0)])
def test_a_device_that_waits_for_its_discovery_has_twice_the_time(
    monkeypatch: pytest.MonkeyPatch, waits: bool, known: float, unknown: float
) -> None:
    """It is asked in every second turn. At 10 s, 2.5 intervals are 25 s, or else 50 s."""
    now = 100.0
    monkeypatch.setattr(Remote, "now", staticmethod(lambda: now))
    device = remote(good("a", interval=10.0), {})
    device.ok, device.waits = True, waits
    now = 100.0 + known
    assert (device.health(1.0).ok, device.health(1.0).late) == (True, False)
    now = 100.0 + unknown
    assert (device.health(1.0).ok, device.health(1.0).late) == (None, True)
