"""Scalars: what a single text in a file may stand for, and the notations with a unit."""

from __future__ import annotations

import datetime as dt
import re
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

_MAX_SECONDS: Final = 1e9
"""Some 30 years; the point is only to refuse nonsense."""
_BOOLEANS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parsed:
    """An annotation: this scalar is written in a notation of its own, such as `15s` or `2GiB`."""

    parse: Callable[[str], Any]
    expected: str


@dataclass(frozen=True, slots=True)
class Range:
    """An annotation: the smallest and the largest number accepted."""

    least: float = float("-inf")
    most: float = float("inf")


_DURATION_UNITS: Final = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZE_UNITS: Final = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}


def parse_duration(text: str) -> float:
    """Parse `500ms`, `15s`, `2m`, `1h30m` or `1d` to seconds; raises ValueError."""
    if not re.fullmatch(r"(\d+(\.\d+)?(ms|s|m|h|d))+", text):
        raise ValueError(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", text)
    seconds = sum(float(number) * _DURATION_UNITS[unit] for number, unit in parts)
    if not 0 < seconds < _MAX_SECONDS:
        raise ValueError(text)
    return seconds


def parse_size(text: str) -> int:
    """Parse `512MiB`, `2GiB` or `10GB` to bytes; raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([kMGT]?B|[KMGT]iB)", text)
    if match is None:
        raise ValueError(text)
    return int(float(match[1]) * _SIZE_UNITS[match[2]])


Duration = Annotated[float, Parsed(parse_duration, "a duration such as 15s, 500ms or 1h30m")]
Size = Annotated[int, Parsed(parse_size, "a size such as 512MiB or 2GiB")]
Ratio = Annotated[float, Range(0.0, 1.0)]
Positive = Annotated[float, Range(1e-12)]


def parse_pattern(text: str) -> re.Pattern[str]:
    """Parse a regular expression; raises ValueError."""
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(text) from error


Regex = Annotated[re.Pattern[str], Parsed(parse_pattern, "a regular expression")]
Count = Annotated[int, Range(0)]


def parse_scalar(text: str, kind: Any, folder: Path, *, null: bool) -> Any:
    """Parse a text as a type; raises ValueError, or TypeError for a type that no scalar has.

    `folder` is where relative paths begin; `null` says that the text is YAML's null.
    """
    parser = _PARSERS.get(kind)
    if parser is None:
        if typing.get_origin(kind) is Literal:
            return _choice(text, typing.get_args(kind))
        raise TypeError(f"no rule for {kind!r}")
    if null and kind is str:
        raise ValueError(text)
    return folder / parser(text) if kind is Path else parser(text)


def _choice(text: str, choices: tuple[object, ...]) -> object:
    for choice in choices:
        if str(choice) == text:
            return choice
    raise ValueError(text)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _whole(text: str) -> int:
    return int(_digits(text))


def _number(text: str) -> float:
    value = float(_digits(text))
    if abs(value) == float("inf"):
        raise ValueError(text)
    return value


def _digits(text: str) -> str:
    if not re.match(r"[-+.\d]", text):
        raise ValueError(text)
    return text.replace("_", "")


def _path(text: str) -> Path:
    if not text or "\0" in text:
        raise ValueError(text)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~ of a user whom the machine does not know
        raise ValueError(text) from error


_PARSERS: Final[dict[Any, Callable[[str], Any]]] = {
    str: str,
    int: _whole,
    float: _number,
    bool: _boolean,
    Path: _path,
    dt.date: dt.date.fromisoformat,
}
