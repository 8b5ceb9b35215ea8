"""Temperatures over time: asked of a real database, and plainly said where none is kept."""

from __future__ import annotations

import socket
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from agent.settings import History
from agent.web.curves import TemperatureTrendView
from agent.web.over import Over
from agent.web.temperatures import Temperatures
from agent.web.view import BoardView
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import HOSTILE, api
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.agent.web.site_readings import NOW, SITE
from tests.support import get
from tests.support.browser import Browser
from tests.support.victoria import Victoria

RACK = f"/sites/{SITE}/racks/{rack_fixture.NAME}"
T0 = 1_795_305_600.0  # 2026-11-22T00:00:00Z, a whole day
HOUR = 3600.0
NAME = "dc_rack_inlet_temperature_celsius"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A VictoriaMetrics with two hours of two racks, a reading each minute: A06 has 20 °C and once
    31.5, A07 has 24; another hub's rack of the same name has 50. At another site one has 20 °C
    for an hour, then 30.
    """
    with Victoria(tmp_path_factory.mktemp("vm")).up() as server:
        lines = []
        for n in range(120):
            at = round((T0 + n * 60.0) * 1000)
            spike = 31.5 if n == 22 else 20.0
            for hub, rack, value in (
                ("guian", "A06", spike),
                ("guian", "A07", 24.0),
                ("kunming", "A06", 50.0),
            ):
                lines.append(
                    f'{NAME}{{hub="{hub}",site="{SITE}",row="A",rack="{rack}"}} {value} {at}'
                )
            later = 30.0 if n >= 60 else 20.0
            lines.append(f'{NAME}{{hub="guian",site="steps",row="A",rack="A01"}} {later} {at}')
        body = "\n".join(lines).encode()
        request = urllib.request.Request(f"{server.url}/api/v1/import/prometheus", data=body)
        urllib.request.urlopen(request, timeout=60).close()
        get(f"{server.url}/internal/force_flush")
        yield server.url


def asked(url: str, hub: str = "guian") -> Temperatures:
    """Return who asks a database."""
    config = History(url=url, timeout=60.0)
    return Temperatures(config, hub, patience=120.0, clock=lambda: T0 + 2 * HOUR)


def test_a_racks_warmest_air_of_each_interval(database: str) -> None:
    """Five minutes apart: the one reading of 31.5 °C is not lost, and nothing is of another hub."""
    found = asked(database).of_rack(SITE, "A06", Over(ends=(T0, T0 + 2 * HOUR)))
    assert found is not None
    assert (found.error, found.step_seconds, found.times[0]) == ("", 300.0, T0)
    assert max(value for value in found.series["warmest"] if value is not None) == 31.5
    at = dict(zip(found.times, found.series["warmest"], strict=True))
    assert at[T0 + 1200.0] == 31.5  # read at 00:22
    assert at[T0 + 1500.0] == 20.0
    assert at[T0 + 3600.0] == 20.0


def test_a_sites_warmest_rack_and_the_mean(database: str) -> None:
    """Two racks of 20 and 24 °C: 24 and 22; hours later nothing is known, which is not zero."""
    found = asked(database).of_site(SITE, Over(ends=(T0 - 10 * HOUR, T0 + 2 * HOUR)))
    assert found is not None
    at = dict(zip(found.times, found.series["warmest"], strict=True))
    mean = dict(zip(found.times, found.series["mean"], strict=True))
    assert (at[T0 + HOUR], mean[T0 + HOUR]) == (24.0, 22.0)
    assert at[T0 - 5 * HOUR] is None


def test_a_sites_value_is_of_the_time_that_is_told(database: str) -> None:
    """An hour apart: the 20 °C of midnight at midnight, the 30 of one o'clock at one o'clock."""
    found = asked(database).of_site("steps", Over(ends=(T0 - 22 * HOUR, T0 + 2 * HOUR)))
    assert found is not None
    at = dict(zip(found.times, found.series["warmest"], strict=True))
    assert found.step_seconds == HOUR
    assert (at[T0 - HOUR], at[T0], at[T0 + HOUR]) == (None, 20.0, 30.0)


def test_a_page_waits_for_no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is made on the event loop: it goes without, and never for a time of its own."""
    waited: list[float | None] = []
    monkeypatch.setattr("threading.Thread.join", lambda _self, timeout=None: waited.append(timeout))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = History(url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=60.0)
        assert Temperatures(config, "guian").of_rack(SITE, "A06", Over(span=HOUR)) is None
    assert set(waited) <= {0.0}


def test_what_is_not_there_is_no_curve(database: str) -> None:
    """Another time, another hub, or a rack with a name that is no name: no times, and no error."""
    past = Over(ends=(T0 - 90 * HOUR, T0 - 80 * HOUR))
    for found in (
        asked(database).of_rack(SITE, "A06", past),
        asked(database, "nowhere").of_rack(SITE, "A06", Over(span=HOUR)),
        asked(database).of_rack(SITE, HOSTILE, Over(span=HOUR)),
    ):
        assert found is not None
        assert (found.times, found.error) == ((), "")


def test_a_database_that_does_not_answer_is_told() -> None:
    """The error, and no curve: nobody knows what the temperatures were."""
    found = asked("http://127.0.0.1:1").of_rack(SITE, "A06", Over(span=HOUR))
    assert found is not None
    assert found.error
    assert found.times == ()


@dataclass
class Told:
    """A database of which a test says what it has."""

    series: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    error: str = ""
    is_read: bool = True

    def of_rack(self, _site: str, _rack: str, _over: Over) -> TemperatureTrendView | None:
        """Return what the test said."""
        return self.of_site("", _over)

    def of_site(self, _site: str, _over: Over) -> TemperatureTrendView | None:
        """Return what the test said, hourly until now."""
        if not self.is_read:
            return None
        count = max((len(values) for values in self.series.values()), default=0)
        return TemperatureTrendView(
            times=[NOW - (count - n) * HOUR for n in range(count)],
            step_seconds=HOUR,
            series=self.series,
            error=self.error,
        )


def view(told: Told | None) -> BoardView:
    """Return a board that asks a database."""
    return replace(rack_fixture.view(), temperatures=told)


def test_each_limit_has_dashes_and_a_name_of_its_own(browser: Browser) -> None:
    """27 °C is advised and 32 °C allowed (ASHRAE TC 9.9, class A1), told apart without colours: by
    their dashes, and by names that lie within the page.
    """
    served = Served(view(Told({"warmest": [25.0, 33.0, 28.0]})))
    try:
        browser.size(1366, 768)
        fresh(browser, f"{served.url}{RACK}?lang=en")
        lines, names = browser.eval(
            "(plot => ['line.rule', '.names .label'].map(q => [...plot.querySelectorAll(q)].map("
            "one => [getComputedStyle(one).strokeDasharray, one.textContent,"
            " one.getBoundingClientRect().right <= innerWidth])))"
            "(document.querySelector('[data-key^=panel-temperature-] .plot'))"
        )
    finally:
        served.close()
    assert len({dashes for dashes, *_ in lines}) == len(lines) == 2
    assert [text for _, text, _ in names] == ["allowed 32\u202f°C", "advised 27\u202f°C"]
    assert all(within for *_, within in names)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (None, "No history is kept"),
        (Told(), "The database has no inlet temperature of this time."),
        (Told(is_read=False), "The database is being asked."),
        (Told(error="no <answer>"), "no &lt;answer&gt;"),
    ],
)
def test_the_pages_say_why_there_is_no_curve(told: Told | None, said: str) -> None:
    """On the rack's page and on the site's, each in its own words."""
    for path in (RACK, f"/sites/{SITE}"):
        html = page(path, view(told))
        part = html[html.index('data-key="panel-temperature-') :]
        part = part[: part.index("</section>")]
        assert said in part
        assert "<svg" not in part


def test_a_curve_with_the_limits_of_the_inlet() -> None:
    """The limits that the rack is judged by, 27 and 32 °C, as lines; the same by the API."""
    told = Told({"warmest": [21.0, None, 28.3], "mean": [20.0, 20.5, 21.0]})
    html = page(f"/sites/{SITE}", view(told))
    part = html[html.index('data-key="panel-temperature-') :]
    part = part[: part.index("</section>")]
    assert [part.count(f'class="rule {kind}"') for kind in ("caution", "limit")] == [1, 1]
    assert "at most 28.3" in part
    answer = api(f"/api{RACK}/temperature", view(told))
    assert (answer["kept"], answer["recommended_celsius"], answer["allowable_celsius"]) == (
        "known",
        27.0,
        32.0,
    )
    assert answer["trend"]["series"]["warmest"] == [21.0, None, 28.3]
    assert answer["trend"]["texts"]["en"][1] == "– / 20.5\u202f°C"
    assert api(f"/api/sites/{SITE}/temperature", fixture.view())["kept"] == "not_kept"


def test_the_secret_is_a_files(tmp_path: Path) -> None:
    """A token that others may read is refused when the database is asked."""
    token = tmp_path / "token"
    token.write_text("x\n")
    token.chmod(0o644)
    found = Temperatures(
        History(url="http://127.0.0.1:1", token_file=token), "guian", patience=60.0
    )
    told = found.of_rack(SITE, "A06", Over(span=HOUR))
    assert told is not None
    assert "token" in told.error
