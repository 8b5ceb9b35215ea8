"""Who did what: the log of what users see and change."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.web.audit import Audit
from agent.web.quiet import Quiet
from tests.agent.web.proxied import HERE, SEE, basic, named
from tests.agent.web.serving import request, serving
from tests.agent.web.test_server_access import users_file

# The audit log


def records(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def put(path: Path) -> None:
    path.write_text("someone else's")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in folder.iterdir()}


def outline(path: Path) -> Sequence[tuple[object, ...]]:
    return [
        tuple(one[key] for key in ("action", "user", "path", "status")) for one in records(path)
    ]


async def test_the_audit_log_tells_who_did_what(tmp_path: Path) -> None:
    """Who looks stands there once; each change before and after it; who was refused, and where."""
    log = tmp_path / "audit.jsonl"
    options = {"proxy": HERE, "roles": SEE, "users_file": users_file(tmp_path), "audit_file": log}
    async with serving(**options) as port:
        await request(port, "/metrics", *named("ann"), "X-Forwarded-For: 10.1.2.3")
        await request(port, "/metrics", *named("ann"))
        await request(port, "/-/reload", *named("ann"), method="POST")
        await request(port, "/-/reload", *named("bob", "ops"), method="POST")
        await request(port, "/metrics", *named("eve"))
        forged = "X-Forwarded-For: 10.9.9.9"
        await request(port, "/metrics", basic("ann:wrong"), forged, source="127.0.0.2")
    assert outline(log) == [
        ("see", "ann", "/metrics", 200),
        ("reload", "ann", "/-/reload", 403),
        ("reload", "bob", "/-/reload", 0),
        ("reload", "bob", "/-/reload", 500),
        ("see", "eve", "/metrics", 403),
        ("login", "ann", "/metrics", 401),
    ]
    first, *_, last = records(log)
    assert (first["address"], first["forwarded"]) == ("127.0.0.1", "10.1.2.3")
    assert (last["address"], "forwarded" in last) == ("127.0.0.2", False)
    assert "wrong" not in str(records(log))
    assert mode(log) == 0o600


async def test_a_change_that_cannot_be_recorded_is_not_made(tmp_path: Path) -> None:
    """Where the log is a folder, nobody reloads, and everybody reads."""
    async with serving(proxy=HERE, audit_file=tmp_path) as port:
        status, _, said = await request(port, "/-/reload", *named("ann"), method="POST")
        assert (status, said) == (503, b"not done: the audit log cannot be written\n")
        assert (await request(port, "/metrics", *named("ann")))[0] == 200


async def test_half_a_record_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full takes the first bytes of a line: what it was about is not done."""
    full = {"write": lambda file, line: os.write(file, line[:9])}
    monkeypatch.setattr("agent.web.audit.os", SimpleNamespace(**{**vars(os), **full}))
    audit = Audit(tmp_path / "audit.jsonl", Quiet())
    assert not await audit.note("reload", user="ann", address="::1", path="/-/reload", status=0)


async def test_the_audit_log_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of full files the newest four are kept, whatever is sent; nothing else in the folder goes."""
    monkeypatch.setattr("agent.web.audit._MOST_BYTES", 400)
    audit = Audit(tmp_path / "audit.jsonl", Quiet())
    put(tmp_path / "audit.jsonl.5")
    for n in range(40):
        assert await audit.note("see", user=f"u{n}", address="::1", path="/" * 9999, status=403)
    found = sizes(tmp_path)
    assert sorted(found) == ["audit.jsonl", *(f"audit.jsonl.{n}" for n in range(1, 6))]
    assert max(found.values()) <= 400
    newest = [*records(tmp_path / "audit.jsonl.1"), *records(tmp_path / "audit.jsonl")]
    assert newest[-1]["user"] == "u39"
    assert [one["user"] for one in newest] == [
        f"u{40 - len(newest) + n}" for n in range(len(newest))
    ]


async def test_nobody_pushes_out_what_others_did(tmp_path: Path) -> None:
    """Ten refusals of a user are recorded in a minute; what others do is, and the next minute's."""
    now = [1_764_460_000.0]
    audit = Audit(tmp_path / "log", Quiet(), now=lambda: now[0])
    for _ in range(50):
        await audit.note("see", user="eve", address="::1", path="/", status=403)
    await audit.note("reload", user="ann", address="::1", path="/-/reload", status=200)
    now[0] += 60
    await audit.note("see", user="eve", address="::1", path="/", status=403)
    assert [one["user"] for one in records(tmp_path / "log")] == [*["eve"] * 10, "ann", "eve"]


async def test_a_user_is_seen_once_a_day(tmp_path: Path) -> None:
    """The next day he stands there again; from another address as well."""
    now = [1_764_460_000.0]
    audit = Audit(tmp_path / "log", Quiet(), now=lambda: now[0])
    for seconds, address in ((0, "::1"), (60, "::1"), (60, "::2"), (86400, "::1"), (0, "::1")):
        now[0] += seconds
        await audit.sees(user="ann", address=address, path="/")
    assert [one["address"] for one in records(tmp_path / "log")] == ["::1", "::2", "::1"]
