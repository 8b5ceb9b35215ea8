"""What the annotation of a field says of its value: taken apart once, for a million values."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Final, Union

import yaml

Marks = tuple[Any, ...]

_INNER: Final[dict[Any, int]] = {list: 1, tuple: 1, dict: 2}
"""Of how many of their arguments collections are made."""
_NUMBER: Final = re.compile(r"[-+]?[\d.][\d._eE+-]*")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Form:
    """An annotation in its parts.

    `given` is the annotation as it stands, `kind` the same without its marks, `origin` what `kind`
    is made from. `inner` are the forms of what a list or a mapping holds. `members` are those of a
    union, each with the marks of the whole, and without None, for which `or_none` stands.
    """

    given: Any
    kind: Any
    marks: Marks
    origin: Any
    inner: tuple[Form, ...]
    members: tuple[Form, ...]
    or_none: bool
    is_model: bool

    def fits(self, node: yaml.Node | None) -> bool:
        """Return whether a node has its shape, which is all that decides a union."""
        if self.is_model or self.origin is dict:
            return isinstance(node, yaml.MappingNode)
        if self.origin in (list, tuple):
            return isinstance(node, yaml.SequenceNode)
        if not isinstance(node, yaml.ScalarNode):
            return False
        if self.kind is bool:
            return node.value.lower() in ("true", "false")
        return self.kind not in (int, float) or _NUMBER.fullmatch(node.value) is not None


def form_of(given: Any) -> Form:
    """Take an annotation apart. Who has many values of one keeps its form."""
    if isinstance(given, Form):
        return given
    kind: Any = given
    marks: Marks = ()
    if typing.get_origin(given) is Annotated:
        kind, *rest = typing.get_args(given)
        marks = tuple(rest)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    members: tuple[Form, ...] = ()
    if origin in (Union, types.UnionType):
        named = (one for one in args if one is not types.NoneType)
        members = tuple(form_of(Annotated[(one, *marks)] if marks else one) for one in named)
    inner = args[: _INNER[origin]] if origin in _INNER else ()
    return Form(
        given=given,
        kind=kind,
        marks=marks,
        origin=origin,
        inner=tuple(map(form_of, inner)),
        members=members,
        or_none=bool(members) and types.NoneType in args,
        is_model=dataclasses.is_dataclass(kind),
    )
