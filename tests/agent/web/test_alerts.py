"""The alerts that fire, on the board: told with their age, and never as none where nobody knows."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace

import pytest

from agent.access import Right, Role, reader_of
from agent.board import Board, Shown
from agent.firing.model import Alert, Heard
from agent.snapshot import Snapshot
from agent.web import pages
from agent.web.narrowed import Narrowing
from agent.web.view import BoardView
from collectors.catalogue import agent
from tests.agent.web import fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import HOSTILE, api, outline
from tests.agent.web.site_readings import HUB, NOW, SITE
from tests.agent.web.test_standing import WELL, stands, view

URL = "https://alerts.example"


def alert(severity: str = "critical", *, muted: bool = False, **labels: str) -> Alert:
    """Return an alert that began a minute ago."""
    return Alert(
        labels={"alertname": "RackTooHot", "severity": severity, "hub": HUB, **labels},
        annotations={
            "summary": "Rack <A06> is too hot: open its door",
            "runbook_url": "docs/runbook.md#racktoohot",
        },
        since=NOW - 60,
        is_muted=muted,
        receivers=["duty", "mail"],
    )


def told(*alerts: Alert, at: float | None = NOW - 12, error: str = "") -> Heard:
    """Return what an Alertmanager said some seconds ago."""
    return Heard(
        alerts=alerts,
        at=at,
        is_fresh=at is not None and not error,
        error=error,
        url=URL,
        acknowledge={"duty": "https://acme.pagerduty.example/incidents"},
    )


def with_alerts(heard: Heard, base: BoardView | None = None) -> BoardView:
    """Return a board that has heard of alerts."""
    return replace(base or view(WELL), firing=lambda: heard)


@pytest.mark.parametrize(
    ("heard", "severity", "said"),
    [
        (told(), "calm", "firing alerts: 0 (Alertmanager, 12\u202fs ago)"),
        (told(alert("info")), "calm", "firing alerts: 1 (Alertmanager, 12\u202fs ago)"),
        (told(alert("page")), "warning", "firing alerts: 1 (Alertmanager, 12\u202fs ago)"),
        (
            told(alert("critical"), alert("warning"), alert("critical", muted=True)),
            "critical",
            "firing alerts: 2 (Alertmanager, 12\u202fs ago)",
        ),
        (
            told(at=NOW - 600, error="refused"),
            "warning",
            "Alertmanager does not answer; 10\u202fmin ago it told of 0 firing alerts",
        ),
        (
            told(at=None, error="refused"),
            "warning",
            "Alertmanager does not answer, so it is not known which alerts fire",
        ),
        (
            told(at=None),
            "unknown",
            "Alertmanager has not been asked yet, so it is not known which alerts fire",
        ),
    ],
)
def test_the_line_says_how_many_fire(heard: Heard, severity: str, said: str) -> None:
    """With its source and its age; an Alertmanager that is not heard ends the calm."""
    board = with_alerts(heard)
    html = page("/", board)
    line = html[html.index('data-key="standing"') :]
    line = line[: line.index("</p>")]
    assert f'data-severity="{severity}"' in line
    assert said in line
    assert "all 4 devices answer" in line


def test_without_an_alertmanager_nothing_is_said() -> None:
    """The line has no word of alerts, and the page says that it does not know."""
    assert "alerts" not in [part.said for part in stands(WELL).parts]
    html = page("/alerts", view(WELL))
    assert "names no Alertmanager" in html
    assert "no alert fires" not in html
    assert 'href="/alerts"' not in page("/", view(WELL))
    assert api("/api/alerts", view(WELL))["counts"] is None


def test_each_alert_has_its_ways() -> None:
    """To the rack, the runbook, the form for a silence, Alertmanager, and whoever was sent it."""
    one = alert(site=SITE, rack="A06", row="A")
    html = page("/alerts", with_alerts(told(one)), lang="zh")
    links = outline(html).links
    assert f"/sites/{SITE}/racks/A06?lang=zh" in links
    assert "/runbook?lang=zh#racktoohot" in links
    silence = [link for link in links if link.startswith(f"{URL}/#/silences/new?filter=%7B")]
    assert len(silence) == 1
    assert "alertname%3D%22RackTooHot%22" in silence[0]
    assert links.count("https://acme.pagerduty.example/incidents") == 1
    assert "Rack &lt;A06&gt; is too hot" in html
    assert "/api/alerts?format=csv" in links


def test_a_rule_that_speaks_chinese_is_read_in_chinese() -> None:
    """The summary and the runbook are those of the page's language, where the rule has them."""
    one = replace(
        alert(site=SITE, rack="A06"),
        annotations={
            "summary": "Rack A06 is too hot: open its door",
            "summary_zh": "机柜 A06 过热：打开柜门",
            "runbook_url": "https://board.example/runbook?lang=en#racktoohot",
            "runbook_url_zh": "https://board.example/runbook?lang=zh#racktoohot",
        },
    )
    for lang, summary, other in (
        ("zh", "机柜 A06 过热", "open its door"),
        ("en", "open its door", "过热"),
    ):
        html = page("/alerts", with_alerts(told(one)), lang=lang)
        assert summary in html
        assert other not in html
        links = [link for link in outline(html).links if "/runbook" in link]
        assert f"https://board.example/runbook?lang={lang}#racktoohot" in links


@pytest.mark.parametrize(("error", "present"), [("", "true"), ("refused", "false")])
def test_a_csv_says_whether_an_alert_is_told_as_the_present(error: str, present: str) -> None:
    """Three days after Alertmanager's last answer no row is without its age."""
    heard = told(alert(site=SITE), at=NOW - 3 * 86400, error=error)
    response = pages.handle(with_alerts(heard), "/api/alerts", {"format": "csv"})
    assert response is not None
    (row,) = csv.DictReader(io.StringIO(response.body.decode("utf-8-sig")))
    assert row["is_present"] == present
    at = dt.datetime.fromisoformat(row["heard"])
    assert at.timestamp() == NOW - 3 * 86400


def test_who_may_not_acknowledge_is_led_to_no_form() -> None:
    """Page and API give neither a silence nor an acknowledgement; the alert can be looked at."""
    heard = told(alert(site=SITE, rack="A06", row="A"))
    board = replace(with_alerts(heard), may_acknowledge=False)
    links = outline(page("/alerts", board)).links
    assert not [link for link in links if "silences/new" in link or "pagerduty" in link]
    assert [link for link in links if link.startswith(f"{URL}/#/alerts")]
    (one,) = api("/api/alerts", board)["alerts"]
    assert (one["silence"], one["acknowledge"]) == ("", [])
    assert one["shown"].startswith(URL)


@pytest.mark.usefixtures("pages_are_kept")
def test_a_page_that_is_made_once_is_made_for_each_right() -> None:
    """Whoever comes first: a slow page of a reader with the right is not given to one without."""
    board = with_alerts(told(alert(site=SITE)))
    forms = [
        page("/alerts", replace(board, may_acknowledge=may)).count("silences/new")
        for may in (True, False, True)
    ]
    assert forms == [1, 0, 1]


@pytest.mark.parametrize(
    ("may", "forms"), [(("see",), 0), (("see", "acknowledge"), 1), (("see", "reload"), 0)]
)
def test_the_role_decides(
    may: tuple[Right, ...], forms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader's right reaches the page that he is given."""
    monkeypatch.setattr(Board, "view", lambda *_: with_alerts(told(alert(site=SITE))))
    reader = reader_of([Role(users=("ann",), may=may)], "ann")
    answer = Board(Snapshot()).page(Shown.__new__(Shown), "/api/alerts", {}, "en", reader)
    assert answer is not None
    assert bytes(answer.body).count(b"silences/new") == forms


def test_the_gravest_first_and_the_muted_last() -> None:
    """A silenced alert is listed, told as muted, and is not offered to be silenced again."""
    heard = told(alert("critical", muted=True), alert("info"), alert("warning"), alert())
    answer = api("/api/alerts", with_alerts(heard))
    assert [(one["severity"], one["muted"]) for one in answer["alerts"]] == [
        ("critical", False),
        ("warning", False),
        ("info", False),
        ("critical", True),
    ]
    assert answer["counts"] == {
        "state": "heard",
        "firing": 3,
        "critical": 1,
        "warning": 1,
        "age_seconds": 12.0,
    }
    html = page("/alerts", with_alerts(heard))
    assert html.count("/#/silences/new") == 3
    assert "muted: nobody is told" in html


def test_why_it_is_not_heard_is_told() -> None:
    """The page has the error, and what was heard last with its age; never that no alert fires."""
    html = page("/alerts", with_alerts(told(at=NOW - 600, error="no <answer>")))
    assert "no &lt;answer&gt;" in html
    assert "10\u202fmin ago" in html
    assert "no alert fires" not in html
    assert "no alert fires" in page("/alerts", with_alerts(told()))


def test_hostile_names_are_text() -> None:
    """A label, a receiver or a summary with markup stays text, and an odd runbook is no link."""
    odd = replace(
        alert(site=HOSTILE, rack=HOSTILE, alertname=HOSTILE),
        annotations={"summary": HOSTILE, "runbook_url": "javascript:alert(1)"},
    )
    html = page("/alerts", with_alerts(told(odd)))
    parsed = outline(html)
    assert "<script>alert" not in html
    assert not any("javascript" in link for link in parsed.links)


def test_who_sees_some_sites_sees_no_alerts_of_others() -> None:
    """Alertmanager's labels need not name a site, so a narrowed reader is told none."""
    narrowed = Narrowing().view(with_alerts(told(alert())), frozenset({SITE}))
    assert narrowed.firing is None
    assert pages.handle(narrowed, "/alerts", {}) is not None


def test_a_ledger_that_cannot_be_written_is_in_the_line() -> None:
    """Readings that are only in memory end the calm."""
    assert stands([*WELL, (agent.LEDGER_HEALTHY.series(), 1.0)]).severity == "calm"
    found = stands([*WELL, (agent.LEDGER_HEALTHY.series(), 0.0)])
    assert found.severity == "warning"
    assert [part.said for part in found.parts] == ["ledger"]
    html = page("/", view([*WELL, (agent.LEDGER_HEALTHY.series(), 0.0)]))
    assert "the ledger cannot be written: readings are only in memory" in html


def test_the_wall_says_it_too() -> None:
    """The same line stands on the wall."""
    html = page("/", with_alerts(told(alert()), fixture.view()), kiosk="")
    assert "firing alerts: 1 (Alertmanager" in html
