"""Checks that several classes of the model share."""

from __future__ import annotations


def check_not_empty(key: str, value: str) -> None:
    """Raise ValueError where a key is empty or blank."""
    if not value.strip():
        message = f"{key}: must not be empty"
        raise ValueError(message)
