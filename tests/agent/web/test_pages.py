"""The board as a page, without a browser."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from agent.messages.catalogue import languages, words
from agent.targets.model import STATES, State
from agent.targets.wording import STATE_NAMES
from agent.web import board
from agent.web.page import Page
from collectors.catalogue import site
from tests.agent.web import fixture
from tests.agent.web.reading import api, outline, page


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize("colour", ["power", "space", "inlet", "nonsense"])
def test_page_is_well_formed(language: str, colour: str) -> None:
    """In every language and colouring elements nest, ids are unique, and labels have a target."""
    found = outline(page(lang=language, racks=colour))
    assert found.tags.count("main") == 1
    assert found.tags.count("h1") == 1
    assert {
        "header",
        "nav",
        "footer",
        "table",
        "caption",
        "details",
        "svg",
        "title",
        "desc",
    } <= set(found.tags)


def test_page_asks_for_nothing_from_outside() -> None:
    """Every address in the page is on this server."""
    for link in outline(page()).links:
        assert re.match(r"[/?#]", link), link
        assert not link.startswith("//")


def test_first_line_counts_the_promises_of_this_hub() -> None:
    """The heading counts the hub's own promises by state; the one in danger is named below it."""
    html = page()
    heading = re.search(r"<h1.*?</h1>", html, re.DOTALL)
    assert heading
    words_of = " ".join(re.sub("<[^>]+>", " ", heading[0]).split())
    assert words_of == (
        "Promises: 1 over limit · 4 overdue without report · 1 without data · 0 met"
    )
    assert re.search(r"PUE</b> Guiyang.{0,400}1\.228\D.{0,60}≤.1\.2", html, re.DOTALL)


def test_promises_of_other_hubs_are_one_line_that_can_be_left_out() -> None:
    """Other hubs' promises never colour the heading; without them their cards are left out too."""
    html = page()
    assert 'class="quiet other-hubs"' in html
    assert 'data-key="hub-kunming"' in html
    alone = page(replace(fixture.view(), show_others=False))
    assert "other-hubs" not in alone
    assert 'data-key="hub-kunming"' not in alone


def test_nothing_known_is_said_without_colour() -> None:
    """Where nothing is measured no line is green: promises are overdue, the site is unknown."""
    bare = page(fixture.view([], where="", inventory=False, healthy=lambda: ()))
    heading = re.search(r'<h1 class="([^"]+)"', bare)
    assert heading
    assert heading[1] == "s-expired_unreported"
    assert 'data-severity="unknown"' in bare
    assert "nothing is measured here" in bare


@pytest.mark.parametrize("language", list(languages()))
@pytest.mark.parametrize("state", STATES)
def test_every_state_has_a_word_and_a_shape(state: State, language: str) -> None:
    """A state is told by a word and by a mark of its own shape, never by colour alone."""
    shown = Page(fixture.view(), w=words(language))
    hub = next(hub for hub in shown.board if hub.hub == "guian")
    row = next(row for row in hub.targets if row.id == "guian-huawei-pue")
    name = STATE_NAMES[state]
    shown.board = [replace(hub, targets=(replace(row, state=state, state_name=name),))]
    drawn = board.draw(shown)
    drawn = drawn[drawn.index("<article") : drawn.index("</article>")]
    assert f'href="#m-{state}"' in drawn
    assert f">{shown.w.pick(name)}<" in drawn
    assert f'id="m-{state}"' in page(lang=language)


def test_deadline_range_distance_coverage_and_source_are_shown() -> None:
    """A target's row has deadline range, distance, coverage, source, and what that leaves open."""
    html = page()
    row = html[html.index('id="t-guian-huawei-pue"') :]
    row = re.sub("<[^>]+>", "", row[: row.index("</tbody>")])
    for said in (
        "2027-03-01",
        "2027-06-14",
        "over the limit",
        "95.8\u202f%",
        "measured",
        "TapTechNews, 2024-06-14",
        "What the source does not say",
    ):
        assert said in row, said


def test_registered_observations_stand_apart() -> None:
    """A published figure without a threshold has a heading of its own, apart from promises."""
    html = page()
    hub = html[html.index('data-key="hub-guian"') :]
    hub = hub[: hub.index("</article>")]
    promises, registered = hub.split('<details class="registered"')
    assert "t-guian-chips-in-use" in registered
    assert "t-guian-chips-in-use" not in promises
    assert "no target stated" in promises


def test_a_lower_bound_of_nothing_is_not_shown() -> None:
    """A lower bound of zero, counted at one site, is not shown beside a figure of the whole hub."""
    view = fixture.view(
        [(site.SITE_INFO.series("kunming", "k1", "in_service", ""), 1.0)], hub="kunming", where="k1"
    )
    row = next(
        row
        for row in api("/api/hubs/kunming", view)["targets"]
        if row["kpi"] == "data_centers_under_construction"
    )
    assert (row["value"], row["value_at_least"]) == (0.0, True)
    assert "at least 0" not in page(view)


def test_page_is_the_same_while_the_data_is() -> None:
    """Nothing moves unless data did: the same view gives the same bytes."""
    view = fixture.view()
    assert page(view) == page(view)


def test_languages_differ_and_link_to_each_other() -> None:
    """Each page is in its own language; the link to the other language keeps the choices."""
    english, chinese = page(lang="en", racks="space"), page(lang="zh", racks="space")
    assert '<html lang="en">' in english
    assert '<html lang="zh-Hans">' in chinese
    assert 'href="/?lang=zh&amp;racks=space"' in english
    assert "1 项已超限" in re.sub("<[^>]+>", "", chinese)
    assert "promise" not in re.sub(r"<[^>]*>", "", chinese)
