"""Lines and batches that a database rejects: split, set aside, or kept."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest

from tests.agent.sinks.answers import T0, refusing, sequence
from tests.agent.sinks.peers import (
    Answer,
    Received,
    Scripted,
    batch,
    drained,
    sink,
)


@pytest.mark.parametrize("position", [0, 2499, 2500, 4999])
def test_one_poison_line(scripted: Scripted, tmp_path: Path, position: int) -> None:
    """One bad line in 5 000 becomes the only dead letter, found with at most 2 log2 5000 + 2
    requests.
    """
    scripted.answer = refusing(f"rack=A{position:03d},".encode())
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0, racks=5000))
        drained(made)
        state = made.spool.state()
        assert (state.sent, state.dropped) == (4999, {"dead_letter": 1})
        assert len(scripted.requests) <= 2 * math.log2(5000) + 2
        (letter,) = made.spool.dead_letters()
        assert f"rack=A{position:03d},".encode() in letter.content
        assert "unable to parse" in letter.reason
    assert len(set(scripted.stored)) == 4999


def test_many_poison_lines(scripted: Scripted, tmp_path: Path) -> None:
    """Every bad line, neighbours included, and no other becomes a dead letter."""
    scripted.answer = refusing(b"7,hub", status=422)
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0, racks=200))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 20}
        assert len(made.spool.dead_letters()) == 20
    assert len(set(scripted.stored)) == 180


def test_too_large_is_split(scripted: Scripted, tmp_path: Path) -> None:
    """413 splits the request until it fits, and later requests are smaller from the start."""
    limit = 300

    def answer(request: Received) -> Answer:
        return (413, {}, b"too large") if len(request.lines) > limit else (204, {}, b"")

    scripted.answer = answer
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0, racks=2000))
        drained(made)
        assert made.spool.state().sent == 2000
    assert len(set(scripted.stored)) == 2000


@pytest.mark.parametrize("status", [401, 403, 404, 301, 405, 418])
def test_refusals_keep_everything(
    scripted: Scripted, tmp_path: Path, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """What the operator must mend loses nothing and costs one log line down and one back."""
    refused = (status, {"Location": f"{scripted.url}/elsewhere"}, b'{"message": "no"}')
    scripted.answer = sequence(*[refused] * 6)
    with caplog.at_level(logging.INFO), sink(scripted.url, tmp_path) as made:
        for turn in range(5):
            made.accept(batch(1.0, when=T0 + turn))
        drained(made)
        assert made.spool.state().sent == 5
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"], caplog.text
    assert f"{status} no" in caplog.text
    assert {request.path.split("?")[0] for request in scripted.requests} == {"/api/v2/write"}
