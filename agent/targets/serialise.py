"""The scoreboard as JSON, and back: what an agent serves is what a terminal elsewhere reads."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

from agent.hubs.text import Text
from agent.targets.views import HubView

T = TypeVar("T")


def as_json(hub: HubView) -> dict[str, Any]:
    """Return one hub of the scoreboard as what JSON can say."""
    written: dict[str, Any] = _plain(hub)
    return written


def board_json(board: Iterable[HubView]) -> list[dict[str, Any]]:
    """Return a scoreboard as what JSON can say."""
    return [as_json(hub) for hub in board]


def _plain(value: object) -> Any:
    if isinstance(value, Text):
        return value.in_each_language()
    if is_dataclass(value):
        return {
            each.metadata.get("json", each.name): _plain(getattr(value, each.name))
            for each in fields(value)
        }
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def from_json(data: object) -> HubView:
    """Return one hub of a scoreboard that an agent sent; raises ValueError where it is none.

    Keys that this version does not know are left out.
    """
    try:
        return _built(HubView, data)
    except (TypeError, KeyError, AttributeError) as error:
        message = f"not a scoreboard: {error}"
        raise ValueError(message) from None


def _built(model: type[T], data: Any) -> T:
    hints = typing.get_type_hints(model)
    given = {
        each.name: _value(hints[each.name], data[each.metadata.get("json", each.name)])
        for each in fields(typing.cast("Any", model))
    }
    return model(**given)


def _value(hint: Any, data: Any) -> Any:
    options: Sequence[Any] = typing.get_args(hint)
    origin = typing.get_origin(hint)
    if origin is types.UnionType:
        if data is None:
            return None
        return _value(next(option for option in options if option is not type(None)), data)
    if origin is tuple:
        return tuple(_value(options[0], item) for item in data)
    if origin is Mapping:
        return {key: _value(options[1], item) for key, item in data.items()}
    if is_dataclass(hint):
        return Text.of(data) if hint is Text else _built(typing.cast("type[Any]", hint), data)
    return data
