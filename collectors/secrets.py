"""Read secrets from files. They never come from arguments, and are never shown."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from collectors.base import ConfigError

_MAX_SECRET: Final = 64 * 1024


def read_secret(path: Path, key: str) -> str:
    """Read a secret of one line, such as a token or a password, without its final newline.

    Raises ConfigError for one that is missing, empty, of several lines, or one that others may
    read or write. What is in it is not told: a second line would end up in a header of HTTP, and
    the error of the library would quote it.
    """
    text = read_secret_file(path, key)
    if any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in text):
        raise ConfigError("must be one line without control characters", file=str(path), key=key)
    return text


def read_secret_file(path: Path, key: str) -> str:
    """Read a secret file of several lines, such as a private key, without its final newline.

    Raises ConfigError for one that is missing, empty, too long, or one that others may read or
    write; also where they may put another file in its place.
    """
    try:
        _check_mode(path, key)
        with path.open("rb") as file:
            data = file.read(_MAX_SECRET + 1)
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


def _check_mode(path: Path, key: str) -> None:
    mode = path.stat().st_mode
    folder = path.resolve().parent.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
        problem = "a secret must be a file"
    elif mode & stat.S_IROTH:
        problem = "a secret must not be readable by all: chmod o-r it"
    elif mode & stat.S_IWOTH:
        problem = "a secret must not be writable by all: chmod o-w it"
    elif folder & stat.S_IWOTH and not folder & stat.S_ISVTX:
        problem = "a secret must not lie in a folder that all may write: chmod o-w the folder"
    else:
        return
    raise ConfigError(problem, file=str(path), key=key)
