"""A parser for the part of PromQL that signals use.

Its trees are translated into another query language: see `dashboards.influxql`.

Grammar: https://prometheus.io/docs/prometheus/latest/querying/basics/; among the matchers there may
be places such as `<site>`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

AGGREGATES: Final = frozenset(
    {"sum", "max", "min", "avg", "count", "topk", "bottomk", "count_values", "group"}
)
_PRECEDENCE: Final = (
    {"or"},
    {"and", "unless"},
    {"==", "!=", "<=", ">=", "<", ">"},
    {"+", "-"},
    {"*", "/"},
)
_TOKEN: Final = re.compile(
    r'\s+|(?P<string>"(?:[^"\\]|\\.)*")|(?P<place><\w+>)'
    r"|(?P<number>\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]))|(?P<span>\d+[smhdw])"
    r"|(?P<name>[a-zA-Z_:][\w:]*)|(?P<op>=~|!~|!=|==|<=|>=|[-+*/<>=(){}\[\],@])"
)


class UnreadableError(ValueError):
    """An expression that this module cannot parse."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number."""

    value: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Series by name and matchers.

    `places` are names such as `site` for `<site>`, and `span` is the range. `modified` tells
    whether there is an `@` or `offset`.
    """

    name: str
    places: tuple[str, ...]
    matchers: tuple[tuple[str, str, str], ...]
    span: str = ""
    modified: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A function of its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregation; `by` is None if the expression has no `by`."""

    function: str
    by: tuple[str, ...] | None
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands.

    `joined` tells whether they are matched on some labels only, `asked` whether there is a `bool`.
    """

    op: str
    left: Node
    right: Node
    joined: bool = False
    asked: bool = False


Node = Number | Selector | Call | Aggregate | Binary


def parse(text: str) -> Node:
    """Return an expression's tree; raises UnreadableError."""
    reader = _Reader(text)
    node = reader.binary(0)
    if reader.word:
        raise UnreadableError(f"{reader.word!r} is left over in {text}")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._split(text)
        self.kind = self.word = ""
        self._next()

    @staticmethod
    def _split(text: str) -> Iterator[tuple[str, str]]:
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise UnreadableError(f"{text[at : at + 20]!r} in {text}")
            at = match.end()
            if match.lastgroup:
                yield match.lastgroup, match[0]

    def _next(self) -> str:
        word = self.word
        self.kind, self.word = next(self._tokens, ("", ""))
        return word

    def _take(self, word: str) -> None:
        if self._next() != word:
            raise UnreadableError(f"expected {word!r} in {self._text}")

    def _names(self) -> tuple[str, ...]:
        self._take("(")
        names = []
        while self.word != ")":
            names.append(self._next())
            if self.word == ",":
                self._next()
        self._next()
        return tuple(names)

    def binary(self, level: int) -> Node:
        if level == len(_PRECEDENCE):
            return self._postfix(self._primary())
        left = self.binary(level + 1)
        while self.word in _PRECEDENCE[level]:
            op, asked, joined = self._next(), False, False
            if self.word == "bool":
                asked = bool(self._next())
            while self.word in ("on", "ignoring", "group_left", "group_right"):
                joined = bool(self._next())
                if self.word == "(":
                    self._names()
            left = Binary(op, left, self.binary(level + 1), joined, asked)
        return left

    def _primary(self) -> Node:
        if self.kind in ("number", "string"):
            return Number(self._next())
        if self.word == "(":
            self._next()
            node = self.binary(0)
            self._take(")")
            return node
        if self.word == "{":
            return self._selector("")
        if self.kind != "name":
            raise UnreadableError(f"{self.word!r} in {self._text}")
        name = self._next()
        if name in AGGREGATES:
            by = self._names() if self.word == "by" and self._next() else None
            return Aggregate(name, by, self._arguments())
        return Call(name, self._arguments()) if self.word == "(" else self._selector(name)

    def _arguments(self) -> tuple[Node, ...]:
        self._take("(")
        found = []
        while self.word != ")":
            found.append(self.binary(0))
            if self.word == ",":
                self._next()
        self._next()
        return tuple(found)

    def _selector(self, name: str) -> Selector:
        places, matchers = [], []
        if self.word == "{":
            self._next()
            while self.word != "}":
                if self.kind == "place":
                    places.append(self._next()[1:-1])
                else:
                    matchers.append((self._next(), self._next(), self._next()[1:-1]))
                if self.word == ",":
                    self._next()
            self._next()
        return Selector(name, tuple(places), tuple(matchers))

    def _postfix(self, node: Node) -> Node:
        while self.word in ("[", "@", "offset"):
            if not isinstance(node, Selector):
                raise UnreadableError(
                    f"a range or moment of something else than series in {self._text}"
                )
            if self._next() == "[":
                node = Selector(
                    node.name, node.places, node.matchers, self._next().strip("<>"), node.modified
                )
                self._take("]")
            else:
                self._next()
                if self.word == "(":
                    self._names()
                node = Selector(node.name, node.places, node.matchers, node.span, modified=True)
        return node
