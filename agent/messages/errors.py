"""Why a device could not be read, in the reader's language."""

from __future__ import annotations

from agent.messages.catalogue import Words


def error_text(reason: str, text: str, w: Words) -> str:
    """Return the error of a collector; in some languages its reason stands before `text`.

    `text` is what the device or the library said, in its own language.
    """
    return w(f"error.{reason}", text=text) if reason else text
