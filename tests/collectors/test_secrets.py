"""Secrets from files: which files are accepted, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.base import ConfigError
from collectors.secrets import read_secret


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
