"""Secrets from files: which files are accepted, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import ConfigError
from collectors.secrets import read_secret, read_secret_file


def _file(folder: Path, content: bytes, mode: int) -> Path:
    path = folder / "token"
    path.write_bytes(content)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640, 0o660])
def test_a_secret_of_owner_and_group_is_read(tmp_path: Path, mode: int) -> None:
    """A file that others cannot read is accepted, without its final newline."""
    assert read_secret(_file(tmp_path, b"s3cret\r\n", mode), "token_file") == "s3cret"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o606, 0o444])
def test_a_secret_that_all_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """A token that every user of the machine can read is not used; the error names file and key."""
    path = _file(tmp_path, b"s3cret\n", mode)
    with pytest.raises(ConfigError, match="readable by all") as refused:
        read_secret(path, "outputs.influxdb.token_file")
    assert (refused.value.file, refused.value.key) == (str(path), "outputs.influxdb.token_file")
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"\n", "is empty"), (b"\xff", "is not UTF-8")]
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """An empty file and one that is no text are errors, not empty secrets."""
    with pytest.raises(ConfigError, match=message):
        read_secret(_file(tmp_path, content, 0o600), "token_file")


def test_a_secret_must_be_a_file(tmp_path: Path) -> None:
    """A folder and a file that is missing are errors with the key."""
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigError) as refused:
            read_secret(path, "token_file")
        assert refused.value.key == "token_file"


@pytest.mark.parametrize("mode", [0o602, 0o622, 0o662, 0o642])
def test_a_secret_that_all_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever writes the users' file lets himself in, though he cannot read it."""
    with pytest.raises(ConfigError, match=r"(readable|writable) by all"):
        read_secret(_file(tmp_path, b"s3cret\n", mode), "token_file")


def test_a_secret_that_all_may_replace_is_refused(tmp_path: Path) -> None:
    """In a folder that all may write, unless only the owner may delete there, as in /tmp."""
    folder = tmp_path / "open"
    folder.mkdir()
    path = _file(folder, b"s3cret\n", 0o600)
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="folder that all may write"):
        read_secret(path, "token_file")
    link = tmp_path / "link"
    link.symlink_to(path)
    with pytest.raises(ConfigError, match="folder that all may write"):
        read_secret(link, "token_file")
    folder.chmod(0o1777)
    assert read_secret(path, "token_file") == "s3cret"


@pytest.mark.parametrize(
    "content", [b"first\nsecond\n", b"tok\x00en\n", b"tok\ren", b"\tx", b"a\x7fb", b"a\r\nb"]
)
def test_a_secret_of_several_lines_is_refused_without_being_quoted(
    tmp_path: Path, content: bytes
) -> None:
    """A header of HTTP cannot hold it, and its error would quote the token in the log."""
    with pytest.raises(ConfigError, match="one line") as refused:
        read_secret(_file(tmp_path, content, 0o600), "token_file")
    told = refused.value.message
    assert not any(part in told for part in ("first", "second", "tok", "x00"))
    if b"\x00" not in content:
        read_secret_file(tmp_path / "token", "outputs.http.tls.key_file")


def test_a_secret_is_read_to_a_bound(tmp_path: Path) -> None:
    """A file of a megabyte is no secret."""
    with pytest.raises(ConfigError, match="longer than 65536 bytes"):
        read_secret(_file(tmp_path, b"x" * 2**20, 0o600), "token_file")
