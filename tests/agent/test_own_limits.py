"""Limits of an operator's own: from the config to the racks, the board and the API."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from agent.loading import load_all
from agent.racks.collector import RackCollector
from agent.web import pages
from agent.web.view import BoardView
from agent.web.views import racks
from collectors.catalogue import rack
from collectors.catalogue.facility import SENSOR_TEMPERATURE
from collectors.catalogue.rack_limits import (
    LimitedPlace,
    RackLimits,
    SiteLimits,
    for_each_place,
    for_each_site,
)
from collectors.strict import Problems
from tests.agent.web import fixture
from tests.support.ledger import SITE, Pages, inventory, pdu_power

OWN = RackLimits(
    inlet_recommended_celsius=24.0, inlet_allowable_celsius=30.0, failover_load_ratio=0.75
)


def load(folder: Path, limits: str) -> SiteLimits:
    """Return the limits of the inventory that a config names."""
    (folder / "inventory.yaml").write_text("sites: [{site: a}, {site: b}]\n")
    file = folder / "config.yaml"
    file.write_text(f"hub: guian\nsite: a\ninventory: inventory.yaml\n{limits}")
    found = load_all(file).inventory
    assert found is not None
    return found.limits


def test_a_site_takes_what_it_does_not_state_from_the_common_limits(tmp_path: Path) -> None:
    """Each key stands alone: for all sites, for one of them, or as the standards have it."""
    text = "limits:\n  inlet_recommended: 24\n  sites: {b: {failover_share: 0.7}}\n"
    found = load(tmp_path, text)
    assert found.of("a") == RackLimits(inlet_recommended_celsius=24.0)
    assert found.of("b") == RackLimits(inlet_recommended_celsius=24.0, failover_load_ratio=0.7)
    assert load(tmp_path, "").of("a") == RackLimits(
        inlet_recommended_celsius=27.0, inlet_allowable_celsius=32.0, failover_load_ratio=0.8
    )


def test_a_rack_takes_what_it_does_not_state_from_its_row_and_site(tmp_path: Path) -> None:
    """The nearest place that states a key decides it: rack, row, site, all."""
    text = (
        "limits:\n  inlet_allowable: 31\n  sites:\n    a:\n      inlet_recommended: 24\n"
        "      rows: {A: {inlet_recommended: 23, inlet_allowable: 29}}\n"
        "      racks: {A07: {inlet_recommended: 21}}\n"
    )
    found = load(tmp_path, text)

    def inlets(*place: str) -> tuple[float, float]:
        one = found.of(*place)
        return one.inlet_recommended_celsius, one.inlet_allowable_celsius

    assert inlets("a", "A", "A07") == (21.0, 29.0)
    assert inlets("a", "A", "A08") == (23.0, 29.0)
    assert inlets("a", "B", "A07") == (21.0, 31.0)
    assert inlets("a", "B", "B01") == (24.0, 31.0)
    assert inlets("a", "", "") == (24.0, 31.0)
    assert inlets("b", "A", "A07") == (27.0, 31.0)
    text = for_each_place(found, lambda of, one: f"x{of} > {one.inlet_recommended_celsius:g}")
    assert text == (
        'x{site!="a"} > 27 or x{site="a",rack!="A07",row!="A"} > 24'
        ' or x{site="a",rack!="A07",row="A"} > 23 or x{site="a",rack="A07",row!="A"} > 21'
        ' or x{site="a",rack="A07",row="A"} > 21'
    )


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("inlet_recommended: 240", r"config\.yaml:5: limits\.inlet_recommended: .*60"),
        ("failover_share: 80", r"config\.yaml:5: limits\.failover_share: .*0\.99"),
        ("inlet_allowable: 27", r"config\.yaml:\d: limits.*less than inlet_allowable \(27\)"),
        ("sites: {b: {inlet_allowable: 26}}", r"config\.yaml:5: limits\.sites: expected at b less"),
        ("burn_rate: 1", r"config\.yaml:5: limits\.burn_rate: .*1\.01"),
        ("kinds: {pdus: {silent_after: 1h}}", r"config\.yaml:5: limits\.kinds: expected one of"),
        (
            "sites: {b: {rows: {R: {inlet_allowable: 20}}}}",
            r"config\.yaml:5: limits\.sites: expected at R less",
        ),
        ("inlet: 24", r"config\.yaml:5: limits\.inlet: unknown key"),
    ],
)
def test_a_limit_that_cannot_be_is_one_line(tmp_path: Path, limits: str, said: str) -> None:
    """A mistake is told with file, line, key and what was expected."""
    with pytest.raises(Problems, match=said) as found:
        load(tmp_path, f"limits:\n  {limits}\n")
    assert len(found.value.errors) == 1


RACK = (
    f"sites: [{{site: {SITE}}}]\n"
    f"racks: [{{rack: A07, site: {SITE}, row: A, rated_power_watts: 8000,"
    " feeds: {A: {pdu: A07-A, capacity_watts: 5000}, B: {pdu: A07-B, capacity_watts: 5000}}}]\n"
)


@pytest.mark.parametrize(
    ("limits", "needs", "headroom"),
    [
        # 3800 W of one feed's 5000 W are 0.76. What may be added: 0.8 x 5000 - 3800.
        (SiteLimits(), set(), 200.0),
        (SiteLimits(common=OWN), {"hot", "failover_tight"}, 0.0),
        (SiteLimits(places={LimitedPlace(site=SITE): OWN}), {"hot", "failover_tight"}, 0.0),
        (SiteLimits(places={LimitedPlace(site="other"): OWN}), set(), 200.0),
    ],
)
def test_racks_need_someone_by_ones_own_limits(
    limits: SiteLimits, needs: set[str], headroom: float
) -> None:
    """At 25 °C and at 0.76 of failover it depends on the limits of the rack's site."""
    heard = (
        pdu_power("A07-A", 1900.0),
        pdu_power("A07-B", 1900.0, feed="B"),
        (SENSOR_TEMPERATURE.series("guian", SITE, "A", "A07", "inlet"), 25.0),
    )
    listed = replace(inventory(RACK), limits=limits)
    found = asyncio.run(RackCollector(listed, Pages(*heard), "guian").collect())
    values = [(series, value) for series, value in found]
    told = {series.label("need") for series, _ in values if series.metric is rack.RACK_NEED_SINCE}
    assert told == needs
    (left,) = (value for series, value in values if series.metric is rack.RACK_HEADROOM)
    assert left == pytest.approx(headroom)


def board(celsius: float, limits: SiteLimits) -> BoardView:
    """Return a view of one rack whose inlet has this temperature."""
    key = (fixture.HUB, fixture.SITE, "A", "A01")
    view = fixture.view(
        [
            (rack.RACK_INFO.series(*key, "in_service"), 1.0),
            (rack.RACK_INLET_TEMPERATURE.series(*key), celsius),
            (SENSOR_TEMPERATURE.series(*key, "inlet"), celsius),
        ]
    )
    assert view.inventory is not None
    return replace(view, inventory=replace(view.inventory, limits=limits))


def test_the_board_and_the_api_tell_ones_own_limits() -> None:
    """24 °C is the limit of the list of needs, of the rack's page, of the legend and of the API."""
    view = board(25.0, SiteLimits(places={LimitedPlace(site=fixture.SITE): OWN}))
    (one,) = racks.read(view)[fixture.SITE]
    assert one.needs == ("hot",)
    reply = pages.handle(view, "/api/racks", {})
    assert reply is not None
    found = json.loads(reply.body)
    assert found["limits"]["inlet_recommended_celsius"] == 27.0
    assert found["sites"][fixture.SITE]["limits"] == {
        "failover_load_ratio": 0.75,
        "inlet_recommended_celsius": 24.0,
        "inlet_allowable_celsius": 30.0,
    }
    page = pages.handle(view, f"/sites/{fixture.SITE}/racks/A01", {})
    assert page is not None
    html = page.body.decode()
    assert "recommended up to 24" in html
    assert "above recommended, still allowed" in html
    page = pages.handle(view, f"/sites/{fixture.SITE}", {"racks": "inlet"})
    assert page is not None
    legend = page.body.decode().split('class="legend"')[1].split("</ul>")[0]
    assert [f"{bound}" in legend for bound in (15, 19, 22, 24, 30, 27, 32)] == [True] * 5 + [
        False
    ] * 2


def test_at_the_standards_limits_the_same_air_needs_nobody() -> None:
    """25 °C is within what ASHRAE recommends."""
    (one,) = racks.read(board(25.0, SiteLimits()))[fixture.SITE]
    assert one.needs == ()


def test_a_condition_names_every_site_once() -> None:
    """Sites with limits of their own are left out of the common condition."""
    limits = SiteLimits(places={LimitedPlace(site="a"): OWN, LimitedPlace(site="b"): RackLimits()})
    text = for_each_site(limits, lambda of, one: f"x{of} > {one.inlet_recommended_celsius:g}")
    assert text == 'x{site!="a",site!="b"} > 27 or x{site="a"} > 24 or x{site="b"} > 27'
