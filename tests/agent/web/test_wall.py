"""The wall screen: every hub's promises and this hub's sites, all of it seen at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.messages.catalogue import languages
from agent.web.view import BoardView
from agent.web.views import promises, racks, wall
from agent.web.views.wall import WallView
from collectors.base import Batch, Reading
from collectors.catalogue import facility, rack
from collectors.catalogue import site as site_catalogue
from tests.agent.web import asked, fixture
from tests.agent.web.served import Site, fresh
from tests.agent.web.site_readings import HUB, NOW, SITE
from tests.support.browser import Browser


def seen(view: BoardView, site: str = "") -> WallView:
    """Return the wall of a view."""
    return wall.read(view, promises.read(view), racks.read(view), site)


def many_sites(count: int) -> BoardView:
    """Return a view with more sites beside the fixture's, each with a power."""
    view = fixture.view()
    readings: list[Reading] = [
        (site_catalogue.SITE_POWER.series(HUB, f"s{n:02}", "facility"), 1000.0)
        for n in range(count)
    ]
    view.snapshot.update(
        Batch(collector="sites", device="", time=NOW, lifetime=1e9, readings=readings)
    )
    return view


def test_every_promise_is_told_or_counted() -> None:
    """In each row the promises told and those counted as more are all that the hub has."""
    view = fixture.view()
    hubs = {hub.hub: hub for hub in promises.read(view)}
    rows = {}
    for turn in range(2):
        moment = NOW + turn * wall.TURN_SECONDS
        at = seen(replace(view, now=lambda moment=moment: moment))
        assert at.turns == 2
        assert at.rows[0].own
        rows |= {row.hub: row for row in at.rows}
    stated = {
        key: sum(one.kind != "observation" for one in hub.targets) for key, hub in hubs.items()
    }
    assert {
        key: sum(len(cell.told) + cell.more for cell in row.cells) for key, row in rows.items()
    } == {key: count for key, count in stated.items() if count}


def test_racks_that_just_passed_a_limit_are_named_the_worst_first() -> None:
    """Their needs began a minute ago, and the shortest wait is five."""
    view = fixture.view()
    needs = (("B03", "too_hot"), ("B03", "hot"), ("A06", "over"), ("A10", "failover_tight"))
    begun: list[Reading] = [
        (rack.RACK_NEED_SINCE.series(HUB, SITE, name[0], name, need), NOW - 60)
        for name, need in needs
    ]
    view.snapshot.update(
        Batch(collector="since", device="", time=NOW, lifetime=1e9, readings=begun)
    )
    (site,) = seen(view).sites
    assert [one.rack for one in site.pending] == ["B03", "A10"]
    assert "A06" in [one.rack for one in site.urgent]  # it has lost its failover, of unknown age
    html = asked.page("/", view, kiosk="")
    assert html.index("<b>A06</b>") < html.index("<b>B03</b>") < html.index("<b>A10</b>")


def test_the_bar_goes_from_the_least_value_to_a_fifth_beyond_the_limit() -> None:
    """PUE 1.2284 of 1.2: 0.2284 and 0.2000 of 0.2284 + 0.2 / 5 = 0.2684."""
    (cell,) = (one for one in seen(fixture.view()).rows[0].cells if one.family == "pue")
    (told,) = cell.told
    assert told.share == pytest.approx(0.2284 / 0.2684)
    assert told.limit_share == pytest.approx(0.2 / 0.2684)


def test_the_own_hub_is_named_though_it_promised_nothing() -> None:
    """Without any promise the own hub still has its row, and another hub has none."""
    view = fixture.view()
    hubs = [replace(hub, targets=()) for hub in promises.read(view)]
    rows = wall.read(view, hubs, racks.read(view)).rows
    assert [(row.hub, row.own) for row in rows] == [(HUB, True)]


@pytest.mark.parametrize("value", [1.0, 1.3])
def test_a_limit_at_the_least_value_has_no_bar(value: float) -> None:
    """Of a PUE of at most 1, the least that there is, no bar can show how much of it is used."""
    view = fixture.view()
    hubs = [
        replace(
            hub,
            targets=tuple(
                replace(one, limit=1.0, value=value) if one.kpi == "pue" else one
                for one in hub.targets
            ),
        )
        for hub in promises.read(view)
    ]
    rows = wall.read(view, hubs, racks.read(view)).rows
    (cell,) = (one for one in rows[0].cells if one.family == "pue")
    assert [one.share for one in cell.told] == [None]


def test_the_gravest_promise_of_a_cell_comes_first() -> None:
    """Of the own hub's chips the overdue promise stands before the one without a deadline
    passed.
    """
    (cell,) = (one for one in seen(fixture.view()).rows[0].cells if one.family == "chips")
    assert [one.target.state for one in cell.told] == ["expired_unreported", "unknown"]


@pytest.mark.parametrize(("others", "sizes"), [(8, [3, 3, 3]), (12, [3, 3, 3, 3, 1])])
def test_sites_follow_one_another_and_each_has_its_turn(others: int, sizes: list[int]) -> None:
    """Of nine sites, and of thirteen, three are shown at a time, and each has its turn."""
    view = many_sites(others)
    turns = [
        seen(replace(view, now=lambda n=n: NOW + n * wall.TURN_SECONDS)).sites
        for n in range(len(sizes))
    ]
    shown = [one.line.site for turn in turns for one in turn]
    assert sorted(map(len, turns)) == sorted(sizes)
    assert sorted(shown) == sorted([SITE, *(f"s{n:02}" for n in range(others))])


def test_a_site_that_is_asked_for_stays() -> None:
    """`/?kiosk&site=s03` shows that site alone at every moment."""
    view = many_sites(8)
    for n in range(3):
        at = seen(replace(view, now=lambda n=n: NOW + n * wall.TURN_SECONDS), "s03")
        assert [one.line.site for one in at.sites] == ["s03"]


@pytest.mark.parametrize("language", list(languages()))
def test_no_tick_over_dead_meters(language: str) -> None:
    """With every meter of the site dead no mark on the screen is the tick, except of a promise."""
    view = fixture.view()
    dead = [
        (series, 0.0)
        for series in view.snapshot.family(facility.METER_UP)
        if series.label("hub") == HUB
    ]
    assert dead
    view.snapshot.update(Batch(collector="m", device="", time=NOW, lifetime=1e9, readings=dead))
    html = asked.page("/", view, kiosk="", lang=language)
    sites = html[html.index('class="wallsites"') :]
    assert "m-met" not in sites
    assert "m-silent" in sites


@pytest.mark.parametrize("theme", ["", "light", "dark"])
def test_the_address_chooses_light_or_dark(theme: str) -> None:
    """Without a choice the reader's system decides; a choice holds whatever the system prefers."""
    html = asked.page("/", fixture.view(), kiosk="", theme=theme)
    linked = '<link rel="stylesheet" href="/static/dark.css"'
    media = 'media="(prefers-color-scheme: dark)"'
    assert (linked in html) is (theme != "light")
    assert (media in html) is (theme == "")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080), (3840, 2160)])
def test_a_wall_screen_is_filled_and_nothing_is_cut(
    browser: Browser, site: Site, width: int, height: int
) -> None:
    """At every moment of the turn each row and each site's facts lie within the screen."""
    for turn in range(2):
        site.view = replace(fixture.view(), now=lambda turn=turn: NOW + turn * wall.TURN_SECONDS)
        for language in languages():
            browser.size(width, height)
            fresh(browser, f"{site.url}/?kiosk&lang={language}")
            assert browser.eval("document.documentElement.scrollHeight") == height
            assert (
                browser.eval(
                    "[...document.querySelectorAll('.matrix tr,"
                    " .wallsite .facts > div, .urgent > li')]"
                    ".filter(n => n.getBoundingClientRect().bottom >"
                    " n.closest('.card').getBoundingClientRect().bottom)"
                    ".map(n => n.textContent)"
                )
                == []
            )


@pytest.mark.parametrize(
    "kpi",
    [
        "renewable_energy_factor",
        "carbon",
        "carbon_usage_effectiveness",
        "water_usage_effectiveness",
        "energy_reuse_factor",
    ],
)
def test_energy_and_carbon_have_a_column(kpi: str) -> None:
    """What docs/kpi-keys.md lists of energy, water and carbon is not among the others."""
    assert wall.family_of(kpi) == "green"
