"""What is wrong with a file: every mistake, and the words for what was expected instead."""

from __future__ import annotations

import dataclasses
import datetime as dt
import types
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Union

from collectors.base import ConfigError
from collectors.strict.scalars import Parsed, Range

_LISTED: Final = 40
"""How many known names an error line lists at most."""
_SCALARS: Final = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    dt.date: "a date such as 2024-12-31",
}


class Problems(Exception):
    """Everything wrong with one file, or with several: file by file, each from top to bottom."""

    def __init__(self, errors: list[ConfigError]) -> None:
        files = dict.fromkeys(error.file for error in errors)
        place = {file: number for number, file in enumerate(files)}
        self.errors = sorted(errors, key=lambda error: (place[error.file], error.line))
        super().__init__("\n".join(map(str, self.errors)))


def note_name(seen: dict[str, int], name: str, number: int, key: str) -> None:
    """Note the name of the device at `number` of a list; raises ConfigError at `key` if taken."""
    if name in seen:
        raise ConfigError(f"{name!r} is already the name of devices[{seen[name]}]", key=key)
    seen[name] = number


def under(error: ConfigError, key: str) -> ConfigError:
    """Return the error with `key` before its own key, unless it begins with it."""
    if error.key.startswith(key):
        return error
    return ConfigError(error.message, file=error.file, line=error.line, key=f"{key}.{error.key}")


def nearest(name: str, known: Iterable[object], *, listed: bool = True) -> str:
    """Name the known name that was probably meant, or all of them: the end of an error line.

    Without `listed`, the line names them already.
    """
    import difflib

    names = [str(one) for one in known]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    if not listed:
        return ""
    first = ", ".join(names[:_LISTED]) or "(none)"
    more = len(names) - _LISTED
    return f"; expected one of {first}" + (f" and {more} more" if more > 0 else "")


def describe(kind: Any) -> str:
    """Say in words what a type accepts, for error lines and the generated reference."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is Annotated:
        return _describe_marked(args[0], args[1:])
    if origin is Literal:
        return "one of " + ", ".join(map(str, args))
    if origin in (Union, types.UnionType):
        return " or ".join(describe(member) for member in args if member is not types.NoneType)
    if origin in (list, tuple):
        return f"a list of {describe(args[0])}"
    if origin is dict or dataclasses.is_dataclass(kind):
        return "a mapping"
    return _SCALARS.get(kind, "a value")


def _describe_marked(kind: Any, marks: Iterable[object]) -> str:
    words = describe(kind)
    for mark in marks:
        if isinstance(mark, Parsed):
            return mark.expected
        if isinstance(mark, Range):
            words += f" of at least {mark.least:g}" if mark.least > float("-inf") else ""
            words += f" and at most {mark.most:g}" if mark.most < float("inf") else ""
    return words
