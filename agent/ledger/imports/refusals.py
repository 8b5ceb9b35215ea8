"""Rejected rows of a file."""

from __future__ import annotations

from collections import Counter
from typing import Final

from collectors.base import ConfigError

_MOST_LINES: Final = 50


class Refused(ValueError):
    """A rejected row, and the reason in a word."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason = reason
        super().__init__(f"{reason}: {message}" if reason != "cells" else message)


class Refusals:
    """The refused rows of one file: how many by reason, and the first of them line by line."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.counts: Counter[str] = Counter()
        self.errors: list[ConfigError] = []

    def add(self, line: int, refused: Refused) -> None:
        """Note a refused row."""
        self.counts[refused.reason] += 1
        if len(self.errors) < _MOST_LINES:
            self.errors.append(ConfigError(str(refused), file=self.file, line=line))
        elif len(self.errors) == _MOST_LINES:
            self.errors.append(ConfigError("and more like these", file=self.file, line=line))
