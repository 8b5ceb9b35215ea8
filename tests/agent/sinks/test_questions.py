"""How a database is asked for the page that it shows of itself, and what strange answers cost."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.sinks import doubles
from tests.agent.sinks.answers import SECRET, T0
from tests.agent.sinks.peers import Answer, Received, Scripted, batch
from tests.agent.sinks.receivers import remote
from tests.agent.sinks.twice import KEEPS, WAYS, silent, warnings, writer, written
from tests.support import HANGS, wait_for
from tests.support.certificates import self_signed


@pytest.mark.parametrize(
    ("way", "prefix", "asked"),
    [
        ("lines", "/insert/0/influx", "/insert/0/influx/metrics"),
        ("lines", "/vm/", "/vm/metrics"),
        ("remote", "/insert/0/prometheus", "/insert/0/prometheus/metrics"),
    ],
)
def test_a_prefix_stands_before_the_page(
    scripted: Scripted, tmp_path: Path, way: str, prefix: str, asked: str
) -> None:
    """What is asked is what the samples go to, and nobody else at that host."""
    with writer(way, scripted.url + prefix, tmp_path) as made:
        written(made)
    assert [one.path for one in scripted.asked] == [asked]


def test_an_address_of_another_kind_is_not_asked(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the page of a receiver lies can be told from Prometheus's address only."""
    with remote(f"{scripted.url}/receive", tmp_path) as made:
        written(made)
        silent(made, caplog)
    assert scripted.asked == []


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "page",
    [
        (401, {}, KEEPS),
        (404, {}, KEEPS),
        (500, {}, KEEPS),
        (302, {"Location": "/elsewhere"}, KEEPS),
        (200, {}, b""),
        (200, {}, bytes(range(256)) * 1000),
        (200, {}, b"x" * 20_000_000 + b"\n" + KEEPS),
        (200, {"Content-Encoding": "gzip"}, b"no gzip"),
        (204, {}, b""),
    ],
    ids=["401", "404", "500", "302", "empty", "junk", "huge", "gzip", "204"],
)
def test_a_strange_answer_costs_nothing(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture, way: str, page: Answer
) -> None:
    """It is asked once and says nothing; the writes go on, and each sample is stored once."""
    scripted.page = lambda _: page
    with writer(way, scripted.url, tmp_path) as made:
        written(made)
        silent(made, caplog)
        assert made.spool.state().sent == 2
    assert [one.path for one in scripted.asked] == ["/metrics"]


@pytest.fixture
def hanging(scripted: Scripted) -> Iterator[Scripted]:
    """Run a database that does not answer a question until the test ends."""
    ended = threading.Event()

    def page(_: Received) -> Answer:
        ended.wait(10 * HANGS)
        return 200, {}, KEEPS

    scripted.page = page
    yield scripted
    ended.set()


@pytest.mark.parametrize("way", WAYS)
def test_a_page_that_does_not_come_is_given_up(
    hanging: Scripted,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """The next write waits for the time that a question has, and no longer."""
    monkeypatch.setattr(doubles, "ASK_SECONDS", 1.0)  # enough to connect, and to ask
    with writer(way, hanging.url, tmp_path, timeout=10 * HANGS) as made:
        written(made)
        silent(made, caplog)
    assert len(hanging.asked) == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_end_does_not_wait_for_a_page(
    hanging: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """A question under way is ended with the sink: its thread is gone."""
    monkeypatch.setattr(doubles, "ASK_SECONDS", 10 * HANGS)
    with writer(way, hanging.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        wait_for(lambda: hanging.asked)
        sender = made._thread
        assert sender is not None
        made.stop(HANGS)
        assert not sender.is_alive()


@pytest.mark.parametrize("way", WAYS)
def test_it_is_asked_as_it_is_written_to(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """The same token goes along, by the same trust, and is shown nowhere."""
    token = tmp_path / "token"
    token.write_text(SECRET)
    token.chmod(0o600)
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Scripted().up(context) as database:
        database.page = lambda request: (200, {}, KEEPS + str(request.headers).encode())
        url = database.url.replace("http:", "https:")
        with writer(way, url, tmp_path, token_file=token, ca_file=certificate) as made:
            written(made)
            assert made.doubles.removed is False
        shown = {one.headers["Authorization"] for one in (*database.asked, *database.requests)}
    assert shown == {f"Token {SECRET}" if way == "lines" else f"Bearer {SECRET}"}
    assert warnings(caplog) == 1
    assert SECRET not in caplog.text


def test_headers_of_the_section_go_along(scripted: Scripted, tmp_path: Path) -> None:
    """Whoever shares out requests by a header gets it with the question too."""
    with remote(f"{scripted.url}/api/v1/write", tmp_path, headers={"X-Scope-OrgID": "hub"}) as made:
        written(made)
    assert [one.headers["X-Scope-OrgID"] for one in scripted.asked] == ["hub"]
