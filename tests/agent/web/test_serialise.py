"""How views become the JSON of the API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from agent.hubs.text import Text
from agent.web.views.serialise import inline, to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    first: str = field(metadata={"json": "from"})
    last: str = field(metadata={"json": "to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    name: Text
    days: _Range


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    row: _Row = inline()
    values: tuple[float | None, ...]


def test_a_view_is_its_fields_in_order() -> None:
    """Keys follow the fields.

    A field may have another key, or give its own keys in its place.
    """
    row = _Row(name=Text(en="a", zh="甲"), days=_Range(first="1", last="2"))
    made: Any = to_json(_Whole(row=row, values=(1.5, None)))
    assert list(made) == ["name", "days", "values"]
    assert (made["name"]["en"], made["name"]["zh"]) == ("a", "甲")
    assert made["days"] == {"from": "1", "to": "2"}
    assert made["values"] == [1.5, None]


def test_what_json_cannot_say_is_refused() -> None:
    """A view holds plain values only."""
    with pytest.raises(TypeError, match="object is no view"):
        to_json({"a": object()})
