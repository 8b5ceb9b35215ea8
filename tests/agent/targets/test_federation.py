"""Other hubs' values, asked of a real Prometheus and a real VictoriaMetrics."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.cli import main
from agent.hubs.loader import load_registry
from agent.promapi import PrometheusApi
from agent.targets.federation import Federation, simulated_hubs
from agent.targets.forecast import DAY
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json
from collectors.base import BadReply, CollectError, Refused, Unreachable
from collectors.catalogue import recorded
from tests.support import binary, free_port, get, running, wait_for

REGISTRY = load_registry()
PUE = ("guian", "pue", "huawei")
RACKS = ("kunming", "racks_in_service", "hub")
LINK = ("guizhou", "round_trip_guangzhou", "hub")


def lines(at: float) -> Iterator[str]:
    """Yield what three hubs' rules recorded over forty days."""
    for days in range(40, -1, -1):
        stamp = at - days * DAY if days else at
        yield (
            f'{recorded.KPI_VALUE}{{hub="guian",kpi="pue",scope="huawei"}}'
            f" {1.18 + days * 0.001:.6f} {stamp:.3f}"
        )
    for key, value in ((RACKS, 27_600), (LINK, 0.009)):
        yield (
            f'{recorded.KPI_VALUE}{{hub="{key[0]}",kpi="{key[1]}",scope="{key[2]}"}} {value}'
            f" {at:.3f}"
        )
    yield f'{recorded.KPI_VALUE}{{hub="nowhere",kpi="pue",scope="hub"}} 1.5 {at:.3f}'
    yield f'{recorded.KPI_COVERAGE}{{hub="guian",kpi="pue",scope="huawei"}} 0.97 {at:.3f}'
    yield f'{recorded.KPI_BOUND}{{hub="guian",kpi="pue",scope="huawei"}} 0 {at:.3f}'
    yield f'{recorded.KPI_BOUND}{{hub="kunming",kpi="racks_in_service",scope="hub"}} 1 {at:.3f}'
    yield f'hub:hubgauge_simulated:max{{hub="guian"}} 1 {at:.3f}'
    yield f'hubgauge_simulated{{hub="kunming",site="k1"}} 0 {at:.3f}'
    yield f'hubgauge_simulated{{hub="kunming",site="k2"}} 1 {at:.3f}'
    yield f'hubgauge_simulated{{hub="liangya",site="l1"}} 0 {at:.3f}'


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Prometheus with forty days of three hubs."""
    import subprocess

    folder = tmp_path_factory.mktemp("federation")
    page = folder / "page"
    body = sorted(lines(time.time() - 5), key=lambda line: (line.split("{")[0], line.split("}")[0]))
    names = dict.fromkeys(line.split("{")[0] for line in body)
    page.write_text(
        "".join(
            f"# TYPE {name} gauge\n" + "".join(f"{x}\n" for x in body if x.startswith(name))
            for name in names
        )
        + "# EOF\n"
    )
    subprocess.run(
        [
            binary("promtool"),
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            str(page),
            str(folder / "data"),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    (folder / "prometheus.yml").write_text("{}\n")
    port = free_port()
    command = [
        binary("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=1y",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(command, log=folder / "log", ready=f"{url}/-/ready"):
        yield url


@pytest.fixture(scope="module")
def victoriametrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a VictoriaMetrics with the same."""
    folder = tmp_path_factory.mktemp("vm")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [
        binary("victoria-metrics"),
        f"-storageDataPath={folder / 'data'}",
        f"-httpListenAddr=127.0.0.1:{port}",
        "-retentionPeriod=1y",
        "-search.latencyOffset=0s",
    ]
    with running(command, log=folder / "log", ready=f"{url}/health"):
        split = (line.rsplit(" ", 1) for line in lines(time.time()))
        body = "".join(f"{head} {float(stamp) * 1000:.0f}\n" for head, stamp in split)
        urllib.request.urlopen(
            urllib.request.Request(f"{url}/api/v1/import/prometheus", data=body.encode())
        ).close()
        get(f"{url}/internal/force_flush")
        wait_for(lambda: PrometheusApi(url).instant(recorded.KPI_VALUE, time.time()))
        yield url


@pytest.mark.parametrize("server", ["prometheus", "victoriametrics"])
def test_hubs_by_query(server: str, request: pytest.FixtureRequest) -> None:
    """Value, coverage, bound and the days of a trend come from the rules of known hubs."""
    found = Federation(REGISTRY, request.getfixturevalue(server))
    assert found.collect() == ()
    evidence = {key: items[0] for key, items in found.beside({}).items()}
    assert set(evidence) == {PUE, RACKS, LINK}
    assert evidence[PUE].value == pytest.approx(1.18)
    assert evidence[PUE].coverage == pytest.approx(0.97)
    assert evidence[RACKS].at_least
    assert not evidence[PUE].at_least
    row = next(
        row
        for hub in board_json(scoreboard(REGISTRY, found.beside({}), time.time()))
        for row in hub["targets"]
        if row["id"] == "guian-huawei-pue"
    )
    assert row["state"] == "met"
    assert row["value_kind"] == "measured"
    assert row["pace_kept"] == pytest.approx(-0.001, rel=0.05)
    assert row["expected"]["expected"] < 1.18


def test_the_command_judges_by_a_database(
    prometheus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hubgauge hubs guizhou --prometheus URL` says that the link keeps its ten milliseconds."""
    assert main(["hubs", "guizhou", "--json", "--prometheus", prometheus]) == 0
    (hub,) = json.loads(capsys.readouterr().out)
    assert hub["simulated"] is True
    assert {row["id"]: row["state"] for row in hub["targets"]}[
        "guizhou-round-trip-guangzhou"
    ] == "met"


@pytest.mark.parametrize("server", ["prometheus", "victoriametrics"])
def test_a_database_tells_which_hubs_are_simulated(
    server: str, request: pytest.FixtureRequest
) -> None:
    """One simulated site makes its hub's values simulated, and those of the hubs above it."""
    url = request.getfixturevalue(server)
    assert simulated_hubs(REGISTRY, url) == {"guian", "guizhou", "national", "kunming"}


def test_what_is_measured_here_goes_before(prometheus: str) -> None:
    """Of a KPI that this agent measures itself the value of the server is not taken."""
    found = Federation(REGISTRY, prometheus)
    found.collect()
    own = [Evidence(value=1.5, time=time.time())]
    assert found.beside({PUE: own})[PUE] == own


def test_the_whole_goes_before_a_part(prometheus: str) -> None:
    """What this agent measures of a part gives way to the value that the rules have of the
    whole.
    """
    found = Federation(REGISTRY, prometheus)
    found.collect()
    part = Evidence(value=1.5, time=time.time(), at_least=True)
    (told,) = found.beside({PUE: [part]})[PUE]
    assert told.value == pytest.approx(1.18)
    earlier = Evidence(value=1.19, time=time.time() - DAY)
    assert found.beside({PUE: [part, earlier]})[PUE] == [earlier, told]
    racks = [Evidence(value=3, time=time.time(), at_least=True)]
    assert found.beside({RACKS: racks})[RACKS] == racks, "the server's is of a part as well"


def test_what_is_old_is_gone(prometheus: str) -> None:
    """Two and a half intervals after the last answer nothing of it is shown any more."""
    now = [time.time()]
    found = Federation(REGISTRY, prometheus, interval=60, clock=lambda: now[0])
    found.collect()
    now[0] += 149
    assert found.beside({})
    now[0] += 2
    assert found.beside({}) == {}


@contextmanager
def answering(
    status: int, body: bytes, headers: dict[str, str] | None = None, drip: float = 0.0
) -> Iterator[tuple[str, list[str]]]:
    """Run a server that gives one answer to everything, and notes the tokens it was sent."""
    tokens: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            tokens.append(self.headers.get("Authorization", ""))
            # What is left unread makes the kernel reset the connection, with the answer on its way.
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for byte in [body[n : n + 1] for n in range(len(body))] if drip else [body]:
                try:
                    self.wfile.write(byte)
                except OSError:
                    return
                time.sleep(drip)

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", tokens
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"<html>", BadReply),
        (200, b"[]", BadReply),
        (
            200,
            b'{"status":"success","data":{"resultType":"vector","result":[{"metric":3}]}}',
            BadReply,
        ),
        (
            200,
            b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"x"]}]}}',
            BadReply,
        ),
        (200, b"[" * 100_000, BadReply),
        (200, b'{"status":"success","data":"' + b"x" * 2**20 + b'"}', BadReply),
        (422, b'{"status":"error","error":"too much"}', BadReply),
        (401, b"", Refused),
    ],
)
def test_a_bad_answer_is_one_error(status: int, body: bytes, expected: type[CollectError]) -> None:
    """Whatever a server says that is no answer of the query API is one error of the known kinds."""
    with answering(status, body) as (url, _), pytest.raises(expected):
        PrometheusApi(url, max_bytes=2**19).instant("up", 0.0)


def test_a_token_never_follows_a_redirect() -> None:
    """A redirect to another server is an error; the other server hears nothing of the token."""
    with (
        answering(200, b"{}") as (other, heard),
        answering(302, b"", {"Location": other}) as (url, tokens),
    ):
        with pytest.raises(BadReply, match="302"):
            PrometheusApi(url, token="secret").instant("up", 0.0)
        assert tokens == ["Bearer secret"]
        assert heard == []


def test_a_dripping_answer_ends() -> None:
    """A byte every tenth of a second keeps nobody longer than the deadline.

    Without the deadline the whole answer would come, after 100 s, and be a bad one.
    """
    with answering(200, b"x" * 1000, drip=0.1) as (url, _), pytest.raises(Unreachable):
        PrometheusApi(url, timeout=0.5).instant("up", 0.0)


def test_nobody_there_is_one_line() -> None:
    """A server that is not there is unreachable, named with its address."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1"):
        Federation(REGISTRY, url).collect()


def test_an_authority_counts_however_the_scheme_is_written(tmp_path: Path) -> None:
    """A scheme is the same in capitals (RFC 3986, 3.1)."""
    for url in ("https://h/", "HTTPS://h/"):
        with pytest.raises(FileNotFoundError):
            PrometheusApi(url, ca_file=tmp_path / "gone.pem")
