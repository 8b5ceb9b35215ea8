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


class Shape:
    """What layouts have in common that differ in their heads only."""

    __slots__ = ("__weakref__", "names", "runs")

    def __init__(self, runs: tuple[Run, ...]) -> None:
        self.runs: Final = runs
        self.names: Final = frozenset(run.metric.full_name for run in runs)


_Key = tuple[tuple[Metric, ...], tuple[Labels, ...], tuple[Labels, ...], tuple[int, ...]]
_SHAPES: Final[WeakValueDictionary[_Key, Shape]] = WeakValueDictionary()


class Layout:
    """The series of a batch in their order, each once."""

    __slots__ = ("__weakref__", "_index", "_of_heads", "heads", "series", "shape")

    def __init__(self, series: tuple[Series, ...]) -> None:
        self.series: Final = series
        self._index: dict[Series, int] | None = None
        self._of_heads: dict[Head, list[Series]] | None = None
        numbers: dict[Head, int] = {}
        places = [numbers.setdefault(one.head, len(numbers)) for one in series]
        self.heads: Final = tuple(numbers)
        self.shape: Final = _shape(series, places, len(numbers))

    def __len__(self) -> int:
        return len(self.series)

    def position(self, series: Series) -> int | None:
        """Return where a series stands; None if it is not among these."""
        if len(self.series) <= _FEW:
            return self.series.index(series) if series in self.series else None
        if self._index is None:
            self._index = {one: n for n, one in enumerate(self.series)}
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


def _shape(series: tuple[Series, ...], places: list[int], heads: int) -> Shape:
    """Return the shape of a layout; the same object for all that are alike."""
    if heads > MOST_HEADS:  # its runs are of one metric, whatever their heads
        return Shape(_runs(series, bytes(len(series))))
    key = (
        tuple(one.metric for one in series),
        tuple(one.rest for one in series),
        tuple(() if type(one) is Series else (one.name, *one.labels) for one in series),
        tuple(places),
    )
    found = _SHAPES.get(key)
    if found is None:
        found = _SHAPES.setdefault(key, Shape(_runs(series, places)))
    return found


def _runs(series: tuple[Series, ...], places: Sequence[int]) -> tuple[Run, ...]:
    runs: list[Run] = []
    start = 0
    for at in range(1, len(series) + 1):
        if (
            at == len(series)
            or series[at].metric is not series[start].metric
            or places[at] != places[start]
        ):
            runs.append(Run(series[start].metric, start, at, places[start]))
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
        """Make a batch of readings, or of columns.

        Of a series that is there twice, the last reading counts.
        """
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
        at = slice(run.start, run.stop)
        return list(zip(self.layout.series[at], self.values[at], strict=True))


class Parted(list[Reading]):
    """Readings of which the first stand in parts, such as the racks of each row.

    Each part is handed on as a batch of its own. So a series that comes or goes changes the layout
    of its part only, and not that of a whole hub.
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
