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
    monkeypatch.setattr(auth, "_UNKNOWN_USER_HASH", _hash(b"stand-in").encode())
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


@pytest.mark.parametrize("line", ["ann:plain", "ann:{SHA}x", "ann", f"{':'}$2b$04$abc", "ann:$1$x"])
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
