"""Every dashboard, built once, and its panels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from dashboards.build import Built


def every_panel(built: dict[str, list[Built]]) -> Iterator[tuple[Built, dict[str, Any]]]:
    for dashboard in itertools.chain(*built.values()):
        for panel in dashboard.json["panels"]:
            yield dashboard, panel


def walk(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, value
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in children:
        yield from walk(item, (*path, str(key)))
