"""Why a device could not be read, in the reader's language."""

from __future__ import annotations

from agent.messages.catalogue import Words


def error_text(reason: str, text: str, w: Words) -> str:
    """Return what a collector says of its failure, led by the reason where `text` has none.

    The text itself is what the device or the library said, in its own language.
    """
    return w(f"error.{reason}", text=text) if reason else text
