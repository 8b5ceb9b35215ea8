"""The sink against databases that refuse, stall, lose answers and come back."""

from __future__ import annotations

import gc
import json
import logging
import math
import os
import resource
import ssl
import subprocess
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from agent.retry import parse_retry_after
from tests.agent.sinks.peers import (
    Answer,
    Received,
    Scripted,
    Victoria,
    Wire,
    balanced,
    batch,
    drained,
    sink,
)
from tests.support import HANGS, wait_for

T0 = 1_790_000_000.0
SECRET = "s3cr3t-t0ken-0123456789"  # noqa: S105 - made up


def refusing(bad: bytes, *, status: int = 400) -> object:
    """Answer like a strict database: a request with a bad line in it is refused."""

    def answer(request: Received) -> Answer:
        if any(bad in line for line in request.lines):
            return (
                status,
                {},
                json.dumps(
                    {"code": "invalid", "message": f"unable to parse {bad.decode()}"}
                ).encode(),
            )
        return 204, {}, b""

    return answer


def sequence(*answers: Answer) -> object:
    """Give these answers first, then take everything."""
    left = list(answers)
    return lambda _request: left.pop(0) if left else (204, {}, b"")


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


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_is_kept(scripted: Scripted, tmp_path: Path, status: int, kind: str) -> None:
    """No request is sent before Retry-After has passed, given in seconds or as a date."""

    def answer(_: Received) -> Answer:
        if len(scripted.requests) > 1:
            return 204, {}, b""
        # A date is in whole seconds: it is at least one second from now.
        date = formatdate(time.time() + 2, usegmt=True)
        return status, {"Retry-After": {"seconds": "1", "date": date}[kind]}, b""

    scripted.answer = answer
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    first, second = scripted.requests
    assert second.at - first.at >= 1.0
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


@pytest.mark.parametrize("fault", ["reset", "black_hole", "half_close", "drip"])
def test_bad_wires(scripted: Scripted, tmp_path: Path, fault: str) -> None:
    """Whatever the wire does, a request ends by its time-out and nothing is lost.

    Without the time-out it would go on for minutes: longer than the test waits.
    """
    port = int(scripted.url.rsplit(":", 1)[1])
    with Wire(port).up() as wire:
        wire.fault = fault
        with sink(wire.url, tmp_path, timeout=1.0) as made:
            made.accept(batch(1.0, when=T0, racks=3000))
            wait_for(
                lambda: sum(made.requests.values()) >= 1,
                timeout=HANGS,
                what="the first request to end",
            )
            assert set(made.requests) <= {"timeout", "unreachable"}
            wire.fault = "none"
            wire.cut()
            drained(made)
            assert made.spool.state().sent == 3000
    assert len(set(scripted.stored)) == 3000


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


def test_secrets_are_not_told(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A token that a database echoes in its error page is in no log, dead letter or exception."""
    token = tmp_path / "token"
    token.write_text(SECRET)
    token.chmod(0o600)
    scripted.answer = sequence(
        (401, {}, f"bad token {SECRET}".encode()),
        (403, {}, json.dumps({"message": f"no {SECRET}"}).encode()),
        *[(400, {"X-Token": SECRET}, f"bad {SECRET}".encode())] * 1,
    )
    with caplog.at_level(logging.DEBUG), sink(scripted.url, tmp_path, token_file=token) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        assert SECRET not in repr(made.spool.dead_letters())
    assert SECRET not in caplog.text
    assert "***" in caplog.text
    for file in tmp_path.iterdir():
        assert file.name == "token" or SECRET.encode() not in file.read_bytes()


def test_new_token_is_read(scripted: Scripted, tmp_path: Path) -> None:
    """A token replaced on disk is used without a restart."""
    token = tmp_path / "token"
    token.write_text("old")
    token.chmod(0o600)
    scripted.answer = lambda request: (
        204 if request.headers["Authorization"] == "Token new" else 401,
        {},
        b"",
    )
    with sink(scripted.url, tmp_path, token_file=token) as made:
        made.accept(batch(1.0, when=T0))
        wait_for(lambda: made.requests["401"] >= 2)
        token.write_text("new")
        drained(made)


def test_huge_error_page(scripted: Scripted, tmp_path: Path) -> None:
    """Only the beginning of an error page is read, and the next request is answered properly."""
    scripted.answer = sequence((503, {}, b"x" * 20_000_000))
    with sink(scripted.url, tmp_path) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)


def test_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Over TLS the server must show a certificate of the stated authority, and a handshake that
    hangs ends in time.
    """
    openssl = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "1",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*openssl, *names, "-keyout", "key.pem", "-out", "cert.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with Scripted().up(context) as database, Wire(int(database.url.rsplit(":", 1)[1])).up() as wire:
        url = wire.url.replace("http:", "https:")
        with caplog.at_level(logging.INFO), sink(url, tmp_path) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: made.requests["unreachable"] >= 2)
        assert "certificate verify failed" in caplog.text
        assert database.requests == []
        wire.fault = "black_hole"
        with sink(url, tmp_path, timeout=0.5, ca_file=tmp_path / "cert.pem") as made:
            wait_for(lambda: made.requests["timeout"] >= 1)
            wire.fault = "none"
            wire.cut()
            drained(made)
            assert made.spool.state().sent == 1


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


def test_frozen_database(victoria: Victoria, tmp_path: Path) -> None:
    """While the database is stopped nobody waits for it; then each sample is there once.

    If the collectors waited for a request each, all twenty would have timed out.
    """
    with sink(victoria.url, tmp_path, timeout=0.5) as made:
        with victoria.frozen():
            for turn in range(20):
                made.accept(batch(turn, when=T0 + turn, racks=10))
                made.spool.state()
            assert made.requests["timeout"] < 20
            wait_for(lambda: made.requests["timeout"] >= 2)
        drained(made)
    stored = victoria.export()
    assert len(stored) == 10
    for one in stored:
        assert one["values"] == list(range(20))


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
    assert {name for name, _ in samples} | {catalogue.SPOOL_OLDEST.full_name} == declared
