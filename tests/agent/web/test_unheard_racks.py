"""What is said of racks whose PDUs are all silent: their silence first, and nothing foreseen."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from agent.messages.catalogue import languages
from agent.web.view import BoardView
from agent.web.views import collectors, racks, standing, wall
from agent.web.views.promises import read as promises
from collectors.base import Reading
from collectors.catalogue import facility, rack
from tests.agent.web import asked, fixture
from tests.agent.web.reading import page
from tests.agent.web.site_readings import HUB, NOW, SITE
from tests.agent.web.test_standing import expected, rack_of

FORESEEN = ("soon", "just begun", "即将", "刚出现")
"""Words that would foresee something, or call it new."""


def silent_rack(name: str, minutes: float) -> list[Reading]:
    """Return a rack in service of which both PDUs have been silent for some minutes."""
    place = (HUB, SITE, "R1", name)
    return [
        (rack.RACK_INFO.series(*place, "in_service"), 1.0),
        *((facility.PDU_UP.series(*place, f"{name}-{feed}", feed), 0.0) for feed in "AB"),
        (rack.RACK_NEED_SINCE.series(*place, "silent"), NOW - 60 * minutes),
    ]


def site(minutes: float, heard: int = 0) -> BoardView:
    """Return a site with eight silent racks, and some that are heard and well."""
    found = [one for n in range(8) for one in silent_rack(f"A{n + 1}", minutes)]
    for n in range(heard):
        name = f"B{n + 1}"
        found += rack_of(name, 5000.0)
        found.append((facility.PDU_UP.series(HUB, SITE, "R1", name, f"{name}-A", "A"), 1.0))
    pdus = 16 + heard
    readings = [*found, *expected("pdu", pdus, heard), *expected("meter", 2, 0)]
    return fixture.view(readings, healthy=list)


def said(view: BoardView) -> list[tuple[str, int, int]]:
    """Return what the line on the site says: each part, of how many, of how many in all."""
    members = racks.read(view)[SITE]
    found = standing.read(view, members, collectors.read(view).counts)
    return [(one.said, one.count, one.all) for one in found.parts]


def test_racks_of_silent_pdus_are_unheard_at_once() -> None:
    """A minute after all PDUs fell silent nothing "may" happen: eight racks are not heard."""
    assert said(site(1)) == [("all_silent", 2, 2), ("all_silent", 16, 16), ("unheard", 8, 8)]


def test_after_the_alert_they_need_attention_as_well() -> None:
    """PduSilent waits for ten minutes; the silence stays the first thing that is said."""
    assert said(site(11)) == [
        ("all_silent", 2, 2),
        ("all_silent", 16, 16),
        ("unheard", 8, 8),
        ("racks", 8, 8),
    ]


def test_only_the_racks_that_are_silent_are_unheard() -> None:
    """Beside three racks that are heard, eight of eleven are not."""
    assert said(site(1, heard=3))[2:] == [("unheard", 8, 11)]


def test_a_rack_of_which_one_pdu_answers_is_heard() -> None:
    """Its need is new, and it is measured in part."""
    place = (HUB, SITE, "R1", "A1")
    view = fixture.view(
        [
            (rack.RACK_INFO.series(*place, "in_service"), 1.0),
            (rack.RACK_POWER.series(*place, "A"), 2000.0),
            (facility.PDU_UP.series(*place, "A1-A", "A"), 1.0),
            (facility.PDU_UP.series(*place, "A1-B", "B"), 0.0),
            (rack.RACK_NEED_SINCE.series(*place, "silent"), NOW - 60),
        ],
        healthy=list,
    )
    assert ("pending", 1, 1) in said(view)
    assert "unheard" not in [part for part, _, _ in said(view)]


@pytest.mark.parametrize(
    ("language", "line", "panel", "wall_said"),
    [
        (
            "en",
            "8 of 8 racks unheard, state unknown",
            "8 of 8 racks unheard: no PDU answers",
            "8 of 8 unheard, state unknown",
        ),
        (
            "zh",
            "8 个机柜中 8 个无读数，无法判定",
            "8 个机柜中 8 个无读数：其 PDU 均无应答",
            "8/8 无读数，无法判定",
        ),
    ],
)
def test_board_and_wall_say_it_and_foresee_nothing(
    language: str, line: str, panel: str, wall_said: str
) -> None:
    """The line of the board, its panel of racks and the wall, in the first minute."""
    html = page(site(1), lang=language)
    assert line in html
    part = html[html.index('class="attention"') :]
    part = part[: part.index("</section>")]
    assert panel in part
    assert "m-silent" in part
    assert "m-met" not in part
    screen = asked.page("/", site(1), kiosk="", lang=language)
    assert line in screen
    assert wall_said in screen[screen.index('class="wallsites"') :]
    for text in (html, screen):
        assert [word for word in FORESEEN if word in text] == []


def test_the_wall_says_in_one_line_that_nothing_answers() -> None:
    """Two meters and sixteen PDUs are silent: of 18 devices none answers; kinds are not listed."""
    view = site(1)
    (one,) = wall.read(view, promises(view), racks.read(view)).sites
    assert one.deaf == 18
    for language in languages():
        html = asked.page("/", view, kiosk="", lang=language)
        facts = html[html.index('class="facts"') :]
        assert "18" in facts[: facts.index("</dl>")]
    (part,) = (
        wall.read(other, promises(other), racks.read(other)).sites[0].deaf
        for other in (site(1, heard=1),)
    )
    assert part == 0


@pytest.mark.parametrize(
    ("language", "said", "never"),
    [
        ("en", "Not known: a PDU of this rack does not answer", "No sensor is attached"),
        ("zh", "无法判定：本机柜有 PDU 无应答", "未接传感器"),
    ],
)
def test_a_rack_of_silent_pdus_is_not_without_sensors(language: str, said: str, never: str) -> None:
    """Its page says that they are not known; nobody has seen that there are none."""
    html = asked.page(f"/sites/{SITE}/racks/A1", site(1), lang=language)
    assert said in html
    assert never not in html


def test_its_tile_is_marked_at_once() -> None:
    """A hatched tile alone is also that of a rack that nobody meters."""
    html = page(site(1, heard=1))
    tiles = re.findall(r'class="tile .*?</a>', html, re.DOTALL)
    assert ["m-silent" in one for one in tiles] == [True] * 8 + [False]


def test_the_api_counts_them() -> None:
    """The sums of `/api/racks` have them apart from those that are measured in part."""

    def sums(view: BoardView) -> Any:
        return json.loads(asked.page("/api/racks", view))["sites"][SITE]

    found = sums(site(1, heard=3))
    assert (found["unheard_racks"], found["judged_racks"]) == (8, 3)
