"""InfluxDB's line protocol: a batch is rendered once.

The same bytes are spooled, sent and sent again.

Readings of one series key become one line, `measurement,tags field=1.0,field2=2.0 1764000000000`,
its time in milliseconds.
Source: https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

A device yields the same series in every round. So the whole text of its batch is kept as a
`%`-template, and only the numbers are filled in: that makes a push cheap.

Lines are packed as a gzip member (RFC 1952). Members laid end to end are again a gzip file, so the
body of a request is the payloads of many chunks joined, and nothing is compressed twice.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from operator import itemgetter
from typing import Final

from collectors.base import Batch, Series
from collectors.labels import safe_label

MAX_LAYOUTS: Final = 100_000
"""Templates kept, one for each device and collector.

Beyond that all are forgotten and made anew.
"""
GZIP: Final = 16 + zlib.MAX_WBITS
LEVEL: Final = 1
"""Level 1 makes line protocol about six times smaller.

Level 6 takes three times as long for a sixth less.
"""

_SERIES: Final = itemgetter(0)
_VALUE: Final = itemgetter(1)


def escape_tag(value: str) -> str:
    """Escape a tag's value.

    What line protocol cannot carry, such as a newline, is replaced first.
    """
    return safe_label(value).replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text of one device's batch without its numbers.

    Holds for exactly this sequence of series.
    """

    series: tuple[Series, ...]
    template: bytes
    arrange: Callable[[tuple[float, ...]], tuple[float, ...]] | None


class LineRenderer:
    """Renders batches; `tags` are added to every line whose series has no such label itself."""

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._extra: Final = tuple(
            (name, f",{name}={escape_tag(value)}") for name, value in sorted(tags.items()) if value
        )
        self._layouts: dict[tuple[str, str], Layout] = {}

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return the batch's lines and how many samples they hold.

        Values that are not finite are left out.
        """
        if not batch.readings:
            return b"", 0
        series = tuple(map(_SERIES, batch.readings))
        try:
            # An int or a bool is written as a float.
            numbers = tuple(map(float, map(_VALUE, batch.readings)))
            finite = isfinite(sum(numbers))
        except (TypeError, ValueError, OverflowError):
            numbers, finite = (), False
        if not finite:
            return self._render_finite(batch)
        layout = self._layouts.get((batch.collector, batch.device))
        if layout is None or layout.series != series:
            layout = self._remember(batch, series)
        return self._fill(layout, numbers, batch.time), len(numbers)

    def _render_finite(self, batch: Batch) -> tuple[bytes, int]:
        """Render what is finite of a batch that holds something else.

        Rare, so its template is not kept.
        """
        good: list[tuple[Series, float]] = []
        for series, value in batch.readings:
            try:
                number = float(value)
            except (TypeError, ValueError, OverflowError):
                continue
            if isfinite(number):
                good.append((series, number))
        if not good:
            return b"", 0
        layout = self._layout(tuple(series for series, _ in good))
        return self._fill(layout, tuple(number for _, number in good), batch.time), len(good)

    @staticmethod
    def _fill(layout: Layout, numbers: tuple[float, ...], time: float) -> bytes:
        if layout.arrange is not None:
            numbers = layout.arrange(numbers)
        # Only line ends are newlines (labels hold none), so the time is set behind every line in
        # one pass.
        return (layout.template % numbers).replace(b"\n", b" %d\n" % round(time * 1000))

    def _remember(self, batch: Batch, series: tuple[Series, ...]) -> Layout:
        if len(self._layouts) >= MAX_LAYOUTS:
            self._layouts.clear()
        layout = self._layouts[batch.collector, batch.device] = self._layout(series)
        return layout

    def _layout(self, series: tuple[Series, ...]) -> Layout:
        rows: dict[str, list[int]] = {}
        for index, one in enumerate(series):
            rows.setdefault(one.line_key, []).append(index)
        lines = []
        for key, indices in rows.items():
            fields = ",".join([f"{series[index].field}=%r" for index in indices])
            tags = self._tags(series[indices[0]])
            lines.append(f"{(key + tags).replace('%', '%%')} {fields}\n")
        order = [index for indices in rows.values() for index in indices]
        arrange = None if order == list(range(len(order))) else itemgetter(*order)
        return Layout(series=series, template="".join(lines).encode(), arrange=arrange)

    def _tags(self, series: Series) -> str:
        """Return the extra tags of one line.

        Like an empty label, a tag without a value counts as absent.
        """
        return "".join([text for name, text in self._extra if not series.label(name)])


def samples_of(line: bytes) -> int:
    """Count the samples of one line: a comma separates two of its fields."""
    return line.rstrip(b"\n").rsplit(b" ", 2)[1].count(b",") + 1


class LineFormat(LineRenderer):
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
