"""Read single fields of NetBox's objects. A field of the wrong type reads as if it were empty.

Versions 3 and 4 differ: choices are `{value, label}` or, before, the value alone; decimals are
numbers or, before 3.1, text.
"""

from __future__ import annotations

import math
from typing import Any

from collectors.labels import safe_label

Object = dict[str, Any]
"""One object as NetBox sends it."""


def inner(found: Object, key: str) -> Object:
    """Return the object in a field; an empty one where there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def items(found: Object, key: str) -> list[Any]:
    """Return the list in a field; an empty one where there is none."""
    value = found.get(key)
    return value if isinstance(value, list) else []


def id_of(found: Object, key: str) -> int:
    """Return the id of the object in a field; 0 where there is none."""
    number = inner(found, key).get("id")
    return number if isinstance(number, int) else 0


def text(found: object, key: str) -> str:
    """Return the text in a field without blanks at its ends; empty where there is none.

    It can be a label as it stands: NetBox takes names that no series can carry.
    """
    value = found.get(key) if isinstance(found, dict) else None
    return safe_label(value).strip().rstrip("\\ ") if isinstance(value, str) else ""


def choice(found: Object, key: str) -> str:
    """Return the value of a choice, `{value, label}`, or the value alone."""
    return text(inner(found, key), "value") or text(found, key)


def positive(value: object) -> float | None:
    """Return a finite number above 0; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < math.inf else None


def magnitude(value: object) -> object:
    """Return a number without its sign: a direct voltage of -48 V is rated as 48 V is."""
    return abs(value) if isinstance(value, (int, float)) else value
