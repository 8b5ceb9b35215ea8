"""The snapshot as Prometheus text format 0.0.4 and as OpenMetrics 1.0.

A page of few series is one template, into which their values are filled. Of many series the
snapshot renders each line when its value arrives. A scrape joins these lines, so a value that has
not changed is not rendered again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Final

from agent.page_plan import Header
from agent.part import WHOLE, Part
from agent.snapshot import Snapshot
from collectors.base import Metric

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PIECE_BYTES: Final = 2**16
"""Bytes of samples from which on a piece of the page is handed over."""
_HEADERS: Final = 4096
"""How many headers are kept; a page has some hundred."""


def accepts_openmetrics(accept: str) -> bool:
    """Tell from an Accept header whether the client asks for OpenMetrics, as Prometheus does."""
    for part in accept.split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if kind == "application/openmetrics-text":
            return "q=0" not in parameters
    return False


def render(snapshot: Snapshot, *, openmetrics: bool = False) -> Iterator[str]:
    """Yield the page as text, in pieces."""
    return (piece.decode() for piece in pieces(snapshot, openmetrics=openmetrics))


def pieces(snapshot: Snapshot, *, openmetrics: bool = False, part: Part = WHOLE) -> Iterator[bytes]:
    """Yield the page, or a part of it, in pieces of some 200 kB at most.

    The caller can let other requests run between two pieces of a whole hub's page.
    """
    header = _OPENMETRICS_HEADER if openmetrics else _TEXT_HEADER
    whole = snapshot.small_page(header) if part == WHOLE else None
    some = [whole] if whole is not None else []
    if whole is None:
        yield from _joined(snapshot, header, part, some)
    if openmetrics:
        some.append(b"# EOF\n")
    yield b"".join(some)


def _joined(snapshot: Snapshot, header: Header, part: Part, some: list[bytes]) -> Iterator[bytes]:
    """Yield a page, put together from the lines of many series; its end stays in `some`."""
    before: Metric | None = None
    size = 0
    for metric, samples in snapshot.page(part):
        if metric is not before:
            some.append(header(metric))
            before = metric
        some.append(samples)
        size += len(samples)
        if size >= PIECE_BYTES:
            yield b"".join(some)
            some.clear()
            size = 0


@lru_cache(_HEADERS)
def _header(metric: Metric, *, openmetrics: bool) -> bytes:
    """Return the HELP and TYPE lines.

    OpenMetrics names a counter without `_total`. It has no type for a counter whose name lacks
    that ending, so such a metric has the type `unknown` there.
    """
    name, kind = metric.full_name, str(metric.type)
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    if openmetrics:
        text = text.replace('"', r"\"")
        if kind == "counter" and name.endswith("_total"):
            name = name.removesuffix("_total")
        elif kind in ("counter", "untyped"):
            kind = "unknown"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n".encode()


_TEXT_HEADER: Final = partial(_header, openmetrics=False)
_OPENMETRICS_HEADER: Final = partial(_header, openmetrics=True)
