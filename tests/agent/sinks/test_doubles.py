"""Whether a database removes samples that were sent twice: what it says, and what is made of it."""

from __future__ import annotations

import logging
import urllib.request
from pathlib import Path

import pytest

from agent.sinks.base import Reply
from agent.sinks.doubles import EACH_SECONDS, Doubles, removes
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import batch, sink
from tests.agent.sinks.receivers import Prometheus, remote
from tests.agent.sinks.twice import KEPT, WAYS, silent, warnings, writer, written
from tests.support import HANGS, binary, free_port, get, running, wait_for
from tests.support.oldinflux import OldInflux
from tests.support.victoria import DEDUP, Victoria


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0s", False),
        ("-1s", False),
        ("999.999µs", False),
        ("1ms", True),
        ("1.5s", True),
        ("1m30s", True),
        ("2h0m0.5s", True),
        ("", None),
        ("soon", None),
        ("1", None),
        ("1s later", None),
        ("\u0661s", None),
        ("0s\\n", None),
    ],
)
def test_a_flag_is_read_as_go_writes_it(value: str, expected: bool | None) -> None:
    """Less than a millisecond is as good as nothing; what is no duration says nothing."""
    line = f'flag{{is_set="true",name="dedup.minScrapeInterval",value="{value}"}} 1'
    assert removes(f'up 1\nflag{{name="a", value="b"}} 1\n{line}\nz 2\n') is expected


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html>flag{name=&quot;dedup.minScrapeInterval&quot;}</html>",
        "# " + KEPT,
        "my" + KEPT,
        KEPT + KEPT.replace("0s", "1ms"),
        KEPT.replace("flag{", "flag{x=" + '"' + "x" * 500 + '",'),
        KEPT.replace("dedup.", "other_dedup."),
        KEPT.replace("name=", "title="),
        KEPT.replace('"false"}', "false}"),
        KEPT[:40],
        "flag{dedup.minScrapeInterval",
        "flag{name='dedup.minScrapeInterval',value='0s'} 1",
    ],
)
def test_a_page_that_does_not_say(page: str) -> None:
    """Nothing is made of no flag, of two, of another's, and of a line that cannot be read."""
    assert removes(page) is None


def test_a_mistake_elsewhere_costs_nothing() -> None:
    """The line is read though the others are none of the format."""
    assert removes(f"{{{{ \x00 junk\n{KEPT}a b c d\n") is False


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("flags", "once"),
    [
        ((), False),
        ((f"{DEDUP}0s",), False),
        ((f"{DEDUP}1us",), False),
        ((f"{DEDUP}1ms",), True),
        ((f"{DEDUP}15s",), True),
    ],
)
def test_victoriametrics_does_what_is_said_of_it(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    way: str,
    flags: tuple[str, ...],
    once: bool,
) -> None:
    """The same line sent twice is there once or twice, and so the sink says."""
    with Victoria(tmp_path, flags=flags).up() as database:
        with writer(way, database.url, tmp_path) as made:
            written(made)
            assert made.doubles.removed is once
            shown = made._registry.get_sample_value(
                "hubgauge_sink_deduplicates", {"sink": made.name}
            )
        assert shown == float(once)
        assert warnings(caplog) == (not once)
        send_twice(database)
        assert kept(database) == (1 if once else 2)


def send_twice(database: Victoria) -> None:
    """Have a point in the database that was sent twice."""
    for _ in range(2):
        line = b"test v=1 %d\n" % (T0 * 1e9)
        urllib.request.urlopen(f"{database.url}/write", line, timeout=HANGS).close()
        get(f"{database.url}/internal/force_flush")


def kept(database: Victoria) -> int:
    """Count how often the database has it."""
    (series,) = database.export("test_v")
    values = series["values"]
    assert isinstance(values, list)
    return len(values)


def test_a_flag_given_at_last_is_noticed_after_the_outage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No hour passes: the database was away, so it is asked anew. One line says that it is well,
    and the doubles that it has are gone from its answers.
    """
    caplog.set_level(logging.INFO, "hubgauge.sink")
    database = Victoria(tmp_path, flags=())
    with sink(database.url, tmp_path) as made:
        with database.up():
            written(made)
            assert made.doubles.removed is False
            send_twice(database)
            assert kept(database) == 2
        made.accept(batch(1.0, when=T0 + 10))
        wait_for(lambda: made.up is False)
        database.flags = (f"{DEDUP}1ms",)
        with database.up():
            wait_for(lambda: made.doubles.removed)
            assert kept(database) == 1
    assert warnings(caplog) == 1
    assert sum("removes samples sent twice now" in one.message for one in caplog.records) == 1


def test_influxdb_does_not_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It has no such flag: it stores equal points once by itself."""
    with (
        OldInflux(tmp_path).up() as database,
        sink(database.url, tmp_path, target={"database": "hub"}) as made,
    ):
        written(made)
        silent(made, caplog)


def test_prometheus_does_not_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It shows a page of metrics, without the flag."""
    with Prometheus(tmp_path).up() as database, remote(database.write_url, tmp_path) as made:
        written(made)
        silent(made, caplog)
        page = get(f"{database.url}/metrics").decode()
        assert 'promhttp_metric_handler_requests_total{code="200"} 1\n' in page


def test_vmagent_does_not_say(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It passes on what it gets, and has flags of its own, of which none is this one."""
    port = free_port()
    command = [
        binary("vmagent"),
        f"-httpListenAddr=127.0.0.1:{port}",
        "-remoteWrite.url=http://127.0.0.1:1/",
        f"-remoteWrite.tmpDataPath={tmp_path / 'vmagent'}",
    ]
    url = f"http://127.0.0.1:{port}"
    with (
        running(command, log=tmp_path / "vmagent.log", ready=f"{url}/health"),
        sink(url, tmp_path) as made,
    ):
        written(made)
        silent(made, caplog)
        assert b"\nflag{" in get(f"{url}/metrics")


class Pages:
    """A way to a database that shows one page after another."""

    place = "database"

    def __init__(self, *pages: str | None) -> None:
        self.pages = list(pages)

    def post(self, _body: bytes) -> Reply:
        return Reply(code="204")

    def own_page(self, _seconds: float, /) -> str | None:
        return self.pages.pop(0)

    def renew(self) -> None:
        """There is no secret."""

    def close(self) -> None:
        """Nothing is held."""


def test_it_is_asked_each_hour_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """What is known stays while no answer comes, and not where an answer does not say.

    The log has a line where the database began to keep doubles, and where it ceased, not each hour.
    """
    caplog.set_level(logging.INFO, "hubgauge.sink")
    now = 7.0
    removing = KEPT.replace("0s", "1ms")
    wire = Pages(KEPT, KEPT, None, "", KEPT, None, removing, removing, KEPT)
    asked = Doubles("influxdb", wire, lambda: now)
    found = []
    while wire.pages:
        left = len(wire.pages)
        asked.ask()
        assert len(wire.pages) == left - 1
        found.append(asked.removed)
        now += EACH_SECONDS - 1
        asked.ask()
        assert len(wire.pages) == left - 1
        now += 1
    assert found == [False, False, False, None, False, False, True, True, False]
    assert [one.levelname for one in caplog.records] == ["WARNING", "INFO", "WARNING"]


def test_what_is_well_from_the_start_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    """A database that removes doubles, as it should, is no news."""
    caplog.set_level(logging.INFO, "hubgauge.sink")
    asked = Doubles("influxdb", Pages(KEPT.replace("0s", "1ms")))
    asked.ask()
    assert asked.removed is True
    assert caplog.records == []
