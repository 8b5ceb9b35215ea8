"""A config with `simulated: true` says so in every answer of the command line, as `/api` does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.commands.ledger_site import DAY, two_halves
from tests.agent.targets.boards import BOARD
from tests.support.answering import answering
from tests.support.ledger import SITE

SAID = "Simulated data: the devices behind it are not real.\n"
Answer = Callable[..., str]


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Run a command and return what it writes."""

    def run(*words: str) -> str:
        assert main(list(words)) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture(params=[False, True])
def simulated(request: pytest.FixtureRequest, config: Path) -> bool:
    """Whether the config says that its devices are simulated; each test runs with both."""
    if request.param:
        config.write_text(config.read_text("utf-8") + "simulated: true\n", "utf-8")
    return bool(request.param)


def test_inventory(config: Path, answer: Answer, simulated: bool) -> None:
    """The record of the inventory has the key; the summary begins with the sentence."""
    command = ("inventory", "--config", str(config))
    assert json.loads(answer(*command, "--json"))["simulated"] is simulated
    assert answer(*command).startswith(SAID) is simulated
    assert answer(*command, "--language", "zh").startswith("模拟数据：") is simulated


def test_collect(config: Path, answer: Answer, simulated: bool) -> None:
    """Each reading has the key, for a list has no other place; the summary has the sentence."""
    with config.open("a", encoding="utf-8") as file:
        file.write("collectors: {host: {}}\n")
    command = ("collect", "--config", str(config))
    rows = json.loads(answer(*command, "--format", "json"))
    assert rows
    assert {row["simulated"] for row in rows} == {simulated}
    assert answer(*command).startswith(SAID) is simulated


def test_ledger_show(config: Path, tmp_path: Path, answer: Answer, simulated: bool) -> None:
    """The figures of a period begin with the sentence; their JSON has the key."""
    answer("ledger", "import", "--config", str(config), "--site", SITE, two_halves(tmp_path))
    command = ("ledger", "show", "--config", str(config), "--site", SITE, *DAY)
    assert answer(*command).startswith(SAID) is simulated
    assert json.loads(answer(*command, "--json"))["simulated"] is simulated


@pytest.fixture
def agent(simulated: bool) -> Iterator[str]:
    """Serve a scoreboard with the header of docs/http.md where devices are simulated."""

    class Agent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if simulated:
                self.send_header("hubgauge-simulated", "true")
            self.end_headers()
            self.wfile.write(json.dumps(BOARD).encode())

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    with answering(Agent) as url:
        yield url


def test_hubs_of_an_agent(agent: str, answer: Answer, simulated: bool) -> None:
    """What an agent says of its answer in a header stands in each hub of it."""
    rows = json.loads(answer("hubs", "--json", "--agent", agent))
    assert [row["simulated"] for row in rows] == [simulated] * len(BOARD)
    assert answer("hubs", "--agent", agent).startswith(SAID) is simulated


def test_published_figures_are_not_simulated(config: Path, answer: Answer) -> None:
    """Without an agent or a database hubs are judged by publications, whatever the config reads."""
    with config.open("a", encoding="utf-8") as file:
        file.write("simulated: true\n")
    rows = json.loads(answer("hubs", "--json", "--at", "2026-11-22", "--config", str(config)))
    assert {row["simulated"] for row in rows} == {False}
