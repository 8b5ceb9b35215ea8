"""The language of a terminal: that of its locale, if the terminal's encoding can show it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, TextIO

from agent.messages.catalogue import DEFAULT, choose, languages

_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""Variables that name the locale of messages; the first one that is set counts (POSIX, 8.2)."""
_OPTION: Final = "--language"
_PLAIN: Final = ("C", "POSIX")


def add_language(parser: argparse.ArgumentParser, of: str) -> None:
    """Add `--language`. `of` names what is in that language; the default is the terminal's."""
    parser.add_argument(
        _OPTION,
        choices=list(languages()),
        default=spoken(),
        help=f"the language of {of} (default: that of the locale, here %(default)s)",
    )


def asked(arguments: Sequence[str]) -> str:
    """Return the language that `--language` among the arguments names, else the terminal's."""
    for word, behind in pairwise([*arguments, ""]):
        option, _, value = word.partition("=")
        named = value or behind
        if option == _OPTION and named in languages():
            return named
    return spoken()


def spoken(environ: Mapping[str, str] = os.environ, out: TextIO | None = None) -> str:
    """Return the language of the locale, or English where `out` cannot show that language."""
    locale = next((environ[name] for name in _LOCALE if environ.get(name)), "")
    if _tag(locale) in ("", *_PLAIN):
        return DEFAULT
    wished = [*environ.get("LANGUAGE", "").split(":"), locale]
    found = choose("", ",".join(_tag(one).replace("_", "-") for one in wished if one))
    return found if _can_show(found, out or sys.stdout) else DEFAULT


def _tag(locale: str) -> str:
    """Return a locale without its encoding and variant: `zh_CN` of `zh_CN.UTF-8`."""
    return locale.partition(".")[0].partition("@")[0]


def _can_show(language: str, out: TextIO | None) -> bool:
    encoding = out.encoding if out is not None else ""  # Python has no stdout if it is closed
    try:
        languages()[language].name.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
