"""`since` and `until` of meters and racks, in every form of the inventory."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from agent.inventory.model.service import moment
from agent.pue.boundary import boundary_of
from tests.agent.inventory.loading import load, mistakes

HEAD = "sites: [{site: a, timezone: Asia/Shanghai}]\n"
FIRST_OF_DECEMBER = 1_764_518_400_000
"""Midnight of 1 December 2025 in Shanghai, which is 16:00 UTC of the day before."""


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2025-12-01", FIRST_OF_DECEMBER),
        ("2025-12-01T08:30", FIRST_OF_DECEMBER + 8 * 3_600_000 + 1_800_000),
        ("2025-11-30T16:00:00+00:00", FIRST_OF_DECEMBER),
        ("2025-11-30T16:00:00Z", FIRST_OF_DECEMBER),
        ("", None),
    ],
)
def test_a_time_is_local_to_the_site(text: str, time: int | None) -> None:
    """A date is its midnight in the site's zone; an offset is heeded."""
    assert moment(text, ZoneInfo("Asia/Shanghai")) == time


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ("since: yesterday", "since: expected a date or a time"),
        ("until: 2025-13-01", "until: expected a date or a time"),
        ("since: 2025-12-01, until: 2025-12-01", "until: 2025-12-01 is not after since"),
        ("since: 2025-12-01T08:00, until: 2025-11-30", "until: 2025-11-30 is not after since"),
    ],
)
def test_mistakes_are_refused(keys: str, told: str) -> None:
    """A time that cannot be read, or an end before the beginning, is refused with its line."""
    (meter,) = mistakes(f"{HEAD}meters:\n- {{meter: m, point: utility, {keys}}}\n")
    (rack,) = mistakes(f"{HEAD}racks:\n- {{rack: r, site: a, {keys}}}\n")
    for mistake in (meter, rack):
        assert mistake.startswith("inventory.yaml:3:")
        assert told in mistake


def test_a_successor_begins_after_the_meter_it_replaces() -> None:
    """A meter that replaces another cannot be in service earlier than that one."""
    text = (
        f"{HEAD}meters:\n- {{meter: old, point: utility, since: 2025-03-01}}\n"
        "- {meter: new, point: utility, replaces: old, since: 2025-02-01}\n"
    )
    (mistake,) = mistakes(text)
    assert "old is in service since 2025-03-01 only" in mistake


def test_the_places_of_a_boundary() -> None:
    """A place begins with its oldest meter and ends with its newest; a rack's PDUs as the rack."""
    text = (
        f"{HEAD}racks:\n- {{rack: r, site: a, since: 2025-12-01, feeds: {{A: {{pdu: r-A}}}}}}\n"
        "meters:\n- {meter: old, point: utility, since: 2025-12-01, until: 2026-02-01}\n"
        "- {meter: new, point: utility, replaces: old, since: 2026-02-01}\n"
    )
    stock = load(text)
    places = boundary_of(stock.sites["a"], stock, ()).places
    (utility,), (pdu,) = places["utility"], places["pdu_output"]
    assert (utility.names, utility.since, utility.until) == (
        ("new", "old"),
        FIRST_OF_DECEMBER,
        None,
    )
    assert (pdu.names, pdu.since) == (("r-A",), FIRST_OF_DECEMBER)


def test_a_rack_list_in_csv() -> None:
    """The columns `since` and `until` say the same of a rack as the keys do."""
    text = "site,rack,pdu_a,since,until\na,r,r-A,2025-12-01,2026-12-01\na,s,s-A,,\n"
    racks = load(text, "i.csv").racks
    assert (racks["r"].since, racks["r"].until) == ("2025-12-01", "2026-12-01")
    assert (racks["s"].since, racks["s"].until) == ("", "")
    (mistake,) = mistakes("site,rack,since\na,r,soon\n", "i.csv")
    assert "since: expected a date or a time" in mistake
