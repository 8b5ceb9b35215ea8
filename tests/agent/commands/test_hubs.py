"""`hubgauge hubs`: a scoreboard on the terminal, as JSON, and from a running agent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.targets.boards import BOARD
from tests.support.answering import answering


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the command; returns status, output and errors."""
    status = main(["hubs", *words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_command_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub's scoreboard says state, claim, limit, deadline, source and what is open."""
    monkeypatch.setenv("COLUMNS", "100")
    status, out, err = run(capsys, "guian", "--at", "2025-01-01")
    assert (status, err) == (0, "")
    for words in (
        "∅ expired, unreported",
        "≥ 200 000 chips",
        "2024-12-31",
        "PR Newswire",
        "Die, card and chip",
        "no target stated",
        "over 80 000",
    ):
        assert words in out


def test_command_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json it prints the scoreboard, Chinese as it is."""
    status, out, _ = run(capsys, "--json", "--at", "2026-11-22")
    assert status == 0
    assert "贵阳贵安" in out
    assert [hub["hub"] for hub in json.loads(out)] == [
        "national",
        "guizhou",
        "guian",
        "kunming",
        "liangya",
    ]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["guin"], "guin: no such hub; did you mean guian?\n"),
        (["--at", "soon"], "--at: expected a day such as 2025-01-01, got 'soon'\n"),
        (["--agent", "ftp://x"], "--agent: expected http://… or https://…, got 'ftp://x'\n"),
        (
            ["--agent", "http://x", "--at", "2025-01-01"],
            "--at: an agent judges now, by its own hub files; leave out one of them\n",
        ),
    ],
)
def test_wrong_input(words: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong input is one line and exit status 2."""
    assert run(capsys, *words) == (2, "", line)


class _Agent(BaseHTTPRequestHandler):
    """Answers as an agent does, or not."""

    def do_GET(self) -> None:
        body = {
            "/api/hubs": json.dumps(BOARD).encode(),
            "/junk/api/hubs": b"<html>",
            "/other/api/hubs": b"[1]",
        }.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def agent() -> Iterator[str]:
    """A server on loopback."""
    with answering(_Agent) as url:
        yield url


def test_command_asks_an_agent(agent: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With --agent it shows what a running agent judges."""
    status, out, _ = run(capsys, "guian", "--json", "--agent", agent + "/")
    assert status == 0
    assert json.loads(out) == [{"simulated": False, **BOARD[2]}]
    assert run(capsys, "guin", "--agent", agent)[0] == 2


@pytest.mark.parametrize("path", ["junk", "other", "none"])
def test_command_asks_something_else(
    path: str, agent: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer that is no scoreboard is one line and exit status 1."""
    status, out, err = run(capsys, "--agent", f"{agent}/{path}")
    assert (status, out, len(err.splitlines())) == (1, "", 1)
    assert f"/{path}/api/hubs: " in err


def test_command_with_mistaken_hub_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Mistakes in hub files are lines, and exit status 2."""
    (tmp_path / "x.yaml").write_text("extends: guin\n")
    assert run(capsys, "--hubs-dir", str(tmp_path)) == (
        2,
        "",
        f"{tmp_path}/x.yaml:1: extends: no such hub; did you mean guian?\n",
    )
