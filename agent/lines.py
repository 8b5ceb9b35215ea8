"""Lines of exposition text, rendered for a whole batch at once.

Devices of one make differ only in their heads and their values. So they share one template of
bytes, into which the values are filled by one `%`. The labels of a head are most of a line. They
are put in where the lines are read: until then a mark stands for them.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Final
from weakref import WeakKeyDictionary

from collectors.batch import MOST_HEADS, Layout, Run, Shape
from collectors.series import Series

_END_OF_RUN: Final = b"\0"
_MARKS: Final = tuple(b"\1%d\2" % number for number in range(MOST_HEADS))
"""What stands for each head: no label has such characters."""
_TEMPLATES: Final[WeakKeyDictionary[Shape, bytes]] = WeakKeyDictionary()


def lines_of(layout: Layout, values: array[float]) -> list[bytes]:
    """Return the lines of a batch: one text for each run of its shape, for `filled` to read."""
    if len(layout.heads) > MOST_HEADS:
        return [_run_lines(layout, values, run) for run in layout.shape.runs]
    template = _TEMPLATES.get(layout.shape)
    if template is None:
        template = _TEMPLATES[layout.shape] = _template(layout)
    return (template % tuple(values)).split(_END_OF_RUN)[:-1]


def filled(
    some: Sequence[tuple[Layout, Sequence[bytes]]], runs: Sequence[tuple[int, Run]]
) -> bytes:
    """Return the lines of some runs as they stand on a page; each run comes with its place.

    All layouts are of one shape. Most metrics have one run in it, so this is the shortest way.
    """
    if len(some[0][0].heads) > MOST_HEADS:
        return b"".join([lines[at] for _, lines in some for at, _ in runs])
    marked = [(at, _MARKS[run.head], run.head) for at, run in runs]
    if len(marked) == 1:
        ((at, mark, head),) = marked
        return b"".join([lines[at].replace(mark, one.heads[head].text) for one, lines in some])
    return b"".join(
        [
            lines[at].replace(mark, one.heads[head].text)
            for one, lines in some
            for at, mark, head in marked
        ]
    )


def _run_lines(layout: Layout, values: array[float], run: Run) -> bytes:
    some = zip(layout.slice(run.start, run.stop), values[run.start : run.stop], strict=True)
    return "".join([f"{series.prefix}{value!r}\n" for series, value in some]).encode()


def _template(layout: Layout) -> bytes:
    """Return the lines of a shape, with marks for the heads and `%r` for the values."""
    return b"".join(
        b"".join(_line(one, run.head) for one in layout.slice(run.start, run.stop)) + _END_OF_RUN
        for run in layout.shape.runs
    )


def _line(series: Series, head: int) -> bytes:
    body = _MARKS[head] if series.head.text else b""
    if series.rest:
        body += (series.head.joint + series.rest_text.replace("%", "%%")).encode()
    return series.name.encode() + (b"{" + body + b"} %r\n" if body else b" %r\n")
