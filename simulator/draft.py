"""A layout in the making: find a place for each reading of a profile."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Metric
from collectors.facility.profile import metric_named
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading
from collectors.facility.snmp.table import fill
from collectors.facility.units import quantity_of
from simulator.counts import Counts
from simulator.measures import PHASES, measure
from simulator.objects import DraftObjects
from simulator.rows import Said, arcs_of, object_of, padded, rows_of, varying_part
from simulator.shown import shown_by

_OUTLET: Final = "dc_pdu_outlet_info"
_ROWS: Final = 400
"""Row numbers that are tried for a reading whose row is still free."""


@dataclass(slots=True)
class Draft:
    """A layout in the making: columns, objects, and the series so far."""

    profile: SnmpProfile
    phases: int
    delta: bool = False
    """Whether currents flow between two lines as well, not only from each line to the neutral."""
    objects: DraftObjects = field(default_factory=DraftObjects)
    series: dict[tuple[Metric, tuple[tuple[str, str], ...]], str] = field(default_factory=dict)
    order: list[Reading] = field(default_factory=list)
    prefer: Reading | None = None
    """The reading that the device is for: there is always room for its labels."""
    chosen_by: dict[str, str] = field(default_factory=dict)
    """Texts for measured objects by which its row is chosen, where no other reading places them."""
    outlets: dict[str, int] = field(default_factory=dict)
    """The number of the outlet that an object names."""
    owners: dict[str, int] = field(default_factory=dict)
    """The reading that placed each object, by its place in the order."""
    kinds: set[tuple[str, bool]] = field(default_factory=set)
    """Metrics that are laid out, and whether by a fallback reading of the profile."""
    left_out: list[Reading] = field(default_factory=list)
    _counts: Counts = field(init=False)
    _measured: set[str] = field(init=False)
    """The columns that show numbers: no text is put there. A row may be chosen by what it measures,
    such as by the digits of a voltage."""

    def __post_init__(self) -> None:
        """Find the columns that show numbers."""
        self._counts = Counts(self.prefer)
        self._measured = {
            self.profile.column_oid(one)
            for one in self.profile.readings
            if one.table and one.constant is None and not one.map and not one.words
        }

    def add(self, reading: Reading) -> None:
        """Find a place for the object of a reading.

        A reading that adds no series is left out.
        """
        before = len(self.series)
        self.order.append(reading)
        others = {fallback for metric, fallback in self.kinds if metric == reading.metric}
        if others - {reading.fallback}:  # a total is never beside its phases
            self.left_out.append(reading)
            return
        if reading.oid:
            self._scalar(reading)
        elif not self._adds_up(reading):
            table = self.profile.tables[reading.table]
            varying = varying_part(table, reading)
            for names in rows_of(table, reading, varying, self.phases):
                if self._is_done(reading):
                    break
                self._row(reading, names, (names[varying].said if varying else None) or "1")
        if len(self.series) == before:
            self.left_out.append(reading)
        else:
            self.kinds.add((reading.metric, reading.fallback))

    def _wanted(self, metric: Metric, labels: Mapping[str, str]) -> bool:
        """Return whether the device is to have a series that is not laid out yet."""
        phase = labels.get("phase", "")
        if (
            any(phase.startswith(known) for known in ("L", "N"))
            and phase not in PHASES[self.phases]
        ):
            return False
        if "-" in phase and not self.delta and quantity_of(metric.full_name) != "volts":
            return False
        return (metric, tuple(sorted(labels.items()))) not in self.series

    def _is_done(self, reading: Reading) -> bool:
        """Tell whether no further row can add a series: all that its labels allow are there."""
        if not reading.labels:
            return (metric_named(reading.metric), ()) in self.series
        return self._counts.are_full(reading)

    def _adds_up(self, reading: Reading) -> bool:
        """Give a reading that is a sum the rows that other readings have laid out.

        Returns whether there are any.
        """
        column = self.profile.column_oid(reading)
        there = (
            [
                oid
                for oid in self.objects.shown
                if oid.startswith(f"{column}.")
                and self._fits(reading, oid.removeprefix(f"{column}."))
            ]
            if reading.sum
            else []
        )
        if there:
            self.series.setdefault(
                (metric_named(reading.metric), tuple(sorted(reading.labels.items()))), there[0]
            )
        return bool(there)

    def _fits(self, reading: Reading, row: str) -> bool:
        """Tell whether a row that is laid out is one of those that a reading is of."""
        table = self.profile.tables[reading.table]
        parts = dict(zip(table.parts(), row.split("."), strict=False))
        for name, wanted in reading.where.items():
            if name in parts:
                said = parts[name]
            else:
                column = table.column(name)
                if set(column.index or ()) - set(parts):
                    return False
                text = self.objects.said.get(object_of(column, parts), "")
                said = column.map.get(text, text)
            if said not in wanted:
                return False
        return True

    def _scalar(self, reading: Reading) -> None:
        metric = metric_named(reading.metric)
        if self._wanted(metric, reading.labels) and self.objects.is_free(reading, reading.oid):
            self._put(reading, metric, reading.oid, reading.labels, {})

    def _row(self, reading: Reading, names: Mapping[str, Said], number: str) -> None:
        """Lay out one row if it is wanted and there is room for it."""
        metric = metric_named(reading.metric)
        table, column = self.profile.tables[reading.table], self.profile.column_oid(reading)
        columns = {name: table.column(name) for name in names if name in table.columns}
        measured = {name: one for name, one in columns.items() if one.oid in self._measured}
        columns = {name: one for name, one in columns.items() if name not in measured}
        index = table.parts()
        free = [part for part in index if part not in names]
        settled = {part: names[part].said or "" for part in index if part in names}
        fixed = [name for name, one in columns.items() if not set(one.index or ()) & set(free)]
        if not self.objects.agree(
            {object_of(columns[name], arcs_of(table, settled)): names[name].said for name in fixed}
        ):
            return
        for row in range(1, _ROWS) if free else (0,):
            parts = {part: padded(table, part, str(row)) for part in free} | settled
            arcs = arcs_of(table, parts)
            oid = ".".join((column, *(arcs[part] for part in index)))
            if not self.objects.is_free(reading, oid):
                continue
            texts = {object_of(one, arcs): names[name].said for name, one in columns.items()}
            if self.objects.agree(texts):
                break
        else:
            return
        known, free_texts = dict(parts), []
        for entry in names.values():
            known |= entry.names
        for name, one in columns.items():
            if names[name].said is None:  # a free text, such as an outlet's name
                at = object_of(one, arcs)
                free_texts.append(at)
                known[name] = texts[at] = self.objects.said.get(at) or f"{name} {number}"
        filled = {label: fill(template, known) for label, template in reading.labels.items()}
        if self._wanted(metric, filled) and self._counts.take(reading, filled):
            self.objects.said |= {at: text for at, text in texts.items() if text is not None}
            self.outlets |= {at: int(number) for at in free_texts if reading.metric == _OUTLET}
            for name, one in measured.items() if reading is self.prefer else ():
                self.chosen_by.setdefault(object_of(one, arcs), names[name].said or "")
            self._put(reading, metric, oid, filled, known)

    def _put(
        self,
        reading: Reading,
        metric: Metric,
        oid: str,
        labels: Mapping[str, str],
        names: Mapping[str, str],
    ) -> None:
        self.series[metric, tuple(sorted(labels.items()))] = oid
        self.owners.setdefault(oid, len(self.order) - 1)
        if reading.constant is not None:
            self.objects.show_row(oid)
            return
        measured = measure(metric, labels, self.phases)
        own = names.get(self._own_column(reading), "")
        self.objects.show(oid, shown_by(reading, measured, names, own))

    def _own_column(self, reading: Reading) -> str:
        """Return the name of the column that a reading takes its value from; empty without one."""
        if not reading.table:
            return ""
        columns, oid = self.profile.tables[reading.table], self.profile.column_oid(reading)
        return next((name for name in columns.columns if columns.column(name).oid == oid), "")

    def complete(self) -> None:
        """Put down the texts by which rows are chosen, where no reading has placed the object."""
        self.objects.said |= {
            at: text for at, text in self.chosen_by.items() if text and at not in self.objects.shown
        }

    def latest(self, oids: Iterable[str]) -> Reading:
        """Return the reading that was the last to place one of these objects."""
        return self.order[max(self.owners.get(oid, 0) for oid in oids)]
