"""Make texts that a profile's regular expressions match, so that a device is identified.

Enough of the syntax for device profiles: literals, classes, groups, alternatives, quantifiers and
anchors. Look-ahead and look-behind are ignored. Every text is checked against the expression, so
only matching texts are returned.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Final

_MOST: Final = 48
_KINDS: Final = {"d": "123", "w": "a", "s": " ", "D": "x", "W": "-", "S": "x"}
_NOTHING: Final = frozenset("bBAZ")


def samples(pattern: re.Pattern[str]) -> list[str]:
    """Return some texts that the expression matches, the simplest first.

    The list is empty where this module does not know the syntax.
    """
    try:
        made = _Reader(pattern.pattern).alternatives()
    except (IndexError, ValueError):
        return []
    return [text for text in dict.fromkeys(made) if pattern.search(text)]


class _Reader:
    """Reads an expression from left to right.

    Every method returns the texts that its part may stand for.
    """

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0

    def alternatives(self) -> list[str]:
        """Read until a closing bracket or the end."""
        found = self._sequence()
        while self._peek() == "|":
            self._at += 1
            found += self._sequence()
        return found[:_MOST]

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _sequence(self) -> list[str]:
        found = [""]
        while self._peek() not in ("", "|", ")"):
            part = self._quantified(self._atom())
            found = [
                head + tail
                for head, tail in itertools.islice(itertools.product(found, part), _MOST)
            ]
        return found

    def _atom(self) -> list[str]:
        char = self._text[self._at]
        self._at += 1
        if char == "(":
            return self._group()
        if char == "[":
            return list(self._members())
        if char == "\\":
            return self._escaped()
        if char in "^$":
            return [""]
        return ["x"] if char == "." else [char]

    def _escaped(self) -> list[str]:
        char = self._text[self._at]
        self._at += 1
        return [""] if char in _NOTHING else list(_KINDS.get(char, char))

    def _group(self) -> list[str]:
        kept = True
        if self._peek() == "?":
            self._at += 1
            head = re.compile(r"P?<\w+>|:|[a-z]+\)|<?[=!]").match(self._text, self._at)
            if head is None:
                raise ValueError(self._text)
            self._at = head.end()
            if head[0].endswith(")"):  # flags for all of it
                return [""]
            kept = head[0][-1] not in "=!"
        inside = self.alternatives()
        if self._text[self._at] != ")":
            raise ValueError(self._text)
        self._at += 1
        return inside if kept else [""]

    def _members(self) -> Iterable[str]:
        """Read a class such as `[1-3]`; for a negated class, find a member."""
        end = self._text.index("]", self._at + 2 if self._text[self._at] == "^" else self._at + 1)
        body, self._at = self._text[self._at : end], end + 1
        if body.startswith("^"):
            allowed = re.compile(f"[{body}]")
            return next(char for char in "x1-" if allowed.match(char))
        return dict.fromkeys(_ranges(body))

    def _quantified(self, part: list[str]) -> list[str]:
        found = re.compile(r"([?*+])|\{(\d+)(,\d*)?\}").match(self._text, self._at)
        if found is None:
            return part
        self._at = found.end() + (
            self._text[found.end() : found.end() + 1] in ("?", "+")
            and found.end() < len(self._text)
        )
        if found[1] == "?":
            return ["", *part]
        times = {"*": 0, "+": 1}[found[1]] if found[1] else int(found[2])
        return part if times == 1 else [text * times for text in part]


def _ranges(body: str) -> Iterator[str]:
    at = 0
    while at < len(body):
        if body[at] == "\\":
            yield from _KINDS.get(body[at + 1], body[at + 1])
            at += 2
        elif body[at + 1 : at + 2] == "-" and at + 2 < len(body):
            yield from map(chr, range(ord(body[at]), ord(body[at + 2]) + 1))
            at += 3
        else:
            yield body[at]
            at += 1
