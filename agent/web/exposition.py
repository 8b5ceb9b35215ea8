"""The snapshot as Prometheus text format 0.0.4 and as OpenMetrics 1.0.

Series carry their text up to the value, and the snapshot keeps each line from the moment its value comes in: a scrape joins
them, and what has not changed is not rendered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from collectors.base import Metric

if TYPE_CHECKING:
    from agent.snapshot import Snapshot

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def accepts_openmetrics(accept: str) -> bool:
    """Tell from an Accept header whether the client asks for OpenMetrics, as Prometheus does."""
    for part in accept.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind == "application/openmetrics-text":
            return "q=0" not in parameters
    return False


def render(snapshot: Snapshot, *, openmetrics: bool = False) -> Iterator[str]:
    """Yield the page in pieces, one a family, so that a whole hub's page never holds the loop for long."""
    for metric, samples in snapshot.page():
        yield _header(metric, openmetrics=openmetrics) + samples
    if openmetrics:
        yield "# EOF\n"


def _header(metric: Metric, *, openmetrics: bool) -> str:
    name, kind = metric.full_name, metric.type
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        text = text.replace('"', r"\"")
        if kind == "counter" and name.endswith("_total"):
            name = name[: -len("_total")]
        elif kind in (
            "counter",
            "untyped",
        ):  # OpenMetrics knows no counter without _total: its type is not told
            kind = "unknown"  # type: ignore[assignment]
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
