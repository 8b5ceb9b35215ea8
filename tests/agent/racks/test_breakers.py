"""Breakers, rows and headroom: the worked examples of docs/kpis.md, and partial data."""

from __future__ import annotations

import asyncio

import pytest

from agent.racks.collector import RackCollector
from collectors.base import Reading
from tests.support.ledger import SITE, Pages, inventory, pdu_power

# Two racks of 8 kW at a pair of 63 A breakers (43.47 kW), which hang on a pair of mains.
TEXT = f"""
sites: [{{site: {SITE}}}]
breakers:
- {{breaker: main-a, site: {SITE}, capacity_watts: 100000, pair: main-b}}
- {{breaker: main-b, site: {SITE}, capacity_watts: 100000, pair: main-a}}
- {{breaker: A-a, site: {SITE}, rated_amperes: 63, pair: A-b, upstream: main-a}}
- {{breaker: A-b, site: {SITE}, rated_amperes: 63, pair: A-a, upstream: main-b}}
racks:
- {{rack: A01, site: {SITE}, row: A, height_units: 40, used_units: 30, rated_power_watts: 8000,
   feeds: {{A: {{pdu: A01-A, capacity_watts: 7360, breaker: A-a}},
           B: {{pdu: A01-B, capacity_watts: 7360, breaker: A-b}}}}}}
- {{rack: A02, site: {SITE}, row: A, height_units: 40,
   used_units: 10, reserved_units: 5, rated_power_watts: 8000,
   feeds: {{A: {{pdu: A02-A, capacity_watts: 7360, breaker: A-a}},
           B: {{pdu: A02-B, capacity_watts: 7360, breaker: A-b}}}}}}
"""
HEARD = {"A01-A": 2000.0, "A01-B": 1500.0, "A02-A": 1000.0, "A02-B": 500.0}
UPPER, LOWER = ',bound="upper"', ',bound="lower"'


def collect(text: str, watts: dict[str, float]) -> dict[str, float]:
    heard: list[Reading] = [pdu_power(pdu, value, pdu[:3], pdu[-1]) for pdu, value in watts.items()]
    found = asyncio.run(RackCollector(inventory(text), Pages(*heard), "guian").collect())
    return {series.prefix.strip(): value for series, value in found}


def breaker(name: str, which: str, extra: str = "") -> str:
    return f'dc_breaker_{name}{{hub="guian",site="{SITE}",breaker="{which}"{extra}}}'


def row(name: str) -> str:
    return f'dc_row_{name}{{hub="guian",site="{SITE}",row="A"}}'


SITE_HEADROOM = f'dc_site_rack_headroom_watts{{hub="guian",site="{SITE}"}}'


def rack(name: str, which: str) -> str:
    return f'dc_rack_{name}{{hub="guian",site="{SITE}",row="A",rack="{which}"}}'


def test_a_breaker_carries_the_pdus_behind_it_and_its_pair_s_when_that_dies() -> None:
    """A breaker carries the feeds behind it, a main its breakers, and each also its pair's load."""
    found = collect(TEXT, HEARD)
    for which in ("A-a", "main-a"):
        assert (
            found[breaker("power_watts", which, UPPER)]
            == found[breaker("power_watts", which, LOWER)]
            == 3000.0
        )
        assert found[breaker("coverage_ratio", which)] == 1.0
    assert found[breaker("load_ratio", "A-a", UPPER)] == pytest.approx(3000 / 43470)
    assert found[breaker("failover_load_ratio", "A-a", UPPER)] == pytest.approx(5000 / 43470)
    assert found[breaker("failover_load_ratio", "main-b", UPPER)] == pytest.approx(0.05)
    assert found[breaker("headroom_watts", "A-b")] == pytest.approx(0.8 * 43470 - 5000)
    assert found[breaker("info", "A-a", ',pair="A-b",upstream="main-a"')] == 1.0


def test_a_silent_pdu_leaves_bounds_never_a_false_calm() -> None:
    """A silent feed counts as 0 in the lower bound and as its capacity in the upper."""
    found = collect(TEXT, {pdu: watts for pdu, watts in HEARD.items() if pdu != "A02-A"})
    assert found[breaker("power_watts", "A-a", LOWER)] == 2000.0
    assert found[breaker("power_watts", "A-a", UPPER)] == 2000.0 + 7360.0
    assert found[breaker("failover_load_ratio", "main-a", UPPER)] == pytest.approx(
        (4000 + 7360) / 100000
    )
    assert found[breaker("coverage_ratio", "main-a")] == 0.5
    assert found[breaker("headroom_watts", "A-a")] == pytest.approx(0.8 * 43470 - 4000 - 7360)
    assert found[rack("headroom_watts", "A02")] == 0.0  # its silent feed may draw all there is
    assert row("power_watts") not in found


def test_a_silent_feed_that_could_draw_anything_leaves_no_upper_bound() -> None:
    """A silent feed without a limit leaves the lower bound, and no headroom behind its breaker."""
    text = TEXT.replace(
        "rated_power_watts: 8000,\n   feeds: {A: {pdu: A01-A, capacity_watts: 7360,",
        "feeds: {A: {pdu: A01-A,",
    )
    found = collect(text, {pdu: watts for pdu, watts in HEARD.items() if pdu != "A01-A"})
    assert found[breaker("load_ratio", "A-a", LOWER)] == pytest.approx(1000 / 43470)
    for name in (
        breaker("load_ratio", "A-a", UPPER),
        breaker("headroom_watts", "A-b"),
        rack("headroom_watts", "A02"),
    ):
        assert name not in found
    assert found[row("headroom_watts")] == 0.0  # at least


def test_nobody_heard_is_no_load() -> None:
    """Without a PDU that answers there is no load, without listed feeds no upper bound."""
    found = collect(TEXT, {})
    assert breaker("capacity_watts", "A-a") in found
    assert found[breaker("coverage_ratio", "A-a")] == 0.0
    assert not [
        name
        for name in found
        if "load_ratio" in name or "breaker_power" in name or "headroom" in name
    ]
    alone = TEXT.replace("capacity_watts: 7360, breaker: A-b", "capacity_watts: 7360")
    found = collect(alone, HEARD)
    assert breaker("failover_load_ratio", "A-a", LOWER) in found
    assert breaker("failover_load_ratio", "A-a", UPPER) not in found


def test_headroom_of_racks_and_of_their_row() -> None:
    """A rack may add up to 0.8 of a feed, a row what its racks may, within its breakers."""
    found = collect(TEXT, HEARD)
    assert found[rack("headroom_watts", "A01")] == pytest.approx(0.8 * 7360 - 3500)
    assert found[rack("headroom_watts", "A02")] == pytest.approx(0.8 * 7360 - 1500)
    assert found[row("headroom_watts")] == pytest.approx(2 * 0.8 * 7360 - 5000)
    tight = collect(
        TEXT.replace("rated_amperes: 63, pair: A-b", "rated_amperes: 11, pair: A-b"), HEARD
    )  # 7590 W
    assert (
        tight[rack("headroom_watts", "A01")]
        == tight[row("headroom_watts")]
        == pytest.approx(0.8 * 7590 - 5000)
    )


def test_headroom_of_a_site_whose_rows_share_a_breaker() -> None:
    """Rows behind one breaker share its headroom: a site's is not the sum of its rows'."""
    two_rows = TEXT.replace(f"rack: A02, site: {SITE}, row: A", f"rack: A02, site: {SITE}, row: B")
    assert collect(two_rows, HEARD)[SITE_HEADROOM] == pytest.approx(2 * 0.8 * 7360 - 5000)
    tight = collect(
        two_rows.replace("rated_amperes: 63, pair: A-b", "rated_amperes: 11, pair: A-b"), HEARD
    )  # 7590 W; each of the two rows has 0.8 * 7590 - 5000 of it, and not both at once
    assert tight[row("headroom_watts")] == pytest.approx(0.8 * 7590 - 5000)
    assert tight[SITE_HEADROOM] == pytest.approx(0.8 * 7590 - 5000)
    assert SITE_HEADROOM not in collect(TEXT, {})
    planned = TEXT.replace("used_units: 10, reserved_units: 5, ", "state: planned, ")
    assert collect(planned, HEARD)[SITE_HEADROOM] == pytest.approx(0.8 * 7360 - 3500)


def test_what_a_row_amounts_to() -> None:
    """Units, power and rated power of a row are sums over its racks in service."""
    found = collect(TEXT, HEARD)
    names = ("height_units", "used_units", "reserved_units", "power_watts", "power_capacity_watts")
    assert [found[row(name)] for name in names] == [80.0, 40.0, 5.0, 5000.0, 16000.0]
    unknown = collect(
        TEXT.replace("used_units: 10, reserved_units: 5, ", "state: planned, "), HEARD
    )
    assert [unknown[row(name)] for name in ("height_units", "power_watts")] == [40.0, 3500.0]


def test_two_feeds_on_one_breaker_are_lost_at_once() -> None:
    """A rack whose feeds hang on one breaker has no failover, whatever its feeds can carry."""
    one = (
        TEXT.replace(", pair: A-b", "")
        .replace(", pair: A-a", "")
        .replace(
            "A01-B, capacity_watts: 7360, breaker: A-b", "A01-B, capacity_watts: 7360, breaker: A-a"
        )
    )
    found = collect(one, HEARD)
    assert rack("failover_load_ratio", "A01") not in found
    assert rack("headroom_watts", "A01") not in found
    assert rack("failover_load_ratio", "A02") in found


def test_a_busbar_with_hundreds_of_racks() -> None:
    """Of 600 racks behind one busbar, a silent one leaves a narrow upper bound."""
    head = (
        f"sites: [{{site: {SITE}}}]\nbreakers:\n"
        f"- {{breaker: bus, site: {SITE}, rated_amperes: 4000}}\nracks:\n"
    )
    racks = "".join(
        f"- {{rack: '{n:03}', site: {SITE}, row: A, feeds: {{A: {{pdu: '{n:03}-A',"
        f" capacity_watts: 7000, breaker: bus}}}}}}\n"
        for n in range(600)
    )
    heard = {f"{n:03}-A": 3000.0 for n in range(599)}
    found = collect(head + racks, heard)
    assert found[breaker("power_watts", "bus", LOWER)] == 599 * 3000.0
    assert found[breaker("power_watts", "bus", UPPER)] == 599 * 3000.0 + 7000.0
    assert found[breaker("headroom_watts", "bus")] == pytest.approx(
        0.8 * 4000 * 690 - 599 * 3000 - 7000
    )


def test_a_planned_rack_draws_nothing() -> None:
    """The silent feed of a rack that is not in service leaves the upper bound where it is."""
    planned = TEXT.replace("{rack: A02, site", "{rack: A02, state: planned, site")
    found = collect(planned, {"A01-A": 2000.0, "A01-B": 1500.0})
    assert found[breaker("power_watts", "A-a", UPPER)] == 2000.0
    assert found[breaker("headroom_watts", "A-a")] == pytest.approx(0.8 * 43470 - 3500)


def test_a_row_without_all_ratings_has_none() -> None:
    """The rated power of a row is that of all its racks, or not known."""
    found = collect(
        TEXT.replace("reserved_units: 5, rated_power_watts: 8000", "reserved_units: 5"), HEARD
    )
    assert row("power_capacity_watts") not in found
    assert found[row("power_watts")] == 5000.0
