"""What a snapshot is made of: the columns of each source, and families as views of them."""

from __future__ import annotations

import math
from array import array
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from typing import Final

from agent.lines import filled, lines_of
from agent.part import Part
from collectors.base import Metric, Series
from collectors.batch import Layout, Run
from collectors.head import Head, Labels

ANEW: Final = Layout(())
"""The layout of a source whose next batch is taken in anew, whatever it has; no batch has it."""
_PIECE: Final = 2**17
"""Bytes of a page after which a piece of it is handed over."""
_BLOCK: Final = 32
"""Sources whose lines are put together at once."""


class Source:
    """The last readings of a collector or device.

    `time` is in wall-clock seconds, `expires` in monotonic seconds. `whole` is the layout of its
    batches. `layout` has those of its series that count: a newer source takes over the series that
    both have.
    """

    __slots__ = ("_kept", "expires", "layout", "lines", "time", "values", "whole")

    def __init__(self, layout: Layout, values: array[float]) -> None:
        self.time = self.expires = 0.0
        self.whole = self.layout = layout
        self.values = values
        self.lines: list[bytes] | None = None
        """Rendered lines, or None while nothing scrapes.

        They are kept current, so that a scrape only joins them.
        """
        self._kept: list[int] | None = None

    @property
    def series(self) -> tuple[Series, ...]:
        """Its series."""
        return self.layout.series

    def is_of(self, layout: Layout) -> bool:
        """Tell whether a batch of this layout only brings other values."""
        return self.whole is layout or (bool(layout) and self.whole.is_like(layout))

    def chosen(self, values: array[float]) -> array[float]:
        """Return those values of a batch whose series still belong to this source."""
        return values if self._kept is None else array("d", [values[n] for n in self._kept])

    def render(self) -> list[bytes]:
        """Return its lines, made anew: one text for each run. They are kept from now on."""
        self.lines = lines_of(self.layout, self.values)
        return self.lines

    def replace(self, values: array[float]) -> None:
        """Take the values of a batch."""
        values = self.chosen(values)
        if self.lines is not None and values.tobytes() != self.values.tobytes():
            self.lines = lines_of(self.layout, values)
        self.values = values

    def common(self, other: Source) -> set[Series]:
        """Return the series of another source that this one has as well.

        Two series are the same if their names, labels and values are.
        """
        names = self.layout.shape.names & other.layout.shape.names
        if not names:
            return set()
        heads = min(self.layout.heads, other.layout.heads, key=len)
        mine = {_known_by(one) for one in self._named(names, heads)}
        return {one for one in other._named(names, heads) if _known_by(one) in mine}

    def _named(self, names: frozenset[str], heads: Iterable[Head]) -> Iterator[Series]:
        """Yield its series of metrics with these names, of the devices with these heads."""
        for head in heads:
            for one in self.layout.of_head(head):
                if one.metric.full_name in names:
                    yield one

    def leave_out(self, series: set[Series]) -> None:
        """Leave some series out, until a batch has another layout."""
        kept = [n for n, one in enumerate(self.whole.series) if one not in series]
        before = self._kept or range(len(self.whole))
        kept = [n for n in before if n in set(kept)]
        places = {n: at for at, n in enumerate(before)}
        self.values = array("d", [self.values[places[n]] for n in kept])
        self.layout = Layout(tuple(self.whole.series[n] for n in kept))
        self._kept, self.lines = kept, None


def _known_by(series: Series) -> tuple[str, Labels, Labels]:
    """Return what makes a series the same as another: name, labels and values."""
    return series.name, series.labels, series.values


class Group:
    """The sources of one shape, and which of their runs somebody follows."""

    __slots__ = ("followed", "sources")

    def __init__(self) -> None:
        self.sources: Final[dict[Source, None]] = {}
        self.followed: list[tuple[Run, dict[Series, float]]] = []

    def note_changes(self, source: Source, values: array[float]) -> None:
        """Collect the followed series of a source whose values have changed.

        Each is kept with the highest value that it had since the follower last emptied the mapping.
        """
        for run, changed in self.followed:
            for at in range(run.start, run.stop):
                if values[at] != source.values[at]:
                    series = source.layout.at(at)
                    known = changed.get(series, -math.inf)
                    changed[series] = max(known, source.values[at], values[at])

    def followed_values(self, source: Source) -> Iterator[tuple[Series, float]]:
        """Yield the followed series of a source with their values."""
        for run, _ in self.followed:
            for at in range(run.start, run.stop):
                yield source.layout.at(at), source.values[at]


class Chosen:
    """The sources that are in a part of the page; each is looked at once."""

    __slots__ = ("_known", "_part")

    def __init__(self, part: Part) -> None:
        self._part: Final = part
        self._known: Final[dict[Source, bool]] = {}

    def has(self, source: Source) -> bool:
        """Tell whether a source is in it."""
        known = self._known.get(source)
        if known is None:
            known = self._known[source] = self._part.holds(source.layout)
        return known


class Family:
    """The live series of one metric: runs of the columns of many sources."""

    __slots__ = ("by_head", "groups", "metric")

    def __init__(self, metric: Metric, by_head: Mapping[Head, tuple[Source, ...]]) -> None:
        self.metric: Final = metric
        self.groups: Final[dict[Group, list[tuple[int, Run]]]] = {}
        self.by_head: Final = by_head

    def add(self, group: Group, number: int, run: Run) -> None:
        """Take in a run of all sources of a group; `number` is its place in their shape."""
        self.groups.setdefault(group, []).append((number, run))

    def remove(self, group: Group) -> bool:
        """Take out a group; returns whether no group is left."""
        del self.groups[group]
        return not self.groups

    def runs(self) -> Iterator[tuple[Source, int, Run]]:
        """Yield each source that has this metric, with the run and its place."""
        for group, runs in self.groups.items():
            for source in group.sources:
                for number, run in runs:
                    yield source, number, run

    def pieces(self, chosen: Chosen | None = None) -> Iterator[bytes]:
        """Yield the samples of the chosen sources, or of all, as text, a piece at a time.

        Other tasks may run between two pieces. Each piece shows what is current then.
        """
        if chosen is None and len(self.groups) == 1:
            ((group, runs),) = self.groups.items()
            if len(group.sources) == 1:  # as nearly all of a node
                (one,) = group.sources
                yield filled([(one.layout, one.lines or one.render())], runs)
                return
        some: list[bytes] = []
        size = 0
        for sources, group, runs in [
            (list(group.sources), group, list(runs)) for group, runs in self.groups.items()
        ]:
            for at in range(0, len(sources), _BLOCK):
                # Between two pieces another source may have taken over some series of one.
                block = [one for one in sources[at : at + _BLOCK] if one in group.sources]
                if chosen is not None:
                    block = [one for one in block if chosen.has(one)]
                if not block:
                    continue
                some.append(
                    filled([(one.layout, one.lines or one.render()) for one in block], runs)
                )
                size += len(some[-1])
                if size > _PIECE:
                    yield b"".join(some)
                    some.clear()
                    size = 0
        if some:
            yield b"".join(some)


class Values(Mapping[Series, float]):
    """The live series of a family with their values, as they are when it is looked at."""

    __slots__ = ("_family",)

    def __init__(self, family: Family) -> None:
        self._family: Final = family

    def __iter__(self) -> Iterator[Series]:
        for source, _, run in self._family.runs():
            yield from source.layout.slice(run.start, run.stop)

    def __len__(self) -> int:
        return sum(run.stop - run.start for _, _, run in self._family.runs())

    def __getitem__(self, series: Series) -> float:
        for source in self._family.by_head.get(series.head, ()):
            at = source.layout.position(series)
            if at is not None:
                return source.values[at]
        raise KeyError(series)

    def items(self) -> ItemsView[Series, float]:
        """Return the series with their values."""
        return _Items(self)

    def values(self) -> ValuesView[float]:
        """Return the values."""
        return _Numbers(self)

    def columns(self) -> Iterator[tuple[Layout, Run, array[float]]]:
        """Yield each run of series, with the layout and the values that it is a part of.

        The series themselves are not touched, which takes most of the time.
        """
        for source, _, run in self._family.runs():
            yield source.layout, run, source.values

    def pairs(self) -> Iterator[tuple[Series, float]]:
        """Yield each series with its value."""
        for source, _, run in self._family.runs():
            yield from zip(
                source.layout.slice(run.start, run.stop),
                source.values[run.start : run.stop],
                strict=True,
            )


def placed(family: Mapping[Series, float]) -> Iterator[tuple[Head, Labels, float]]:
    """Yield the head and the label values behind it of each series of a family, and its value.

    A hub has a hundred thousand series of one metric. None of them is made here that nobody keeps.
    """
    if not isinstance(family, Values):
        for one, value in family.items():
            yield one.head, one.rest, value
        return
    for layout, run, values in family.columns():
        rows = layout.shape.rows
        if rows:
            head = layout.heads[run.head]
            for at in range(run.start, run.stop):
                yield head, rows[at].rest, values[at]
        else:
            for at, one in enumerate(layout.slice(run.start, run.stop), run.start):
                yield one.head, one.rest, values[at]


class _Items(ItemsView[Series, float]):
    """Pairs, without looking each series up."""

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._values: Final = values

    def __iter__(self) -> Iterator[tuple[Series, float]]:
        return self._values.pairs()


class _Numbers(ValuesView[float]):
    """Values, without looking each series up."""

    def __init__(self, values: Values) -> None:
        super().__init__(values)
        self._values: Final = values

    def __iter__(self) -> Iterator[float]:
        return (value for _, value in self._values.pairs())
