"""A parser that is tested with hostile input: how to call it, and which errors it may raise.

A target takes bytes. What it may raise is `BadReply`, or what its own entry allows; `most` bounds
its input, where whoever reads for it does so as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from collectors.base import BadReply

ROOT = Path(__file__).resolve().parent.parent


CASES = ROOT / "cases"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A parser: what to call, what it is known to understand, and what it may raise."""

    name: str
    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    allowed: tuple[type[Exception], ...] = (BadReply,)
    most: int = 65_536
    seconds: float = 0.05
    """How much CPU time an input may take."""


def text_of(parse: Callable[[str], object]) -> Callable[[bytes], object]:
    """Make a parser of text one of bytes, as its caller does."""
    return lambda data: parse(data.decode("utf-8", "replace"))


def files(pattern: str) -> tuple[bytes, ...]:
    """Return the contents of the tests' cases that fit a pattern, the shortest first."""
    return tuple(
        sorted({path.read_bytes() for path in CASES.glob(pattern) if path.is_file()}, key=len)
    )[:12]
