"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

from collectors.base import ConfigError


def cannot_be_written(error: OSError, path: Path, key: str) -> ConfigError:
    """Return the error for a file, named by the option `key`, that cannot be written."""
    return ConfigError(f"cannot be written: {error.strerror or error}", file=str(path), key=key)


def write_text(path: Path, text: str, key: str) -> None:
    """Write a file that the option `key` names; raises ConfigError if that fails."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise cannot_be_written(error, path, key) from None
