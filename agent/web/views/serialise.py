"""Turns views into the JSON of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, fields, is_dataclass
from typing import Any, Final, TypeAlias

from agent.hubs.text import Text

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"

_KEY: Final = "json"
"""Where a field's metadata states its JSON key, if that is no Python name, such as `from`."""


def inline() -> Any:
    """Declare a field that holds a view, whose keys become keys of this view in the JSON."""
    return field(metadata={_KEY: ""})


def to_json(view: object) -> Json:
    """Return a view as plain data: one key a field, in their order.

    Tuples and sets become lists, texts become mappings by language. Raises TypeError for a value
    that JSON cannot hold.
    """
    if view is None or isinstance(view, str | int | float):
        return view
    if isinstance(view, Text):
        return dict(view.in_each_language())
    if is_dataclass(view):
        return _fields(view)
    if isinstance(view, Mapping):
        return {str(key): to_json(value) for key, value in view.items()}
    if isinstance(view, list | tuple | set | frozenset):
        return [to_json(value) for value in view]
    raise TypeError(f"{type(view).__name__} is no view")


def _fields(view: Any) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for one in fields(view):
        key = one.metadata.get(_KEY, one.name)
        value = to_json(getattr(view, one.name))
        if key:
            made[key] = value
        elif isinstance(value, dict):
            made |= value
    return made
