"""A parser of arguments that writes its help and its errors in the reader's language."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from functools import partial
from typing import ClassVar, Final, NoReturn

from agent.messages.catalogue import DEFAULT
from agent.messages.said import said, usage
from agent.targets.columns import width_of, wrap

USAGE: Final = "usage: "
ERROR: Final = "error: "
COLON: Final = ":"
"""Behind a heading."""
OWN: Final = (USAGE, ERROR, COLON)
"""The words that stand here, and that no parser has."""


def parser_class(language: str) -> type[argparse.ArgumentParser]:
    """Return the class of parsers of a language; parsers of actions get the class of theirs."""
    return type("Parser", (_Parser,), {"language": language})


class _Parser(argparse.ArgumentParser):
    language: ClassVar[str] = DEFAULT

    def _get_formatter(self) -> argparse.HelpFormatter:
        self.formatter_class = partial(_Formatter, language=self.language)
        return super()._get_formatter()

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        error = usage(self.language).get(ERROR, ERROR)
        self.exit(2, f"{self.prog}: {error}{said(message, self.language)}\n")


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog: str, *, language: str) -> None:
        super().__init__(prog)
        self._texts = usage(language)
        self._headings: list[str] = []

    def _told(self, text: str | None) -> str | None:
        return self._texts.get(text, text) if text else text

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        prefix = self._told(USAGE) if prefix is None else prefix
        super().add_usage(usage, actions, groups, prefix)

    def _format_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None,
    ) -> str:
        # Python takes each character for one column.
        more = width_of(prefix or "") - len(prefix or "")
        self._width -= more
        text = super()._format_usage(usage, actions, groups, prefix)
        self._width += more
        return text.replace("\n ", "\n " + " " * more)

    def start_section(self, heading: str | None) -> None:
        told = self._told(heading)
        self._headings += [told] if told else []
        super().start_section(told)

    def format_help(self) -> str:
        text = super().format_help()
        for heading in self._headings:
            text = text.replace(f"\n{heading}{COLON}", f"\n{heading}{self._told(COLON)}")
        return text

    def add_text(self, text: str | None) -> None:
        super().add_text(self._told(text))

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return self._told(action.help)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        lines = wrap(" ".join(text.split()), width - len(indent))
        return "\n".join(indent + line for line in lines)
