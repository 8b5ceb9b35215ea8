"""Read secrets from files. They never come from arguments, and are never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.replaceable import who_may_replace

_MAX_SECRET: Final = 64 * 1024


def read_token(path: Path, key: str) -> str:
    """Read a secret that a request of HTTP holds as it is: a token, or an address.

    Raises ConfigError as `read_secret` does, and for a letter that is not of ASCII: a header or a
    request line cannot hold it (RFC 9110, 5.5).
    """
    text = read_secret(path, key)
    if not text.isascii():
        raise ConfigError(
            "must be letters, digits and signs of ASCII alone", file=str(path), key=key
        )
    return text


def read_secret(path: Path, key: str) -> str:
    """Read a secret of one line, such as a password, without its final newline.

    Raises ConfigError for one that is missing, empty, of several lines, or one that others may
    read, write or replace. What is in it is not told: a second line would end up in a header of
    HTTP, and the error of the library would quote it.
    """
    text = read_secret_file(path, key)
    if not text.isprintable():
        raise ConfigError(
            "must be one line without control characters, signs that are not seen, and other spaces"
            " than the usual one",
            file=str(path),
            key=key,
        )
    return text


def read_secret_file(path: Path, key: str) -> str:
    """Read a secret file of several lines, such as a private key, without its final newline.

    Raises ConfigError for one that is missing, no regular file, empty, too long, or one that others
    may read or write; also where they may put another file in its place.
    """
    try:
        data = _read(path, key)
        text = data.decode("utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror or error}", file=str(path), key=key
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8", file=str(path), key=key) from None
    if len(data) > _MAX_SECRET:
        raise ConfigError(f"is longer than {_MAX_SECRET} bytes", file=str(path), key=key)
    if not text:
        raise ConfigError("is empty", file=str(path), key=key)
    return text


def _read(path: Path, key: str) -> bytes:
    """Return what is in a file, up to a byte more than a secret may have; raises OSError.

    Only a regular file is opened: a pipe would be waited for, and a device may do something.
    """
    _refuse(_kind_problem(path.stat().st_mode) or who_may_replace(path), path, key)
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        _refuse(_kind_problem(mode) or _mode_problem(mode), path, key)
        return file.read(_MAX_SECRET + 1)


def _refuse(problem: str, path: Path, key: str) -> None:
    if problem:
        raise ConfigError(problem, file=str(path), key=key)


def _kind_problem(mode: int) -> str:
    return "" if stat.S_ISREG(mode) else "a secret must be a regular file"


def _mode_problem(mode: int) -> str:
    if mode & stat.S_IROTH:
        return "a secret must not be readable by all: chmod o-r it"
    if mode & stat.S_IWOTH:
        return "a secret must not be writable by all: chmod o-w it"
    return ""
