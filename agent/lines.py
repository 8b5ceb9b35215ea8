"""Lines of exposition text, rendered for a whole batch at once.

Devices of one make differ only in their heads and their values. So they share one template of
bytes: the values are filled in by one `%`, and the head's labels replace a mark.
"""

from __future__ import annotations

from array import array
from typing import Final
from weakref import WeakKeyDictionary

from collectors.batch import MOST_HEADS, Layout, Run, Shape
from collectors.series import Series

_END_OF_RUN: Final = b"\0"
_TEMPLATES: Final[WeakKeyDictionary[Shape, bytes]] = WeakKeyDictionary()


def lines_of(layout: Layout, values: array[float]) -> list[bytes]:
    """Return the lines of a batch: one text for each run of its shape."""
    if len(layout.heads) > MOST_HEADS:
        return [_run_lines(layout, values, run) for run in layout.shape.runs]
    template = _TEMPLATES.get(layout.shape)
    if template is None:
        template = _TEMPLATES[layout.shape] = _template(layout)
    text = template % tuple(values)
    for number, head in enumerate(layout.heads):
        text = text.replace(_mark(number), head.text.encode())
    return text.split(_END_OF_RUN)[:-1]


def _run_lines(layout: Layout, values: array[float], run: Run) -> bytes:
    some = zip(layout.series[run.start : run.stop], values[run.start : run.stop], strict=True)
    return "".join([f"{series.prefix}{value!r}\n" for series, value in some]).encode()


def _template(layout: Layout) -> bytes:
    """Return the lines of a shape, with marks for the heads and `%r` for the values."""
    return b"".join(
        b"".join(_line(one, run.head) for one in layout.series[run.start : run.stop]) + _END_OF_RUN
        for run in layout.shape.runs
    )


def _line(series: Series, head: int) -> bytes:
    mark = _mark(head) if series.head.labels else b""
    body = b",".join(filter(None, (mark, series.rest_text.replace("%", "%%").encode())))
    return series.name.encode() + (b"{" + body + b"} %r\n" if body else b" %r\n")


def _mark(head: int) -> bytes:
    """Return what stands for a head: no label has such characters."""
    return b"\1%d\2" % head
