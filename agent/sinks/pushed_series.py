"""Which series an agent pushes at present, in a file, for the next agent if this one is killed.

An agent that ends tells its databases that its series end, and deletes the file. One that is killed
tells nothing. So the next one reads what was pushed then, waits for as long as each source may be
silent, and ends the series that nobody pushes any more.

A line is a source with all of its series, in JSON; of two lines of a source the last one counts.
The file is written on a thread, and not synced: a killed process loses nothing of what it wrote,
and a machine that fails at once loses markers only, no samples.
"""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from queue import SimpleQueue
from typing import Final, cast

from agent.sinks.base import Ending
from collectors.batch import Layout
from collectors.series import Metric, MetricType, Series

log: Final = logging.getLogger("hubgauge.sink")

Source = tuple[str, str]
SPARE: Final = 4 * 2**20
"""Bytes of lines that no longer count before the file is written anew, at the least."""

_Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """The series of a source that are pushed."""

    source: Source
    patience: float
    """Seconds for which the source may be silent."""
    layout: Layout


def line_of(pushed: Pushed) -> bytes:
    """Return a line of the file."""
    groups = [
        [name, kind, help_, labels, [one.values for one in some]]
        for (name, labels, kind, help_), some in groupby(pushed.layout.series, _alike)
    ]
    return json.dumps([*pushed.source, pushed.patience, groups]).encode() + b"\n"


def pushed_of(line: bytes) -> Pushed:
    """Read a line of the file; raises ValueError where it is none."""
    try:
        collector, device, patience, groups = json.loads(line)
        series = [one for group in groups for one in _series(*group)]
        seconds = float(patience)
        if not 0 <= seconds < math.inf:
            raise ValueError(f"a patience of {seconds} s")
        return Pushed(
            source=(str(collector), str(device)),
            patience=seconds,
            layout=Layout(tuple(series)),
        )
    except (TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _alike(one: Series) -> tuple[str, tuple[str, ...], str, str]:
    return one.name, one.labels, one.metric.type, one.metric.help


def _series(
    name: str, kind: str, help_: str, labels: Iterable[str], rows: Iterable[Iterable[str]]
) -> Iterator[Series]:
    namespace, _, rest = name.partition("_")
    metric = Metric(
        namespace=namespace,
        name=rest,
        type=cast("MetricType", kind),
        help=help_,
        labels=tuple(labels),
    )
    return (metric.series(*values) for values in rows)


def left_over(former: Iterable[Pushed], present: Iterable[Layout], wall: float) -> list[Ending]:
    """Return the ends of those former series that no layout has. `wall` is when they end."""
    known = {_key(one) for layout in present for one in layout.series}
    endings = []
    for one in former:
        gone = tuple(series for series in one.layout.series if _key(series) not in known)
        if gone:
            collector, device = one.source
            layout = one.layout if len(gone) == len(one.layout) else Layout(gone)
            endings.append(Ending(collector=collector, device=device, layout=layout, time=wall))
    return endings


def _key(one: Series) -> _Key:
    pairs = zip(one.labels, one.values, strict=True)
    return one.name, tuple(sorted(pair for pair in pairs if pair[1]))


class PushedSeries:
    """The file. Its methods return at once; a thread does what they ask for, in their order."""

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        self._jobs: Final[SimpleQueue[Callable[[], None] | None]] = SimpleQueue()
        self._thread: Final = threading.Thread(target=self._work, name=path.name, daemon=True)
        self._live = 0
        self._size = 0
        self._failed = False
        self._thread.start()

    @property
    def is_long(self) -> bool:
        """Whether most of the file no longer counts, as of what has been written by now."""
        return self._size > 4 * self._live + SPARE

    def read(self) -> Future[list[Pushed]]:
        """Return what an agent has left here that was killed."""
        found: Future[list[Pushed]] = Future()
        self._jobs.put(lambda: self._answer(found))
        return found

    def note(self, pushed: Pushed) -> None:
        """Note the series of a source, all of them; an empty layout says that it has ended."""
        self._jobs.put(lambda: self._append(pushed))

    def rewrite(self, pushed: Sequence[Pushed]) -> None:
        """Write the file anew: these are all that are pushed. Without any it is deleted."""
        self._size = 0
        self._jobs.put(lambda: self._rewrite(pushed))

    def close(self, seconds: float) -> None:
        """Return once all is written, after so many seconds at the latest."""
        self._jobs.put(None)
        self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                job()
            except OSError as error:  # costs markers after `kill -9`, nothing else
                if not self._failed:
                    log.warning("%s: cannot be written: %s", self._path, error.strerror or error)
                self._failed = True
            except Exception:
                log.exception("%s: unexpected error", self._path)
            else:
                self._failed = False

    def _answer(self, found: Future[list[Pushed]]) -> None:
        """Tell what the file has; nothing where it cannot be read, for somebody waits for it."""
        some: list[Pushed] = []
        try:
            some = self._read()
        finally:
            found.set_result(some)

    def _read(self) -> list[Pushed]:
        found: dict[Source, Pushed] = {}
        line = b"\n"
        with suppress(OSError), self._path.open("r+b") as file:
            for line in file:
                with suppress(ValueError):  # the last one may be cut
                    one = pushed_of(line)
                    found[one.source] = one
            self._size = file.tell()
            if not line.endswith(b"\n"):
                file.write(b"\n")
        return [one for one in found.values() if len(one.layout)]

    def _append(self, pushed: Pushed) -> None:
        line = line_of(pushed)
        with self._path.open("ab") as file:
            file.write(line)
        self._size += len(line)

    def _rewrite(self, pushed: Sequence[Pushed]) -> None:
        if not pushed:
            self._path.unlink(missing_ok=True)
            return
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            for one in pushed:
                file.write(line_of(one))
            self._live = self._size = file.tell()
        new.replace(self._path)
