"""The wall at the sizes of real screens: no line of a site is cut, and silence comes first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.messages.catalogue import languages
from agent.web.view import BoardView
from collectors.base import Batch, Reading
from collectors.catalogue import facility, inventory, rack
from tests.agent.web import fixture
from tests.agent.web.served import Site, fresh
from tests.agent.web.site_readings import HUB, NOW, energy
from tests.support.browser import Browser

KINDS = {"meter": 5, "ups": 2, "pdu": 16, "cooling": 3, "sensor": 4, "ats": 2}
CUT = """[...document.querySelectorAll('.wallsite h2, .wallpue, .facts > div, .urgent > li')]
    .filter(one => {
        const box = one.getBoundingClientRect();
        const card = one.closest('.card').getBoundingClientRect();
        const around = one.parentElement.getBoundingClientRect();
        const left_out = box.left >= around.right - 1;
        const inside = box.bottom <= Math.min(card.bottom, around.bottom) + 0.5;
        return !left_out && !inside;
    }).map(one => one.textContent.replace(/\\s+/g, ' '))"""
"""Lines of a site that are seen in part; a line that is left out as a whole is not."""


def silent_sites(count: int, answering: int) -> BoardView:
    """Return sites of eight racks with dead PDUs; of each kind of device so many answer."""
    found: list[Reading] = []
    for at in range(count):
        where = f"site-{at + 1}"
        found += [one for one in energy(where=where) if one[0].metric is not facility.METER_UP]
        for kind, number in KINDS.items():
            found += [
                (inventory.EXPECTED.series(HUB, where, kind), float(number)),
                (inventory.ANSWERING.series(HUB, where, kind), float(min(answering, number))),
            ]
        for n in range(8):
            place = (HUB, where, "A", f"A{n + 1:02d}")
            found += [
                (rack.RACK_INFO.series(*place, "in_service"), 1.0),
                *((facility.PDU_UP.series(*place, f"{place[3]}-{f}", f), 0.0) for f in "AB"),
                (rack.RACK_NEED_SINCE.series(*place, "silent"), NOW - 3600),
            ]
    view = fixture.view([])
    view.snapshot.update(
        Batch(collector="sites", device="", time=NOW, lifetime=1e9, readings=found)
    )
    return replace(view, trends=fixture.FakeTrends())


@pytest.mark.parametrize(("width", "height"), [(768, 1024), (1024, 768), (1366, 768), (1920, 1080)])
def test_no_line_of_a_site_is_cut(browser: Browser, site: Site, width: int, height: int) -> None:
    """With one to three sites whose devices are silent, all of them or one of each kind."""
    browser.size(width, height)
    for count in (1, 2, 3):
        for answering in (0, 1):
            site.view = silent_sites(count, answering)
            for language in languages():
                fresh(browser, f"{site.url}/?kiosk&lang={language}")
                assert browser.eval("document.querySelectorAll('.wallsite').length") == count
                assert browser.eval(CUT) == [], (count, answering, language)
                assert browser.eval("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(("width", "height"), [(768, 1024), (1024, 768)])
def test_on_a_narrow_screen_the_site_is_seen_first(
    browser: Browser, site: Site, width: int, height: int
) -> None:
    """Nobody scrolls a screen on a wall: the site, its racks included, lies on the first screen."""
    browser.size(width, height)
    site.view = silent_sites(1, 0)
    for language in languages():
        fresh(browser, f"{site.url}/?kiosk&lang={language}")
        last = "[...document.querySelectorAll('.urgent > li')].at(-1).getBoundingClientRect()"
        assert browser.eval("document.querySelectorAll('.urgent > li').length") == 8
        assert browser.eval(f"{last}.bottom") <= height
        assert browser.eval(
            "document.querySelector('.wallsites').getBoundingClientRect().bottom"
            " <= document.querySelector('.walled').getBoundingClientRect().top"
        )
