"""A batch of readings as columns: the series it is laid out in, and an array of their values.

A device gives the same series in every round, so their layout is made once and only the numbers are
new. Devices of one make differ in their heads only, so they share a `Shape`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Final, NamedTuple
from weakref import WeakValueDictionary

from collectors.alike import Alike
from collectors.head import Head, Labels
from collectors.series import Metric, Reading, Series

MOST_HEADS: Final = 4
"""Layouts of more devices than this are not shared: a hub's racks, what all nodes report."""
_FEW: Final = 200
"""Among so many series one is looked for, without an index."""
_SERIES: Final = itemgetter(0)
_VALUE: Final = itemgetter(1)


class Run(NamedTuple):
    """The values from `start` to `stop` are of one metric, and of the head with this number.

    Where a layout has more than `MOST_HEADS`, the number says nothing.
    """

    metric: Metric
    start: int
    stop: int
    head: int


class Row(NamedTuple):
    """A series without its head: its metric, the label values behind the head's, and the head.

    `names` are the names of the sample and of its labels where they are not the metric's.
    """

    metric: Metric
    rest: Labels
    names: Labels
    head: int

    def series(self, heads: Sequence[Head]) -> Series:
        """Return its series with one of these heads."""
        head = heads[self.head]
        if self.names:
            name, *labels = self.names
            return self.metric.sample_series(name, tuple(labels), (*head.values, *self.rest))
        return Series(self.metric, head, self.rest)

    def is_of(self, series: Series) -> bool:
        """Tell whether it is that of a series, its head left aside."""
        return (
            series.metric is self.metric
            and series.rest == self.rest
            and _names_of(series) == self.names
        )


class Shape:
    """What layouts have in common that differ in their heads only.

    `rows` are their series without the heads; none where the layouts have too many heads.
    """

    __slots__ = ("__weakref__", "names", "rows", "runs")

    def __init__(self, runs: tuple[Run, ...], rows: tuple[Row, ...] = ()) -> None:
        self.runs: Final = runs
        self.rows: Final = rows
        self.names: Final = _NAMES.one_of(frozenset(run.metric.full_name for run in runs))


_SHAPES: Final[WeakValueDictionary[tuple[Row, ...], Shape]] = WeakValueDictionary()
_ROWS: Final = Alike[Row]()
_RUNS: Final = Alike[tuple[Run, ...]]()
_NAMES: Final = Alike[frozenset[str]]()


class Layout:
    """The series of a batch in their order, each once.

    A hub has a hundred thousand layouts of devices, which differ in their heads only. So a layout
    may do without its series: then they are made when somebody asks, and not kept.
    """

    __slots__ = ("__weakref__", "_index", "_of_heads", "_series", "heads", "shape")

    heads: tuple[Head, ...]
    shape: Shape
    _series: tuple[Series, ...] | None

    def __init__(
        self,
        series: tuple[Series, ...] = (),
        *,
        shape: Shape | None = None,
        heads: tuple[Head, ...] = (),
    ) -> None:
        """Make the layout of some series; or that of a shape that has rows, without its series."""
        self._series = None if shape is not None else series
        self._index: dict[Series, int] | None = None
        self._of_heads: dict[Head, list[Series]] | None = None
        if shape is not None:
            self.heads, self.shape = heads, shape
            return
        numbers: dict[Head, int] = {}
        places = [numbers.setdefault(one.head, len(numbers)) for one in series]
        self.heads = tuple(numbers)
        self.shape = _shape(series, places, len(numbers))

    def slim(self) -> Layout:
        """Return an equal layout without its series; itself where it has too many heads."""
        return Layout(shape=self.shape, heads=self.heads) if self.shape.rows else self

    @property
    def series(self) -> tuple[Series, ...]:
        """Its series."""
        found = self._series
        return self.slice(0, len(self.shape.rows)) if found is None else found

    def slice(self, start: int, stop: int) -> tuple[Series, ...]:
        """Return some of its series; no others are made."""
        if self._series is not None:
            return self._series[start:stop]
        heads = self.heads
        return tuple([row.series(heads) for row in self.shape.rows[start:stop]])

    def at(self, place: int) -> Series:
        """Return one of its series; no other is made."""
        if self._series is not None:
            return self._series[place]
        return self.shape.rows[place].series(self.heads)

    def is_like(self, other: Layout) -> bool:
        """Tell whether another layout has the same series in the same order."""
        if self.shape.rows or other.shape.rows:
            return self.shape is other.shape and self.heads == other.heads
        return self.series == other.series

    def __len__(self) -> int:
        return len(self.shape.rows) if self._series is None else len(self._series)

    def position(self, series: Series) -> int | None:
        """Return where a series stands; None if it is not among these."""
        if self._series is None:
            some = enumerate(self.shape.rows)
            heads = self.heads
            return next(
                (n for n, row in some if heads[row.head] is series.head and row.is_of(series)), None
            )
        if len(self._series) <= _FEW:
            return self._series.index(series) if series in self._series else None
        if self._index is None:
            self._index = {one: n for n, one in enumerate(self._series)}
        return self._index.get(series)

    def of_head(self, head: Head) -> Sequence[Series]:
        """Return the series of one device. Where there are many devices, an index finds them."""
        if len(self.heads) <= MOST_HEADS:
            return [one for one in self.series if one.head is head]
        if self._of_heads is None:
            self._of_heads = {}
            for one in self.series:
                self._of_heads.setdefault(one.head, []).append(one)
        return self._of_heads.get(head, ())


Columns = tuple[Layout, "array[float]"]
"""Series, and the value of each."""


def _names_of(series: Series) -> Labels:
    """Return the names of a series that are not its metric's; none as nearly always."""
    return () if type(series) is Series else (series.name, *series.labels)


def _shape(series: tuple[Series, ...], places: list[int], heads: int) -> Shape:
    """Return the shape of a layout; the same object for all that are alike."""
    if heads > MOST_HEADS:  # its runs are of one metric, whatever their heads
        return Shape(_runs([one.metric for one in series], bytes(len(series))))
    return shape_of(
        Row(one.metric, one.rest, _names_of(one), place)
        for one, place in zip(series, places, strict=True)
    )


def shape_of(some: Iterable[Row]) -> Shape:
    """Return the shape of these rows; the same object for all that are alike."""
    rows = tuple(some)
    found = _SHAPES.get(rows)
    if found is None:
        rows = tuple([_ROWS.one_of(row) for row in rows])
        runs = _runs([row.metric for row in rows], [row.head for row in rows])
        found = _SHAPES.setdefault(rows, Shape(_RUNS.one_of(runs), rows))
    return found


def _runs(metrics: Sequence[Metric], places: Sequence[int]) -> tuple[Run, ...]:
    runs: list[Run] = []
    start = 0
    for at in range(1, len(metrics) + 1):
        if at == len(metrics) or metrics[at] is not metrics[start] or places[at] != places[start]:
            runs.append(Run(metrics[start], start, at, places[start]))
            start = at
    return tuple(runs)


NOTHING: Final = Layout(())
NO_COLUMNS: Final[Columns] = (NOTHING, array("d"))


class Batch:
    """What one collector read in one round, as the runner hands it on.

    `time` is wall-clock seconds since the epoch; `lifetime` is how many seconds its series stay
    current. `values[n]` is the value of `layout.series[n]`.
    """

    __slots__ = ("collector", "device", "layout", "lifetime", "time", "values")

    def __init__(
        self,
        *,
        collector: str,
        device: str,
        time: float,
        lifetime: float,
        readings: Iterable[Reading] = (),
        columns: Columns | None = None,
    ) -> None:
        """Make a batch of readings, of which the last of a series counts, or of columns."""
        self.collector: Final = collector
        self.device: Final = device
        self.time: Final = time
        self.lifetime: Final = lifetime
        self.layout, self.values = columns or columns_of(dict(readings).items())

    @property
    def source(self) -> tuple[str, str]:
        """Under which key the snapshot keeps it."""
        return self.collector, self.device

    @property
    def readings(self) -> Sequence[Reading]:
        """The readings as pairs."""
        return list(zip(self.layout.series, self.values, strict=True))

    def readings_of(self, run: Run) -> Sequence[Reading]:
        """Return the readings of one run of its layout's shape."""
        start, stop = run.start, run.stop
        return list(zip(self.layout.slice(start, stop), self.values[start:stop], strict=True))


class Parted(list[Reading]):
    """Readings of which the first stand in parts, such as the racks of each row.

    Each part is a batch of its own. So a series that comes or goes changes no other layout.
    """

    def __init__(self) -> None:
        super().__init__()
        self._ends: list[tuple[str, int]] = []

    def add_part(self, key: str, readings: Iterable[Reading]) -> None:
        """Add a part; raises ValueError after readings that are in none."""
        if len(self) != self._end:
            raise ValueError("parts stand first")
        self += readings
        self._ends.append((key, len(self)))

    def parts(self) -> Iterator[tuple[str, list[Reading]]]:
        """Yield each part by its key."""
        start = 0
        for key, end in self._ends:
            yield key, self[start:end]
            start = end

    def rest(self) -> list[Reading]:
        """Return the readings that stand in no part."""
        return self[self._end :]

    @property
    def _end(self) -> int:
        return self._ends[-1][1] if self._ends else 0


def columns_of(readings: Iterable[Reading], before: Layout = NOTHING) -> Columns:
    """Return readings as columns; with the layout `before` if their series are the same."""
    some = readings if isinstance(readings, (list, tuple)) else tuple(readings)
    series = tuple(map(_SERIES, some))
    layout = before if series == before.series else Layout(series)
    return layout, array("d", map(_VALUE, some))
