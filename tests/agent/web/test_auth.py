"""Basic authentication: whose password is accepted, and which files are refused."""

from __future__ import annotations

import base64
from pathlib import Path

import bcrypt
import pytest

from agent.web import auth
from agent.web.auth import Users
from collectors.base import ConfigError


def _hash(password: bytes) -> str:
    return bcrypt.hashpw(password, bcrypt.gensalt(4)).decode()


def _users(folder: Path, *lines: str) -> Users:
    path = folder / "users"
    path.write_text("\n".join(lines) + "\n")
    path.chmod(0o600)
    return Users(path)


def _basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_a_right_password_is_remembered_and_a_wrong_one_is_not(tmp_path: Path) -> None:
    """Asked twice, each pair of user and password gets the same answer."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}", f"bob:{_hash(b'other')}")
    for _ in range(2):
        assert users.accepts(_basic("ann:right"))
        assert users.accepts(_basic("bob:other"))
        assert not users.accepts(_basic("ann:other"))
        assert not users.accepts(_basic("bob:right"))


def test_a_remembered_password_needs_no_bcrypt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second request with the same password is answered without the slow hash."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}")
    assert users.accepts(_basic("ann:right"))
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: pytest.fail("bcrypt was asked again"))
    assert users.accepts(_basic("ann:right"))


def test_an_unknown_user_is_refused_even_with_the_password_of_the_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For an unknown user a stand-in hash is checked; its password opens nothing."""
    monkeypatch.setattr(auth, "_STAND_IN", _hash(b"stand-in"))
    users = _users(tmp_path, f"ann:{_hash(b'right')}")
    assert not users.accepts(_basic("eve:stand-in"))
    assert not users.accepts(_basic("eve:stand-in")), "not even the second time"


def test_where_one_part_ends_is_in_the_digest(tmp_path: Path) -> None:
    """User and password cannot be cut elsewhere to look like a pair that was accepted."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}")
    assert users._digest(b"ann", b"$2b$", b"x") != users._digest(b"an", b"n$2b$", b"x")
    assert users._digest(b"ann", b"$2b$x", b"") != users._digest(b"ann", b"$2b$", b"x")


def test_passwords_longer_than_bcrypt_reads_are_accepted(tmp_path: Path) -> None:
    """Of a password of 80 bytes the first 72 count, as bcrypt has it."""
    password = b"p" * 72
    users = _users(tmp_path, f"ann:{_hash(password)}")
    assert users.accepts(_basic("ann:" + "p" * 80))
    assert not users.accepts(_basic("ann:" + "p" * 71))


@pytest.mark.parametrize(
    "line",
    [
        "ann:plain",
        "ann:{SHA}x",
        "ann",
        f"{':'}$2b$04$abc",
        "ann:$1$x",
        "ann:$2b$12$tooshort",
        "ann:$2b$xx$" + "." * 53,
        "ann:$2b$12$" + "." * 52 + "!",
        "ann:$2b$12$" + "." * 54,
    ],
)
def test_a_line_without_a_bcrypt_hash_is_refused(tmp_path: Path, line: str) -> None:
    """A password in plain text or of another hash is an error with its line, never accepted."""
    with pytest.raises(ConfigError, match="expected user:bcrypt-hash") as refused:
        _users(tmp_path, "# who may read", "", line)
    assert refused.value.line == 3


@pytest.mark.parametrize(
    "header", ["", "Basic", "Basic !!!", "Basic /w==", "Bearer YW5uOnJpZ2h0", "Digest x"]
)
def test_a_header_of_another_kind_is_refused(tmp_path: Path, header: str) -> None:
    """What is no basic authentication, no base64 or no UTF-8 is not accepted."""
    assert not _users(tmp_path, f"ann:{_hash(b'right')}").accepts(header)


@pytest.mark.parametrize("cost", ["03", "17", "31"])
def test_a_hash_that_would_take_for_ever_is_refused(tmp_path: Path, cost: str) -> None:
    """At a cost of 31 one check takes days; bcrypt knows none below 4."""
    with pytest.raises(ConfigError, match="cost 4 to 16"):
        _users(tmp_path, f"ann:$2b${cost}$" + "." * 53)


@pytest.mark.parametrize("password", ["a\x00b", "\x00", "ä" * 400, ""])
def test_no_password_raises(tmp_path: Path, password: str) -> None:
    """Whatever is sent as a password is right or wrong, and never an error."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}", "bob:$2b$04$" + "." * 53)
    assert not users.accepts(_basic(f"ann:{password}"))
    assert not users.accepts(_basic(f"bob:{password}"))
    assert not users.accepts(_basic(f"eve:{password}"))


def _work(users: Users, header: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many rounds of bcrypt a refusal takes: 2^cost for each hash."""
    costs: list[int] = []

    def count(_: bytes, stored: bytes) -> bool:
        costs.append(int(stored[4:6]))
        return False

    monkeypatch.setattr(bcrypt, "checkpw", count)
    assert not users.accepts(header)
    return sum(2**cost for cost in costs)


def test_user_names_cannot_be_told_by_the_time_of_a_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users with hashes of cost 5, 9 and 12, and nobody, all take 2^12 rounds."""
    users = _users(
        tmp_path,
        *(f"{name}:$2b${cost}$" + "." * 53 for name, cost in (("a", "05"), ("b", "09"), ("c", 12))),
    )
    for user in ("a", "b", "c", "nobody"):
        assert _work(users, _basic(f"{user}:wrong"), monkeypatch) == 4096, user


def test_a_user_removed_from_the_file_is_gone_at_once(tmp_path: Path) -> None:
    """Also one whose password is remembered; a changed password counts at once too."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}", f"bob:{_hash(b'other')}")
    assert users.accepts(_basic("ann:right"))
    assert users.accepts(_basic("bob:other"))
    path = tmp_path / "users"
    path.write_text(f"bob:{_hash(b'changed')}\n")
    assert not users.remembers(_basic("ann:right"))
    assert not users.accepts(_basic("ann:right"))
    assert not users.accepts(_basic("bob:other"))
    assert users.accepts(_basic("bob:changed"))


@pytest.mark.parametrize("text", ["", "ann:plain\n", None])
def test_a_users_file_that_is_refused_later_lets_nobody_in(
    tmp_path: Path, text: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Empty, wrong or gone: one line says so, however often it is asked."""
    users = _users(tmp_path, f"ann:{_hash(b'right')}")
    assert users.accepts(_basic("ann:right"))
    path = tmp_path / "users"
    if text is None:
        path.unlink()
    else:
        path.write_text(text)
    for _ in range(5):
        assert not users.accepts(_basic("ann:right"))
    (line,) = [record.getMessage() for record in caplog.records]
    assert "nobody is let in until it is corrected" in line
    assert "plain" not in line
