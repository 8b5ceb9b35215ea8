"""What every section of a sink may say: its name, and which series it gets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final
from weakref import WeakKeyDictionary

from collectors.base import Batch, Series
from collectors.batch import Layout, columns_of

_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Some series; `*` and `?` stand for any letters and for one, as in names of files."""

    metric: str = field(default="*", metadata={"help": "the name of the metric, such as `dc_*`"})
    labels: dict[str, str] = field(
        default_factory=dict,
        metadata={"help": "labels and their values, such as `rack: A*`; all must fit"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The keys that every kind of sink has."""

    name: str = field(
        default="",
        metadata={
            "help": "names its spool's file and labels its metrics; needed if there are two of a"
            " kind"
        },
    )
    keep: tuple[Pick, ...] = field(
        default=(), metadata={"help": "only these series go out here; if left out, all"}
    )
    drop: tuple[Pick, ...] = field(
        default=(), metadata={"help": "these do not, even if `keep` names them"}
    )

    def check_output(self) -> None:
        """Check the name; raises ValueError."""
        if self.name and not _NAME.fullmatch(self.name):
            message = f"name: expected up to 64 letters, digits, - and _, got {self.name!r}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The series of a layout that go out, and where they stand in it."""

    layout: Layout
    places: tuple[int, ...]


class Filter:
    """Takes from batches the series that an output wants. `tags` count as labels of each series."""

    def __init__(self, output: Output, tags: Mapping[str, str]) -> None:
        self._keep: Final = [_test(one) for one in output.keep]
        self._drop: Final = [_test(one) for one in output.drop]
        self._tags: Final = tags
        self._parts: Final[WeakKeyDictionary[Layout, _Part]] = WeakKeyDictionary()

    def batch(self, batch: Batch) -> Batch | None:
        """Return a batch of what goes out; None where nothing does."""
        if not (self._keep or self._drop):
            return batch
        part = self._part(batch.layout)
        if not part.places:
            return None
        if part.layout is batch.layout:
            return batch
        values = [batch.values[at] for at in part.places]
        return Batch(
            collector=batch.collector,
            device=batch.device,
            time=batch.time,
            lifetime=batch.lifetime,
            columns=columns_of(list(zip(part.layout.series, values, strict=True)), part.layout),
        )

    def layout(self, layout: Layout) -> Layout:
        """Return the series of a layout that go out."""
        return self._part(layout).layout if self._keep or self._drop else layout

    def _part(self, layout: Layout) -> _Part:
        found = self._parts.get(layout)
        if found is None:
            places = tuple(at for at, one in enumerate(layout.series) if self._wants(one))
            whole = len(places) == len(layout)
            some = layout if whole else Layout(tuple(layout.series[at] for at in places))
            found = self._parts[layout] = _Part(layout=some, places=places)
        return found

    def _wants(self, one: Series) -> bool:
        labels = {**self._tags, **dict(zip(one.labels, one.values, strict=True))}
        if self._keep and not any(_fits(test, one, labels) for test in self._keep):
            return False
        return not any(_fits(test, one, labels) for test in self._drop)


_Test = tuple[re.Pattern[str], Sequence[tuple[str, re.Pattern[str]]]]


def _test(pick: Pick) -> _Test:
    labels = [(name, re.compile(translate(value))) for name, value in pick.labels.items()]
    return re.compile(translate(pick.metric)), labels


def _fits(test: _Test, one: Series, labels: Mapping[str, str]) -> bool:
    metric, wanted = test
    return bool(metric.match(one.name)) and all(
        value.match(labels.get(name, "")) for name, value in wanted
    )
