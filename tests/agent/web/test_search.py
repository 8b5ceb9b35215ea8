"""Everything is found by its name, and the way from the wall to an outlet is three clicks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.web.view import BoardView
from agent.web.views import lookup
from agent.web.views.contents import DeviceView, ElevationView
from agent.web.views.feeds import OutletView
from agent.web.views.plugs import plugs
from collectors.base import Batch
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page
from tests.agent.web.served import Site, fresh
from tests.support.browser import Browser


def view() -> BoardView:
    made = rack_fixture.view()
    made.snapshot.update(
        Batch(
            collector="plugs",
            device="",
            time=fixture.NOW,
            lifetime=1e9,
            readings=rack_fixture.plugged(),
        )
    )
    return replace(made, evidence=fixture.evidence)


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in lookup.find(view(), text).found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a06", ("rack", "A06")),
        ("A06-B", ("pdu", "A06-B")),
        ("gpu-03", ("node", "gpu-03")),
        ("gpu-03 b", ("outlet", "gpu-03 B")),
        ("main-1", ("meter", "main-1")),
        ("10.0.1.2", ("device", "10.0.1.2:502")),
        ("huawei-guian-1", ("site", "huawei-guian-1")),
        ("昆明", ("hub", "昆明")),
    ],
)
def test_a_thing_is_found_by_its_name(text: str, first: tuple[str, str]) -> None:
    """Whatever it is, in any case; what has exactly this name stands first."""
    assert found(text)[0] == first


def test_what_nobody_has_is_not_found_and_the_page_says_what_to_type() -> None:
    """No result is no error; an empty search finds nothing."""
    assert found("no such thing") == found("  ") == []
    assert "Type a part of a name" in page("/search", find="no such thing")
    assert api("/search")["found"] == []


def test_more_than_fit_are_told() -> None:
    """Of 640 racks the first sixty are listed, and that there are more is told."""
    many = fixture.view([*fixture.racks(640, per_row=32)])
    result = lookup.find(many, "R")
    assert len(result.found) == lookup.MOST
    assert result.more


def _outlet(name: str) -> OutletView:
    return OutletView(
        pdu="P",
        outlet=name,
        name=name,
        power_watts=None,
        current_amperes=None,
        voltage_volts=None,
        power_factor_ratio=None,
        energy_joules=None,
    )


def test_an_outlet_belongs_to_the_device_with_the_longest_name_in_its_own() -> None:
    """`gpu-1-b PSU` is of gpu-1-b and not of gpu-1, and `gpu-12` is of neither."""
    devices = [
        DeviceView(
            node=node, position=n, units=1, agent=True, accelerators=0, model="", power_watts=None
        )
        for n, node in enumerate(("gpu-1", "gpu-1-b", "bare"), 1)
    ]
    stands = ElevationView(placed=devices, elsewhere=[], free=[], largest_free_units=0)
    names = ("GPU-1 PSU1", "gpu-1-b PSU", "gpu-12", "psu 4", "")
    known = plugs(stands, [_outlet(name) for name in names])
    assert [(one.device.node, [each.name for each in one.outlets]) for one in known] == [
        ("gpu-1", ["GPU-1 PSU1"]),
        ("gpu-1-b", ["gpu-1-b PSU"]),
    ]


def test_from_the_wall_to_the_outlet_to_pull_in_three_clicks(browser: Browser) -> None:
    """A rack on the wall screen, a device in its elevation, an outlet: the outlet is marked."""
    site = Site(view())
    try:
        browser.size(1920, 1080)
        fresh(browser, f"{site.url}/?kiosk&lang=zh")
        rack = "[...document.querySelectorAll('.urgent a')].find(a => a.textContent == 'A06')"
        browser.open(browser.eval(f"{rack}.href"))
        assert browser.eval("location.pathname").endswith("/racks/A06")
        browser.eval(
            "document.querySelector('.front a[href$=gpu-03]')"
            ".dispatchEvent(new MouseEvent('click', {bubbles: true}))"
        )
        assert browser.eval("document.querySelector('tr:has(:target)').innerText").startswith("gpu")
        browser.eval("document.querySelector('tr:has(:target) td a').click()")
        line = browser.eval("document.querySelector('tr:has(:target)').innerText")
        assert line.startswith("A06-A 3")
        assert "gpu-03 A" in line
        assert browser.errors == []
    finally:
        site.close()


def test_a_slash_goes_to_the_search(browser: Browser) -> None:
    """`/` on any page puts the cursor into the search box, unless somebody types elsewhere."""
    site = Site(view())
    try:
        browser.size(1366, 768)
        fresh(browser, f"{site.url}/collectors")
        press = "new KeyboardEvent('keydown', {key: '/', bubbles: true, cancelable: true})"
        browser.eval(
            f"document.getElementById('find-device').focus();"
            f" document.activeElement.dispatchEvent({press})"
        )
        assert browser.eval("document.activeElement.id") == "find-device"
        browser.eval(f"document.activeElement.blur(); document.body.dispatchEvent({press})")
        assert browser.eval("document.activeElement.id") == "find-all"
        browser.open(f"{site.url}/search?find=gpu-03")
        assert browser.eval("document.querySelector('.foundthings a').textContent") == "gpu-03"
        assert browser.errors == []
    finally:
        site.close()
