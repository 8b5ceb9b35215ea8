"""Turns the chips that a reader finds into series.

One chip is one `accelerator` of a node, whichever reader finds it.

A reader finds `Chip`s. `Chips` keeps their series, adds the rated peaks of their models, and
reports chips that no longer answer. A chip has the name of its device file (`nvidia0`,
`davinci3`). This name stays the same when other chips come and go, and it is unique on a node with
several makes.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collectors.base import Metric, Place, Reading, Series
from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.peaks import Peaks

log = logging.getLogger(__name__)

Value = tuple["Metric", str, float]
"""A metric, the value of its own label (a reason or an instance; empty if it has no label of its
own), and the number in base units."""

MAX_CHIPS: Final = 1024
"""The most chips of one node. A reply with more of them is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip and its readings. A figure that the chip does not report is not in `values`."""

    name: str
    model: str
    uuid: str = ""
    bus: str = ""
    up: bool = True
    values: Sequence[Value] = ()
    asked_by: Sequence[str] = ()
    """The words by which the maker's program names it; none if it is not asked further."""

    def value(self, metric: Metric) -> float | None:
        """Return the value of a metric without a label of its own."""
        return next((number for one, own, number in self.values if one is metric and not own), None)


@dataclass(slots=True)
class _Known:
    """The series of one chip, kept from round to round."""

    up: Series
    info: Series | None = None
    identity: tuple[str, str, str] = ("", "", "")
    peaks: tuple[Reading, ...] = ()


class Chips:
    """The chips of one vendor on one node.

    `up_series` are the series that the runner sets to 0 when a whole round fails: one for every
    chip seen so far. `dropped` counts rejected readings by reason: `no_detail` (a chip's
    details took longer than the round), `no_peak` (the model has no known rated peak).
    """

    def __init__(self, *, vendor: str, place: Place, node: str, peaks: Peaks) -> None:
        self.vendor = vendor
        self.up_series: Sequence[Series] = ()
        self.dropped: Counter[str] = Counter()
        self._labels = (place.hub, place.site, place.row, place.rack, node)
        self._peaks = peaks
        self._known: dict[str, _Known] = {}
        self._series: dict[tuple[Metric, str, str], Series] = {}
        self._unrated: set[str] = set()

    @property
    def seen(self) -> bool:
        """Whether any chip has been found since the start."""
        return bool(self._known)

    def begin(self) -> None:
        """Expect every chip that was found before. Call this before a round that may fail."""
        self.up_series = [known.up for known in self._known.values()]

    def readings(self, chips: Iterable[Chip]) -> Sequence[Reading]:
        """Return the readings of a round.

        A known chip that is not among `chips` is down. Of several chips with one name, the first
        counts.
        """
        found: dict[str, Chip] = {}
        for chip in chips:
            if chip.name in self._known or len(self._known) < MAX_CHIPS:
                self._known.setdefault(
                    chip.name, _Known(catalogue.ACCELERATOR_UP.series(*self._labels, chip.name))
                )
                if chip.up:
                    found.setdefault(chip.name, chip)
        taken = [reading for chip in found.values() for reading in self._of(chip)]
        lost = [(known.up, 0.0) for name, known in self._known.items() if name not in found]
        self.up_series = [self._known[name].up for name in found]
        return [*taken, *lost]

    def _of(self, chip: Chip) -> Iterator[Reading]:
        known = self._known[chip.name]
        identity = (chip.model, chip.uuid, chip.bus)
        if known.info is None or known.identity != identity:
            known.info = catalogue.ACCELERATOR_INFO.series(
                *self._labels, chip.name, self.vendor, *identity
            )
            known.identity, known.peaks = identity, ()
        # Two models may share a name and differ in their memory. The size of the memory may become
        # known only in a later round, so the peak is looked up until it is found.
        known.peaks = known.peaks or self._rated(chip)
        if not known.peaks:
            self.dropped["no_peak"] += 1
        yield known.up, 1.0
        yield known.info, 1.0
        for metric, own, number in chip.values:
            yield self._one(metric, chip.name, own), number
        yield from known.peaks

    def _one(self, metric: Metric, name: str, own: str) -> Series:
        key = (metric, name, own)
        series = self._series.get(key)
        if series is None:
            values = (*self._labels, name, own) if own else (*self._labels, name)
            series = self._series[key] = metric.series(*values)
        return series

    def _rated(self, chip: Chip) -> tuple[Reading, ...]:
        flops = self._peaks.of(
            self.vendor, chip.model, chip.value(catalogue.ACCELERATOR_MEMORY_TOTAL)
        )
        if not flops:
            if chip.model not in self._unrated:
                self._unrated.add(chip.model)
                log.warning(
                    "no rated peak is known for %s %s: its computing power is not counted",
                    self.vendor,
                    chip.model,
                )
            return ()
        peak = catalogue.ACCELERATOR_PEAK
        return tuple(
            (peak.series(*self._labels, chip.name, precision), rate)
            for precision, rate in flops.items()
        )


class ChipReader:
    """What all readers of chips tell the runner, whatever way they find the chips."""

    def __init__(self, chips: Chips) -> None:
        self._chips: Final = chips

    @property
    def up_series(self) -> Sequence[Series]:
        """The series that say whether each chip answers."""
        return self._chips.up_series

    @property
    def dropped(self) -> Mapping[str, int]:
        """The number of rejected readings by reason."""
        return self._chips.dropped
