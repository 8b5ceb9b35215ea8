"""Prometheus remote write: which protocol is spoken, and what is set aside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.sinks.base import Reply
from agent.sinks.halving import send_apart
from agent.sinks.remote.frames import FrameFormat
from tests.agent.sinks import wireformat
from tests.agent.sinks.answers import T0, sequence
from tests.agent.sinks.peers import Answer, Received, Scripted, Wire, batch, drained
from tests.agent.sinks.receivers import Prometheus, remote
from tests.agent.sinks.remote_peer import MS, V2, WRITTEN, ended, speaks_v2
from tests.support import wait_for


@pytest.mark.parametrize(
    "answer",
    [
        (415, {}, b"unsupported media type"),
        (400, {}, b"unknown message"),
        (204, {}, b""),
        (200, {WRITTEN: "0"}, b""),
    ],
    ids=["says so", "cannot read it", "takes it for an empty 1.0", "has written nothing"],
)
def test_a_database_without_2_0_gets_1_0(
    scripted: Scripted, tmp_path: Path, answer: Answer
) -> None:
    """Nothing counts as taken that no header confirms; the same samples follow as 1.0 at once."""
    scripted.answer = sequence(answer)
    with remote(scripted.url + "/w", tmp_path) as made:
        for second in range(2):
            made.accept(batch(1.0, when=T0 + second))
            drained(made)
        assert made.spool.state().sent == 2
        assert not made.spool.state().dropped
    kinds = [request.headers["Content-Type"] for request in scripted.requests]
    assert kinds == [V2, "application/x-protobuf", "application/x-protobuf"]
    moments = [wireformat.v1(one.body)[0]["samples"][0][1] for one in scripted.requests[1:]]
    assert moments == [MS, MS + 1000]


def test_where_2_0_is_demanded_samples_wait(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that does not speak it is named once, and gets nothing as 1.0."""
    scripted.answer = sequence(*[(204, {}, b"")] * 3)
    silent = scripted.answer

    def answer(request: Received) -> Answer:
        return silent(request) if len(scripted.requests) <= 3 else speaks_v2(request)

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path, protocol="2.0") as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.requests == {"415": 3, "204": 1}
    assert caplog.text.count("does not speak remote write 2.0") == 1


def test_what_was_not_written_is_asked_for_again(scripted: Scripted, tmp_path: Path) -> None:
    """A database that says it wrote fewer samples than it got refuses some; they are found."""

    def answer(request: Received) -> Answer:
        racks = [dict(one["labels"])["rack"] for one in wireformat.v2(request.body)]
        return 200, {WRITTEN: str(len(racks) - racks.count("A005"))}, b""

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path) as made:
        made.accept(batch(1.0, when=T0))  # so that it is known to speak 2.0
        drained(made)
        made.accept(batch(1.0, when=T0 + 1, racks=8))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        (letter,) = made.spool.dead_letters()
    assert b'test_rack_power_watts{hub="guian",'.replace(b'"', b"'") in letter.content
    assert b"rack='A005'" in letter.content


def test_a_source_comes_once_in_a_request(scripted: Scripted, tmp_path: Path) -> None:
    """What waited leaves in requests of one sample a series, in the order of time."""
    with remote("http://127.0.0.1:1/w", tmp_path) as made:
        for second in range(4):
            for device in ("a", "b"):
                made.accept(batch(1.0, when=T0 + second, racks=2, device=device))
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        drained(made)
    requests = [wireformat.v1(request.body) for request in scripted.requests]
    assert [len(series) for series in requests] == [4] * 4
    moments = [{one["samples"][0][1] for one in series} for series in requests]
    assert moments == [{MS + 1000 * second} for second in range(4)]


def test_a_strict_prometheus_takes_a_request_again(tmp_path: Path) -> None:
    """It refuses what is out of order, yet a request whose answer was lost is not set aside."""
    base = Prometheus(tmp_path)
    with (
        base.up(),
        Wire(base.port).up() as wire,
        remote(f"{wire.url}/api/v1/write", tmp_path, timeout=1.0) as made,
    ):
        made.accept(batch(0.0, when=T0, racks=3))
        drained(made)
        wire.fault = "lose_answer"
        wire.cut()
        for second in range(1, 4):
            made.accept(batch(float(second), when=T0 + second, racks=3))
        wait_for(lambda: made.requests["unreachable"] + made.requests["timeout"] >= 3)
        wire.fault = "none"
        wire.cut()
        drained(made)
        assert not made.spool.state().dropped
        rows = base.raw("test_rack_power_watts")
        values = [[int(T0) + second, str(second)] for second in range(4)]
        assert [row["values"] for row in rows] == [values] * 3
        # Its markers end them: 5 minutes of looking back do not find the last value.
        ended(made, batch(0.0, when=T0, racks=3), T0 + 5)
        drained(made)
        assert len(base.ask("test_rack_power_watts", T0 + 4.9)) == 3
        assert base.ask("test_rack_power_watts", T0 + 5.1) == []


def test_what_is_too_old_is_set_aside_a_round_at_a_time(scripted: Scripted, tmp_path: Path) -> None:
    """Where the time is refused, all samples of that time are: they are not asked one by one."""
    limit = MS + 1000

    def answer(request: Received) -> Answer:
        old = any(one["samples"][0][1] < limit for one in wireformat.v1(request.body))
        return (400, {}, b"out of bounds") if old else (204, {}, b"")

    scripted.answer = answer
    with remote(scripted.url + "/w", tmp_path, protocol="1.0") as made:
        made.accept(batch(1.0, when=T0, racks=100))
        drained(made)
        made.accept(batch(1.0, when=T0 + 1, racks=100))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 100}
        assert len(made.spool.dead_letters()) == 100
        assert made.spool.state().sent == 100
    assert len(scripted.requests) == 2


def test_what_prometheus_never_takes_holds_up_nothing(tmp_path: Path) -> None:
    """A Prometheus that takes late samples answers 500 to one that is too late: it is set aside.

    All else is stored, what came late within its window as well.
    """
    base = Prometheus(tmp_path, late="1h")
    with base.up(), remote(base.write_url, tmp_path) as made:
        for number, when in enumerate((T0, T0 - 1800, T0 - 7200, T0 + 1)):
            made.accept(batch(float(number), when=when, racks=2))
            drained(made)
        assert made.spool.state().dropped == {"dead_letter": 2}
        rows = base.raw("test_rack_power_watts")
        kept = [[int(T0) - 1800, "1"], [int(T0), "0"], [int(T0) + 1, "3"]]
        assert [row["values"] for row in rows] == [kept] * 2


def test_other_refusals_say_nothing_of_the_neighbours() -> None:
    """One sample out of order among some of the same time is found by halves."""
    form = FrameFormat({})
    parts = form.parts(form.pack([form.render(batch(1.0, when=T0, racks=16))[0]]))
    asked: list[int] = []

    def ask(some: Sequence[bytes]) -> Reply:
        asked.append(len(some))
        bad = any(b"A007" in part for part in some)
        return Reply(code="400", message="out of order sample") if bad else Reply(code="204")

    refused = send_apart(parts, ask(parts), ask, form.alike)
    assert refused is not None
    assert [form.letter(part) for part, _ in refused] == [
        b"test_rack_power_watts{rack='A007'} 1.0 1790000000000\n"
    ]
    assert len(asked) <= 2 * math.log2(16) + 2
