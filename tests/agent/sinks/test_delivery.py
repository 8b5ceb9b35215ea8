"""The sink against databases that stall, redirect, lose answers and come back."""

from __future__ import annotations

import gc
import json
import logging
import os
import re
import resource
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from agent.retry import parse_retry_after
from tests.agent.sinks.answers import SECRET, T0, refusing, sequence
from tests.agent.sinks.peers import (
    Answer,
    Received,
    Scripted,
    Wire,
    balanced,
    batch,
    drained,
    sink,
)
from tests.support import HANGS, wait_for


def test_redirects_are_not_followed(scripted: Scripted, tmp_path: Path) -> None:
    """A redirect to another host gets neither the samples nor the token."""
    token = tmp_path / "token"
    token.write_text(SECRET + "\n")
    token.chmod(0o600)
    with Scripted().up() as other, sink(scripted.url, tmp_path, token_file=token) as made:
        scripted.answer = sequence(
            *[
                (status, {"Location": other.url + "/api/v2/write"}, b"")
                for status in (301, 302, 307, 308)
            ]
        )
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert other.requests == []
        assert {request.headers["Authorization"] for request in scripted.requests} == {
            f"Token {SECRET}"
        }


def test_what_keeps_a_database_down_is_told(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each reason of an outage is said once, also one that came later; the next outage begins anew.

    A database that words each refusal anew does not fill the log: eight are said.
    """
    said = [
        *("full", "full", "locked", "full"),
        *(f"try {number}" for number in range(20)),
        "",
        "full",
    ]
    scripted.answer = sequence(
        *[
            (503, {}, json.dumps({"message": text}).encode()) if text else (204, {}, b"")
            for text in said
        ]
    )
    with caplog.at_level(logging.ERROR), sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        made.accept(batch(1.0, when=T0 + 1))
        drained(made)
    told = re.findall(r"takes no writes \(503 (.*?)\)", caplog.text)
    assert told == ["full", "locked", *(f"try {number}" for number in range(6)), "full"]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_kept(scripted: Scripted, tmp_path: Path, status: int, kind: str) -> None:
    """No request is sent before Retry-After has passed, given in seconds or as a date."""
    came, after = list[float](), list[int]()

    def answer(_: Received) -> Answer:
        came.append(time.time())
        if len(came) > 1:
            return 204, {}, b""
        after.append(int(came[0]) + 2)  # a date is in whole seconds
        date = formatdate(after[0], usegmt=True)
        return status, {"Retry-After": {"seconds": "1", "date": date}[kind]}, b""

    scripted.answer = answer
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    first, second = scripted.requests
    assert came[1] >= (after[0] if kind == "date" else came[0] + 1.0)
    assert first.lines == second.lines


@pytest.mark.parametrize("value", ["-1", "abc", "", "1.5e3", "\xb2", "Thu, 99 Foo 2026"])
def test_nonsense_retry_after(scripted: Scripted, tmp_path: Path, value: str) -> None:
    """A Retry-After that means nothing is ignored: the usual waiting applies."""
    assert parse_retry_after(value, now=T0) is None
    scripted.answer = sequence((503, {"Retry-After": value}, b""))
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)


def test_retry_after_is_capped() -> None:
    """Nobody makes us wait more than ten minutes, and the server's own clock counts for dates."""
    assert parse_retry_after("1000000000", now=T0) == 600
    assert parse_retry_after("9" * 5000, now=T0) == 600
    assert parse_retry_after("0", now=T0) == 0
    assert parse_retry_after(formatdate(T0 + 86400, usegmt=True), now=T0) == 600
    assert parse_retry_after(formatdate(T0 - 86400, usegmt=True), now=T0) == 0
    assert (
        parse_retry_after(
            formatdate(T0 + 9e4, usegmt=True), now=T0, date=formatdate(T0 + 9e4 - 7, usegmt=True)
        )
        == 7
    )


def test_lost_answers_are_replayed_identically(scripted: Scripted, tmp_path: Path) -> None:
    """When the answer is lost after the write, the very same lines are sent again, so the database
    stores them once.
    """
    port = int(scripted.url.rsplit(":", 1)[1])
    with Wire(port).up() as wire, sink(wire.url, tmp_path, timeout=1.0) as made:
        wire.fault = "lose_answer"
        made.accept(batch(1.25, when=T0, racks=10))
        wait_for(lambda: len(scripted.requests) >= 2)
        wire.fault = "none"
        wire.cut()
        drained(made)
    assert len({tuple(request.lines) for request in scripted.requests}) == 1


def test_nobody_listens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With no database at all samples wait, and one line says so."""
    with caplog.at_level(logging.INFO), sink("http://127.0.0.1:1", tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        wait_for(lambda: made.requests["unreachable"] > 3)
        assert made.up is False
        assert made.spool.state().waiting == 1
        assert balanced(made)
    assert len(caplog.records) == 1
    assert "Connection refused" in caplog.text


def test_huge_error_page(scripted: Scripted, tmp_path: Path) -> None:
    """Only the beginning of an error page is read, and the next request is answered properly."""
    scripted.answer = sequence((503, {}, b"x" * 20_000_000))
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)


def test_out_of_descriptors(scripted: Scripted, tmp_path: Path) -> None:
    """With no descriptor left nothing ends and nothing is lost."""
    with sink(scripted.url, tmp_path) as made:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))), hard)
        )
        try:
            for turn in range(10):
                made.accept(batch(1.0, when=T0 + turn))
            wait_for(lambda: made.up is False or made.spool.state().sent)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        drained(made)
        assert made.spool.state().sent == 10
    gc.collect()  # a socket left behind would be told of here, and not in whatever test comes next


def test_closing_is_quick_under_a_hanging_request(scripted: Scripted, tmp_path: Path) -> None:
    """Closing ends a request that hangs, and everything accepted is in the spool for the next
    start.
    """
    with Wire(int(scripted.url.rsplit(":", 1)[1])).up() as wire:
        wire.fault = "black_hole"
        with sink(wire.url, tmp_path, timeout=10 * HANGS) as made:
            for turn in range(50):
                made.accept(batch(1.0, when=T0 + turn))
            wait_for(lambda: wire.connections)
            made.accept(batch(1.0, when=T0 + 50))
            began = time.monotonic()
            made.stop(HANGS)
            assert time.monotonic() - began < HANGS / 8  # a quarter of it is how long it waits
        assert made.spool.state().dropped == {}
    with sink(scripted.url, tmp_path) as made:
        drained(made)
        assert made.spool.state().recovered == 51
        told = "hubgauge_sink_recovered_samples_total"
        assert made._registry.get_sample_value(told, {"sink": made.name}) == 51
    assert len(set(scripted.stored)) == 51


def test_metrics_balance(scripted: Scripted, tmp_path: Path) -> None:
    """The exported counters add up, and carry the catalogue's names."""
    from collectors.catalogue import agent as catalogue

    scripted.answer = refusing(b"A003,")
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0, racks=10))
        drained(made)
        samples = {
            (sample.name, sample.labels.get("reason") or sample.labels.get("code")): sample.value
            for family in made._registry.collect()
            for sample in family.samples
        }
    assert samples["hubgauge_sink_collected_samples_total", None] == 10
    assert samples["hubgauge_sink_sent_samples_total", None] == 9
    assert samples["hubgauge_sink_dropped_total", "dead_letter"] == 1
    assert samples["hubgauge_sink_up", None] == 1
    assert samples["hubgauge_spool_healthy", None] == 1
    declared = {
        m.full_name
        for m in vars(catalogue).values()
        if getattr(m, "subsystem", "") in ("sink", "spool")
    }
    absent = {catalogue.SPOOL_OLDEST.full_name, catalogue.SINK_DEDUPLICATES.full_name}
    assert {name for name, _ in samples} | absent == declared
