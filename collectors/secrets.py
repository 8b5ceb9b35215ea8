"""Read secrets from files. They never come from arguments, and are never shown."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

from collectors.base import ConfigError

_MAX_SECRET: Final = 64 * 1024


def read_secret(path: Path, key: str) -> str:
    """Read a secret's file without its final newline.

    Raises ConfigError for one that is missing, empty or readable by all.
    """
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise ConfigError("a secret must be a file", file=str(path), key=key)
        if mode & stat.S_IROTH:
            raise ConfigError(
                "a secret must not be readable by all: chmod o-r it", file=str(path), key=key
            )
        text = path.read_text("utf-8")[:_MAX_SECRET].rstrip("\r\n")
    except OSError as error:
        raise ConfigError(
            f"cannot be read: {error.strerror or error}", file=str(path), key=key
        ) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8", file=str(path), key=key) from None
    if not text:
        raise ConfigError("is empty", file=str(path), key=key)
    return text
