"""Make a case small: whatever it does not need becomes what it is by default, or goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass, replace
from typing import Any, TypeVar

MOST = 400
"""Attempts at making a case small."""

T = TypeVar("T")


def smallest(case: T, still: Callable[[T], bool], most: int = MOST) -> T:
    """Return a case of which no single part can be left out.

    Args:
        case: a frozen dataclass, or a tuple of them.
        still: tells whether a smaller case shows the same.
        most: attempts.
    """
    tried = 0
    found = True
    while found:
        found = False
        for one in simpler(case):
            if tried >= most:
                return case
            tried += 1
            if still(one):
                case, found = one, True
                break
    return case


def simpler(case: Any) -> Iterator[Any]:
    """Yield the case with one part less each, large parts first."""
    if isinstance(case, tuple):
        for n, part in enumerate(case):
            if len(case) > 1 and not hasattr(case, "_fields") and _of_one_kind(case):
                yield case[:n] + case[n + 1 :]
            yield from ((*case[:n], one, *case[n + 1 :]) for one in simpler(part))
        return
    if not is_dataclass(case) or isinstance(case, type):
        return
    for one in fields(case):
        value = getattr(case, one.name)
        if one.default is not MISSING and value != one.default:
            yield replace(case, **{one.name: one.default})
    for one in fields(case):
        for part in simpler(getattr(case, one.name)):
            yield replace(case, **{one.name: part})


def _of_one_kind(case: tuple[Any, ...]) -> bool:
    return len({type(one) for one in case}) == 1


def short(case: Any) -> str:
    """Write a case without what is as it is by default."""
    if isinstance(case, tuple):
        return f"({', '.join(short(one) for one in case)})"
    if not is_dataclass(case):
        return repr(case)
    told = [
        f"{one.name}={short(getattr(case, one.name))}"
        for one in fields(case)
        if getattr(case, one.name) != one.default
    ]
    return f"{type(case).__name__}({', '.join(told)})"
