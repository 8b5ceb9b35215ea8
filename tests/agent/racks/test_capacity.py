"""What a rack's feeds can carry, worked out by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from agent.inventory.model import Feed, Rack
from agent.racks.capacity import most_watts, spare_watts


def rack(feeds: dict[str, Feed], **more: Any) -> Rack:
    return Rack(rack="A07", site="one", feeds=feeds, **more)


@pytest.mark.parametrize(
    ("feeds", "spare"),
    [
        ({"A": Feed(capacity_watts=7000), "B": Feed(capacity_watts=5000)}, 5000),
        ({"A": Feed(capacity_watts=7000), "B": Feed(), "C": Feed(capacity_watts=1)}, 0),
        ({"A": Feed(capacity_watts=7000)}, 0),
        ({}, 0),
        # Three feeds of which two fail together: 7000 + 2000 W are lost, 5000 W are left.
        (
            {
                "A": Feed(capacity_watts=7000, breaker="x"),
                "B": Feed(capacity_watts=5000, breaker="y"),
                "C": Feed(capacity_watts=2000, breaker="x"),
            },
            5000,
        ),
    ],
)
def test_spare_is_what_is_left_without_the_strongest(feeds: dict[str, Feed], spare: float) -> None:
    """The strongest supply is lost, with all feeds behind its breaker."""
    assert spare_watts(rack(feeds)) == spare


def test_a_silent_feed_draws_at_most_its_smaller_limit() -> None:
    """The feed's capacity and the rack's rating both bound it; a rack not in service draws none."""
    feed = Feed(capacity_watts=7360)
    assert most_watts(rack({"A": feed}, rated_power_watts=8000), feed) == 7360
    assert most_watts(rack({"A": feed}, rated_power_watts=3000), feed) == 3000
    assert most_watts(rack({"A": Feed()}), Feed()) == math.inf
    assert most_watts(rack({"A": feed}, state="planned"), feed) == 0
