"""One time for all curves: how it is chosen, which links keep it, and what the ledger gives."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from agent.web import pages
from agent.web.over import SPANS, USUAL, Over, asked, step_for
from agent.web.past import power as rack_power
from agent.web.trends import Trends, power_between
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import api, outline
from tests.agent.web.site_readings import SITE
from tests.support.ledger import (
    HEAD,
    HOUR,
    T0,
    Clock,
    batch,
    bench,
    inventory,
    ledger,
    pdu_power,
    power,
)
from tests.support.ledger import SITE as METERED

ZONE = dt.timezone(dt.timedelta(hours=8))
RACK = f"/sites/{SITE}/racks/{rack_fixture.NAME}"
TWO = HEAD + "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]"


@pytest.mark.parametrize(
    ("query", "start", "end"),
    [
        # 2026-11-22T04:00:00Z is 1795320000 s (`date -ud 2026-11-22T04:00 +%s`)
        ({"from": "2026-11-22T12:00", "to": "2026-11-22T13:30"}, 1795320000, 1795325400),
        ({"from": "2026-11-22T04:00Z", "to": "2026-11-22T12:10+08:00"}, 1795320000, 1795320600),
        ({"from": "2026-11-22", "to": "2026-11-23", "span": "7d"}, 1795276800, 1795363200),
        ({"span": "7d"}, 1794715200, 1795320000),
        ({}, 1795233600, 1795320000),
    ],
)
def test_a_time_is_chosen(query: dict[str, str], start: float, end: float) -> None:
    """By a span until now, or by two times; without an offset these are of the hub's zone."""
    assert asked(query, ZONE).bounds(1795320000, 86400) == (start, end)


@pytest.mark.parametrize(
    "query",
    [
        {"span": "2d"},
        {"from": "2026-11-22T12:00"},
        {"to": "2026-11-22T12:00"},
        {"from": "2026-11-22T12:00", "to": "2026-11-22T12:09"},
        {"from": "2026-11-22T13:00", "to": "2026-11-22T12:00"},
        {"from": "2010-11-22", "to": "2026-11-22"},
        {"from": "yesterday", "to": "2026-11-22T12:00"},
        {"from": "0001-01-01", "to": "2026-11-22T12:00"},
        {"from": "2026-11-22", "to": "9999-12-31T23:59-23:59"},
    ],
)
def test_a_wrong_time_is_no_choice(query: dict[str, str]) -> None:
    """The API refuses it. A page shows what is usual, and repeats nothing of it in its links."""
    with pytest.raises(ValueError, match=r"from and to|span"):
        asked(query, ZONE)
    with pytest.raises(ValueError, match=r"from and to|span"):
        pages.handle(rack_fixture.view(), f"/api/sites/{SITE}/power", query)
    links = outline(page(f"/sites/{SITE}", **query)).links
    own = [link for link in links if not link.startswith("/events?from=")]  # marks of a lane
    assert not any("2026-11-22" in link or "span=2d" in link for link in own)


def test_every_link_keeps_the_time() -> None:
    """From the site to the rack, to the events, to the data of the curves and to their CSV."""
    own = {"from": "2026-11-21T04:00Z", "to": "2026-11-22T04:00Z"}
    said = "from=2026-11-21T04%3A00Z&to=2026-11-22T04%3A00Z"
    html = page(f"/sites/{SITE}", **own)
    links = outline(html).links
    assert f"/sites/{SITE}/racks/A06?{said}" in links
    assert f"/events?{said}" in links
    assert f"/api/sites/{SITE}/pue?{said}&format=csv" in links
    assert f'data-source="/api/sites/{SITE}/power?{said.replace("&", "&amp;")}"' in html
    assert f"/sites/{SITE}?span=7d" in links
    assert f"/sites/{SITE}" in links
    # a day earlier, a day later, and twice as long, which ends now: 12:43 of the 22nd, UTC+8
    assert f"/sites/{SITE}?from=2026-11-20T04%3A00Z&to=2026-11-21T04%3A00Z" in links
    assert f"/sites/{SITE}?from=2026-11-22T04%3A00Z&to=2026-11-23T04%3A00Z" in links
    assert f"/sites/{SITE}?from=2026-11-20T16%3A00Z&to=2026-11-22T04%3A43Z" in links


def test_wider_stays_within_what_is_shown() -> None:
    """Twice eight years are ten: 3660 days before 12:43 of the 22nd of November 2026, UTC+8."""
    links = outline(
        page(f"/sites/{SITE}", **{"from": "2018-11-22T04:00Z", "to": "2026-11-22T04:00Z"})
    ).links
    # `date -ud '2026-11-22 04:43 3660 days ago'`
    assert f"/sites/{SITE}?from=2016-11-14T04%3A43Z&to=2026-11-22T04%3A43Z" in links


@pytest.mark.parametrize("path", ["/", f"/sites/{SITE}", RACK, "/events", "/hubs/guian"])
def test_each_page_with_curves_has_the_choice(path: str) -> None:
    """Once, with a form that needs no script and keeps the other choices."""
    html = page(path, lang="zh", span="24h")
    assert html.count('class="over filter"') == 1
    form = html[html.index("<form", html.index('class="over filter"')) :]
    form = form[: form.index("</form>")]
    assert '<input type="hidden" name="lang" value="zh">' in form
    assert 'name="span"' not in form
    assert 'value="2026-11-21 12:43"' in form
    assert 'value="2026-11-22 12:43"' in form


def test_the_answer_of_events_says_its_time() -> None:
    """`days` stays as it was; two times choose what happened between them."""
    week = api("/api/events", rack_fixture.view())
    assert (week["days"], week["ends"]) == (7, "2026-11-22T04:43:48Z")
    chosen = {"from": "2026-11-22T10:00", "to": "2026-11-22T11:00"}
    told = api("/api/events", rack_fixture.view(), **chosen)
    assert [one["kind"] for one in told["events"]] == ["device", "promise"]
    assert api("/api/events", rack_fixture.view(), days="30")["days"] == 30


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(3600, 300), (43200, 300), (86400, 3600), (7 * 86400, 3600), (30 * 86400, 6 * 3600)],
)
def test_a_curve_has_no_more_values_than_can_be_seen(seconds: float, step: float) -> None:
    """Five minutes up to half a day, then hours; 30 days of six hours are 120 values."""
    assert step_for(seconds) == step
    assert step_for(SPANS["1y"]) == 48 * 3600


def test_site_curves_of_a_chosen_time_are_the_ledgers(tmp_path: Path) -> None:
    """An hour at 1500 W over 1000 W of IT, then an hour in which IT is silent."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        b.run(HOUR, power("main", 1500.0))
        found = Trends(b.pue, patience=60.0)
        over = Over(ends=(T0, T0 + 2 * HOUR))
        trend, watts = found.pue(METERED, over), found.power(METERED, over)
        assert found.pue("elsewhere", over) is None
        assert found.power(METERED, Over(ends=(T0 - 90 * HOUR, T0 - 80 * HOUR))) is None
    assert trend is not None
    assert (trend.times[0], trend.step_seconds) == (T0, 300.0)
    assert trend.pue[3] == pytest.approx(1.5)
    assert trend.pue[15] is None
    assert watts is not None
    assert watts.step_seconds == 300.0
    assert watts.series["facility"][3] == pytest.approx(1500.0)
    assert watts.series["facility"][15] == pytest.approx(1500.0)
    assert (watts.series["it"][3], watts.series["it"][15]) == (pytest.approx(1000.0), None)


def test_a_curve_begins_where_the_ledger_does(tmp_path: Path) -> None:
    """Of a year of which the ledger has three hours, these are drawn, with the gap among them."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        b.run(HOUR, power("main", 1500.0))
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        found = Trends(b.pue, patience=60.0)
        over = Over(ends=(T0 - 365 * 24 * HOUR, T0 + 3 * HOUR))
        trend, watts = found.pue(METERED, over), found.power(METERED, over)
    assert trend is not None
    assert (trend.times[0], trend.step_seconds) == (T0, 300.0)
    assert (trend.pue[3], trend.pue[15]) == (pytest.approx(1.5), None)
    assert watts is not None
    assert watts.times[0] == T0


def test_a_long_curve_is_of_means(tmp_path: Path) -> None:
    """Thirty days in steps of six hours: each is the mean of its hours that are known."""
    with bench(tmp_path, TWO) as b:
        for watts in (1200.0, 600.0):
            b.run(HOUR, power("main", watts), power("it", watts / 2, "it_input"))
        b.run(600.0, power("main", 600.0), power("it", 300.0, "it_input"))
        begin = T0 - T0 % (6 * HOUR)
        found = power_between(b.pue, METERED, begin - 29 * 86400, begin + 86400)
    assert found is not None
    assert found.step_seconds == 6 * 3600
    assert len(found.times) == len(found.series["facility"])
    at = dict(zip(found.times, found.series["facility"], strict=True))
    known = {time: value for time, value in at.items() if value is not None}
    assert list(known) == [begin]
    # a third, short hour at 600 W is known in part: (1200 + 600 + 600) / 3, but for the minute in
    # which the power fell
    assert known[begin] == pytest.approx(800.0, abs=5.0)


def test_a_racks_power_of_a_chosen_time(tmp_path: Path) -> None:
    """Of one hour every five minutes, of what was measured then; nothing of another time."""
    now = T0 + 3 * HOUR
    book = ledger(tmp_path, Clock(now), inventory(TWO))
    for minute in range(121):
        watts = 1000.0 if minute < 60 else 2000.0
        book.accept(batch(T0 + 60.0 * minute, pdu_power("A07-A", watts)))
    book.flush()
    over = Over(ends=(T0, T0 + 2 * HOUR))
    found = rack_power(book, METERED, ["A07-A", "A07-B"], now, over)
    none = rack_power(book, METERED, ["A07-A"], now, Over(ends=(T0 - HOUR, T0)))
    usual = rack_power(book, METERED, ["A07-A"], now, USUAL)
    book.close()
    assert found is not None
    assert (found.times[0], found.step_seconds, len(found.times)) == (T0, 300.0, 24)
    assert list(found.series) == ["A07-A"]
    assert found.series["A07-A"][2] == pytest.approx(1000.0)
    assert found.series["A07-A"][20] == pytest.approx(2000.0)
    assert none is None
    assert usual is not None
    assert (len(usual.times), usual.step_seconds) == (48, 3600.0)


def test_a_promise_in_a_chosen_time() -> None:
    """Its values of the days between, without the forecast; of a span until now with it; of an hour
    with too few values no curve.

    The fixture has a value each day until yesterday, 12:43 of the hub's clock.
    """
    view = replace(fixture.view(), evidence=fixture.evidence)
    path = "/api/hubs/guian/trends/guian-huawei-pue"
    trend = api(path, view)["trend"]
    assert "expected" in trend["series"]
    chosen = {"from": "2026-11-01T00:00", "to": "2026-11-11T00:00"}
    cut = api(path, view, **chosen)["trend"]
    assert "expected" not in cut["series"]
    # ten values at 12:43 from the 1st to the 10th: nine days in 160 cells
    assert cut["step_seconds"] == pytest.approx(9 * 86400 / 160)
    assert cut["times"][0] == pytest.approx(1793508228 + cut["step_seconds"] / 2, abs=1)
    month = api(path, view, span="30d")["trend"]
    assert "expected" in month["series"]
    hour = {"from": "2026-11-01T00:00", "to": "2026-11-01T01:00"}
    assert pages.handle(view, path, hour) is None
    assert pages.handle(view, "/hubs/guian", hour) is not None
