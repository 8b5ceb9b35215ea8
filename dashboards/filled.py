"""Queries as Grafana asks them: with its variables filled in, and the steps that it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SCRAPE_INTERVAL: Final = 15
"""Seconds: the `timeInterval` of the provisioned datasource."""
POINTS: Final = 240
"""About how many points a range query asks for."""
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def fill(expr: str, values: Mapping[str, str], span: int) -> str:
    """Fill in Grafana's own variables and the dashboard's, `$name` and `${name}` alike."""
    step = step_of(span)
    own = {
        "__rate_interval": f"{max(step + SCRAPE_INTERVAL, 4 * SCRAPE_INTERVAL)}s",
        "__interval": f"{step}s",
        "__interval_ms": f"{step * 1000}",
        "__range": f"{span}s",
        "__range_s": f"{span}",
    }
    return put_in(expr, {**own, **values})


def put_in(expr: str, known: Mapping[str, str]) -> str:
    """Put the values of known variables, `$name` and `${name}` alike, in their places."""
    return re.sub(
        r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))",
        lambda match: known.get(match[1] or match[2], match[0]),
        expr,
    )


def step_of(span: int) -> int:
    """Return the seconds between two points of a range of so many seconds."""
    return max(SCRAPE_INTERVAL, span // POINTS)


def seconds_of(text: str) -> int:
    """Return how long a dashboard's range is: `now-6h`; an hour for any other text."""
    match = re.fullmatch(r"now-(\d+)([smhdw])", text)
    return int(match[1]) * _UNITS[match[2]] if match else _UNITS["h"]
