"""Read the text of an inventory file."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from collectors.base import ConfigError
from collectors.strict import Problems

_MAX_BYTES: Final = 256 * 2**20


def text_of(path: Path) -> str:
    """Return the text of a file; raises Problems if it is unreadable, too large or not UTF-8."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise Problems([ConfigError(f"larger than {_MAX_BYTES} bytes", file=str(path))])
        return path.read_text("utf-8-sig")
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
        raise Problems([ConfigError(message, file=str(path))]) from None
    except UnicodeDecodeError as error:
        message = f"is not UTF-8 (byte {error.start})"
        raise Problems([ConfigError(message, file=str(path))]) from None


@contextmanager
def no_garbage_collection() -> Iterator[None]:
    """Turn the cyclic garbage collector off while many objects are made that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
