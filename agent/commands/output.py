"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

from collectors.base import ConfigError


def cannot_be_written(error: OSError, path: Path, key: str) -> ConfigError:
    """Say that a file that an option names cannot be written."""
    return ConfigError(f"cannot be written: {error.strerror or error}", file=str(path), key=key)


def write_text(path: Path, text: str, key: str) -> None:
    """Write a file that an option names; raises ConfigError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_be_written(error, path, key) from None
