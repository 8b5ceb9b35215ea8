"""Checks that several classes of the model share."""

from __future__ import annotations

from typing import Final

from collectors.labels import MAX_LABEL_LENGTH, safe_label

_SHOWN: Final = 60


def check_not_empty(key: str, value: str) -> None:
    """Raise ValueError where a key is empty or blank."""
    if not value.strip():
        message = f"{key}: must not be empty"
        raise ValueError(message)


def check_name(key: str, value: str) -> None:
    """Raise ValueError where a name is empty, or cannot be a label value unchanged.

    A series would carry a changed name. Then two things could share one name, and a look-up by the
    stated name would find neither.
    """
    check_not_empty(key, value)
    safe = safe_label(value)
    if safe != value:
        message = (
            f"{key}: {value[:_SHOWN]!r}: a name has at most {MAX_LABEL_LENGTH} characters, no line"
            " breaks, control characters or changes of direction, and no backslash at its end"
        )
        raise ValueError(message)
