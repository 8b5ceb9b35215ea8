"""InfluxDB's line protocol: a batch is rendered once.

The same bytes are spooled, sent and sent again.

Readings of one series key become one line, `measurement,tags field=1.0,field2=2.0 1764000000000`,
its time in milliseconds.
Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

A device yields the same series in every round. So the text of its batch is a `%`-template, and only
the numbers are filled in: that makes a push cheap. Devices of one make share a template, in which
marks stand for the tags that tell them apart.

Lines are packed as a gzip member (RFC 1952). Members laid end to end are again a gzip file, so the
body of a request is the payloads of many chunks joined, and nothing is compressed twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from agent.sinks.base import Format
from agent.sinks.finite import finite
from collectors.base import Batch, Series
from collectors.batch import MOST_HEADS, Layout, Shape
from collectors.head import NAMED_WITHIN, Head, Labels
from collectors.labels import safe_label

MAX_LAYOUTS: Final = 300_000
"""Devices and collectors whose tags are kept as text; a device has up to three sources.

Beyond that all are forgotten and made anew.
"""
GZIP: Final = 16 + zlib.MAX_WBITS
LEVEL: Final = 1
"""Level 1 makes line protocol about six times smaller.

Level 6 takes three times as long for a sixth less.
"""


def escape_tag(value: str) -> str:
    """Escape a tag's value.

    What line protocol cannot carry, such as a newline, is replaced first.
    """
    return safe_label(value).replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The lines of a shape: `%r` stands for a number, `%b` for tags of a head and for the time."""

    text: bytes
    marks: tuple[Mark, ...]
    arrange: Callable[[tuple[object, ...]], tuple[object, ...]]
    """Puts the numbers, the texts of the marks and the time into the order of the lines."""


class Mark(NamedTuple):
    """The tags of a head with these names; where `extra`, the renderer's tags that it lacks.

    Without names, it is what the value of the tag behind the head begins with.
    """

    head: int
    names: tuple[str, ...]
    extra: bool


class LineRenderer:
    """Renders batches; `tags` are added to every line whose series has no such label itself."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._extra: Final = {name: value for name, value in sorted(tags.items()) if value}
        self._templates: Final[WeakKeyDictionary[Shape, Template]] = WeakKeyDictionary()
        self._marked: dict[tuple[str, str], tuple[Layout, tuple[bytes, ...]]] = {}

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return the batch's lines and how many samples they hold.

        Values that are not finite are left out.
        """
        batch = finite(batch)
        if not batch.values:
            return b"", 0
        known = self._marked.get(batch.source)
        if known is None or known[0] is not batch.layout:
            if len(self._marked) >= MAX_LAYOUTS:
                self._marked.clear()
            known = self._marked[batch.source] = (batch.layout, self._texts(batch.layout))
        template = self._template(batch.layout)
        moment = b"%d" % round(batch.time * 1000)
        lines = template.text % template.arrange((*batch.values, *known[1], moment))
        return lines, len(batch.values)

    def _texts(self, layout: Layout) -> tuple[bytes, ...]:
        """Return what stands for each mark of a layout's template."""
        return tuple(
            self._text(layout.heads[mark.head], mark) for mark in self._template(layout).marks
        )

    def _text(self, head: Head, mark: Mark) -> bytes:
        if not mark.names:
            return escape_tag(head.begins).encode()
        own = dict(zip(head.labels, head.values, strict=True))
        if mark.extra:
            some = {name: self._extra[name] for name in mark.names if not own.get(name)}
        else:
            some = {name: own[name] for name in mark.names if own[name]}
        return "".join(f",{name}={escape_tag(value)}" for name, value in some.items()).encode()

    def _template(self, layout: Layout) -> Template:
        found = self._templates.get(layout.shape)
        if found is None:
            found = self._templates[layout.shape] = _Maker(layout, self._extra).template()
        return found


class _Maker:
    """Makes the template of a shape, from a layout that has it."""

    def __init__(self, layout: Layout, extra: Mapping[str, str]) -> None:
        self._layout: Final = layout
        self._extra: Final = extra
        self._marks: Final[dict[Mark, int]] = {}
        self._heads: Final = {head: number for number, head in enumerate(layout.heads)}
        if len(layout.heads) > MOST_HEADS:
            self._heads.clear()

    def template(self) -> Template:
        """Return the template. Readings with the same tags become the fields of one line."""
        rows: dict[tuple[str, Head, Labels, Labels], list[int]] = {}
        for index, one in enumerate(self._layout.series):
            own = one.labels[len(one.head.labels) :]
            rows.setdefault((one.metric.measurement, one.head, own, one.rest), []).append(index)
        lines, order = [], []
        for indices in rows.values():
            series = self._layout.series[indices[0]]
            tags, marks = self._tags(series)
            fields = ",".join([f"{self._layout.series[index].field}=%r" for index in indices])
            lines.append(f"{series.metric.measurement}{tags} {fields} %b\n")
            order += [*(len(self._layout) + mark for mark in marks), *indices, -1]
        return Template(
            text="".join(lines).encode(),
            marks=tuple(self._marks),
            arrange=itemgetter(*order),
        )

    def _tags(self, series: Series) -> tuple[str, list[int]]:
        """Return the tags of a line in the order of their names, and the marks in it.

        Like an empty label, a tag without a value counts as absent.
        """
        marks: list[int] = []
        is_marked = series.head in self._heads
        headed = series.head.labels if is_marked else ()
        own = dict(zip(series.labels, series.values, strict=True))
        own = {name: own[name] for name in series.labels[len(headed) :]}
        texts: list[str] = []
        for ours, names in groupby(sorted((*headed, *own)), key=own.__contains__):
            if ours:
                for name in names:
                    if is_marked and series.head.begins and name == NAMED_WITHIN:
                        marks.append(self._mark(series.head, (), extra=False))
                        texts.append(f",{name}=%b{_escaped(series.rest[0])}")
                    elif own[name]:
                        texts.append(_tag(name, own[name]))
            else:
                texts.append("%b")
                marks.append(self._mark(series.head, tuple(names), extra=False))
        missing = tuple(name for name in self._extra if not own.get(name))
        if missing and headed:
            texts.append("%b")
            marks.append(self._mark(series.head, missing, extra=True))
        else:
            texts += [_tag(name, self._extra[name]) for name in missing]
        return "".join(texts), marks

    def _mark(self, head: Head, names: tuple[str, ...], *, extra: bool) -> int:
        mark = Mark(head=self._heads[head], names=names, extra=extra)
        return self._marks.setdefault(mark, len(self._marks))


def _tag(name: str, value: str) -> str:
    """Return one tag as text of a template."""
    return f",{name}={_escaped(value)}"


def _escaped(value: str) -> str:
    """Return a tag's value as text of a template."""
    return escape_tag(value).replace("%", "%%")


def samples_of(line: bytes) -> int:
    """Count the samples of one line: a comma separates two of its fields."""
    return line.rstrip(b"\n").rsplit(b" ", 2)[1].count(b",") + 1


class LineFormat(LineRenderer, Format):
    """Line protocol as a format of the spool: a part is a line."""

    def pack(self, parts: Sequence[bytes]) -> bytes:
        """Compress lines to one gzip member."""
        compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        return compressor.compress(b"".join(parts)) + compressor.flush()

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Lay gzip members end to end."""
        return b"".join(payloads)

    def parts(self, payload: bytes) -> list[bytes]:
        """Return the lines of a member, each with its newline."""
        return zlib.decompress(payload, GZIP).splitlines(keepends=True)

    def count(self, part: bytes) -> int:
        """Count the samples of one line."""
        return samples_of(part)
