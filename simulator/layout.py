"""Lay out a device's objects from its profile: the description read backwards.

`lay_out` chooses rows and what their columns say so that every reading of the profile finds its
object, and encodes each value with the unit, the scale, the digits and the register's width that
the profile names. A device that a profile describes needs no second description to be simulated.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.base import Metric
from collectors.facility.profile import metric_named
from collectors.facility.snmp_table import fill
from collectors.facility.units import UNITS, quantity_of
from simulator import ber
from simulator.measures import OUTLETS, PHASES, Measure, State, measure
from simulator.readback import misread
from simulator.rows import Said, object_of, rows_of, varying_part
from simulator.samples import samples
from simulator.snmp_agent import Objects

if TYPE_CHECKING:
    from collectors.facility.snmp_profile import SnmpProfile
    from collectors.facility.snmp_reading import Reading

_SYSTEM: Final = "1.3.6.1.2.1.1"
_ROWS: Final = 400
"""Row numbers that are tried for a reading whose row is nobody's yet."""
_COUNTS: Final[Mapping[str, int]] = {
    "outlet": OUTLETS,
    "bank": 2,
    "sensor": 1,
    "battery": 1,
    "location": 1,
    "fan": 2,
    "compressor": 1,
}
_MAX_INTEGER: Final = 2**31 - 1
_MAX_GAUGE: Final = 2**32 - 1
_TEXT_DIGITS: Final = 2


class States(NamedTuple):
    """What the raw numbers of a state mean for one metric: those listed, and all others."""

    what: Measure
    mapped: Mapping[int, float]
    otherwise: float | None

    @property
    def known(self) -> Iterator[int]:
        """The raw numbers there may be, one of the others last."""
        yield from self.mapped
        if self.otherwise is not None:
            yield max(self.mapped) + 1

    def fits(self, raw: int, state: State) -> bool:
        """Tell whether a raw number says what is measured."""
        return self.mapped.get(raw, self.otherwise) == self.what.of(state)


@dataclass(frozen=True, slots=True)
class Shown:
    """One object that shows a measurement: `raw = value * factor + offset`."""

    what: Measure
    factor: float
    offset: float
    counts: bool
    bits: int
    text: bool
    states: tuple[States, ...] = ()

    @property
    def step(self) -> float:
        """What one more in the register is worth, in base units."""
        return abs(1 / self.factor) / (10**_TEXT_DIGITS if self.text else 1)

    def raw(self, state: State) -> float:
        """Return the number the device would send.

        A register shows whole steps; all else shows the nearest number.
        """
        if self.states:
            known = dict.fromkeys(raw for one in self.states for raw in one.known)
            return max(known, key=lambda raw: sum(one.fits(raw, state) for one in self.states))
        number = self.what.of(state) * self.factor + self.offset
        if self.text:
            return round(number, _TEXT_DIGITS)
        whole = math.floor(number + 1e-9) if self.counts else round(number)
        return whole % 2**self.bits if self.bits else whole

    def encode(self, state: State) -> bytes:
        """Return the value as the wire has it."""
        number = self.raw(state)
        if self.text:
            return ber.text(f"{number:.{_TEXT_DIGITS}f}")
        whole = int(number)
        if -_MAX_INTEGER <= whole <= _MAX_INTEGER:
            return ber.integer(whole)
        return (
            ber.gauge(whole)
            if 0 < whole <= _MAX_GAUGE
            else ber.integer(whole % 2**64, ber.COUNTER64)
        )


@dataclass(slots=True)
class Layout:
    """The objects of a kind of device, and how each is made from its state."""

    objects: Objects
    cells: tuple[bytes | Shown | None, ...]
    """In the order of the objects; None is the device's name, which is not the layout's."""

    @classmethod
    def of(cls, cells: Mapping[str, bytes | Shown | None]) -> Layout:
        """Make a layout of objects by OID."""
        parts = {ber.numbers(oid): cell for oid, cell in cells.items()}
        objects = Objects(parts)
        return cls(objects, tuple(parts[oid] for oid in objects.oids))


@dataclass(slots=True)
class Draft:
    """A layout in the making: columns, objects, and the series so far."""

    profile: SnmpProfile
    phases: int
    delta: bool = False
    """Whether currents flow between two lines as well, rather than from each to the neutral only.
    """
    said: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Shown | bytes] = field(default_factory=dict)
    series: dict[tuple[Metric, tuple[tuple[str, str], ...]], str] = field(default_factory=dict)
    order: list[Reading] = field(default_factory=list)
    owners: dict[str, int] = field(default_factory=dict)
    """Which reading put an object there, by its place in the order."""
    placed: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    kinds: set[tuple[str, bool]] = field(default_factory=set)
    """Metrics there are, and whether what a profile falls back on."""
    left_out: list[Reading] = field(default_factory=list)

    def add(self, reading: Reading) -> None:
        """Find a place for what a reading reads.

        One that adds no series to those there are is left out.
        """
        before = len(self.series)
        self.order.append(reading)
        others = {fallback for metric, fallback in self.kinds if metric == reading.metric}
        if others - {reading.fallback}:  # a total never stands beside its phases
            self.left_out.append(reading)
            return
        if reading.oid:
            self._scalar(reading)
        elif not self._adds_up(reading):
            table = self.profile.tables[reading.table]
            varying = varying_part(table, reading)
            for names in rows_of(table, reading, varying, self.phases):
                self._row(reading, names, (names[varying].said if varying else None) or "1")
        if len(self.series) == before:
            self.left_out.append(reading)
        else:
            self.kinds.add((reading.metric, reading.fallback))

    def _wanted(self, metric: Metric, labels: Mapping[str, str]) -> bool:
        """Tell whether a series is one that the device has, and has not yet."""
        phase = labels.get("phase", "")
        if (
            any(phase.startswith(known) for known in ("L", "N"))
            and phase not in PHASES[self.phases]
        ):
            return False
        if "-" in phase and not self.delta and quantity_of(metric.full_name) != "volts":
            return False
        return (metric, tuple(sorted(labels.items()))) not in self.series

    def _counted(self, reading: Reading, labels: Mapping[str, str]) -> bool:
        """Tell whether the device still has room for an outlet, a bank or a sensor of this name."""
        for label, most in _COUNTS.items():
            if label in labels:
                placed = self.placed.setdefault(
                    (reading.metric, "" if label in ("outlet", "bank") else repr(reading)), set()
                )
                if labels[label] not in placed and len(placed) >= most:
                    return False
                placed.add(labels[label])
        return True

    def _adds_up(self, reading: Reading) -> bool:
        """Let a sum be that of rows which other readings have laid out already.

        Tell whether there are any.
        """
        column = self.profile.column_oid(reading)
        there = [oid for oid in self.shown if oid.startswith(f"{column}.")] if reading.sum else []
        if there:
            self.series.setdefault(
                (metric_named(reading.metric), tuple(sorted(reading.labels.items()))), there[0]
            )
        return bool(there)

    def _scalar(self, reading: Reading) -> None:
        metric = metric_named(reading.metric)
        if self._wanted(metric, reading.labels) and self._is_free(reading, reading.oid):
            self._put(reading, metric, reading.oid, reading.labels, {})

    def _row(self, reading: Reading, names: Mapping[str, Said], number: str) -> None:
        """Lay out one row, where there is room for it and it is wanted."""
        metric = metric_named(reading.metric)
        table, column = self.profile.tables[reading.table], self.profile.column_oid(reading)
        columns = {name: table.column(name) for name in names if name in table.columns}
        index = table.parts()
        free = [part for part in index if part not in names]
        settled = {part: names[part].said or "" for part in index if part in names}
        fixed = [name for name, one in columns.items() if not set(one.index or ()) & set(free)]
        if not self._agrees(
            {object_of(columns[name], settled): names[name].said for name in fixed}
        ):
            return
        for row in range(1, _ROWS) if free else (0,):
            parts = dict.fromkeys(free, str(row)) | settled
            oid = ".".join((column, *(parts[part] for part in index)))
            texts = {object_of(one, parts): names[name].said for name, one in columns.items()}
            if self._is_free(reading, oid) and self._agrees(texts):
                break
        else:
            return
        known = dict(parts)
        for entry in names.values():
            known |= entry.names
        for name, one in columns.items():
            if names[name].said is None:  # a text of one's own choosing, such as an outlet's name
                at = object_of(one, parts)
                known[name] = texts[at] = self.said.get(at) or f"{name} {number}"
        filled = {label: fill(template, known) for label, template in reading.labels.items()}
        if self._wanted(metric, filled) and self._counted(reading, filled):
            self.said |= {at: text for at, text in texts.items() if text is not None}
            self._put(reading, metric, oid, filled, known)

    def _is_free(self, reading: Reading, oid: str) -> bool:
        """Tell whether a reading may use an object: a free one, or a state of several meanings."""
        there = self.shown.get(oid)
        shared = reading.map and isinstance(there, Shown) and there.states
        return (
            reading.constant is not None or bool(shared) or (there is None and oid not in self.said)
        )

    def _agrees(self, texts: Mapping[str, str | None]) -> bool:
        """Tell whether nothing there already contradicts what columns would say."""
        return all(
            at not in self.shown and (text is None or self.said.get(at, text) == text)
            for at, text in texts.items()
        )

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
            if oid not in self.said:
                self.shown.setdefault(oid, ber.integer(1))
            return
        made, there = (
            _shown(reading, measure(metric, labels, self.phases), names),
            self.shown.get(oid),
        )
        self.shown[oid] = (
            replace(there, states=(*there.states, *made.states))
            if isinstance(there, Shown)
            else made
        )

    def raw(self, state: State) -> dict[str, object]:
        """Return what each object holds in a state, as a session gives it."""
        tree: dict[str, object] = {oid: text.encode() for oid, text in self.said.items()}
        for oid, cell in self.shown.items():
            number = 1 if isinstance(cell, bytes) else cell.raw(state)
            tree[oid] = (
                f"{number:.{_TEXT_DIGITS}f}".encode()
                if isinstance(cell, Shown) and cell.text
                else number
            )
        return tree

    def latest(self, oids: Iterable[str]) -> Reading:
        """Return the reading that was the last to put one of these objects there."""
        return self.order[max(self.owners.get(oid, 0) for oid in oids)]


def lay_out(
    profile: SnmpProfile, *, phases: int = 1, prefer: Reading | None = None
) -> tuple[Layout, Draft]:
    """Lay out a device of one or three phases.

    Where several readings of the profile give the same series, the device has what the first one
    reads; with `prefer`, what that reading reads, as other firmware has it.
    """
    readings = sorted(
        profile.readings, key=lambda reading: (reading.sum, reading is not prefer)
    )  # what adds up comes last
    # A device that states no total has only what adds up to it.
    without = [
        one
        for one in readings
        if prefer and prefer.sum and one is not prefer and _alike(one, prefer)
    ]
    while True:
        draft = Draft(profile=profile, phases=phases, delta=prefer is not None)
        for reading in readings:
            if not any(reading is one for one in without):
                draft.add(reading)
        wrong = misread(draft)
        if wrong is None:
            break
        without.append(wrong)
    draft.left_out += without
    cells: dict[str, bytes | Shown | None] = {**_system(profile), **draft.shown}
    cells |= {oid: _said(text) for oid, text in draft.said.items()}
    for oid in profile.watch:
        cells.setdefault(oid, ber.integer(1))
    probe = profile.match.probe if profile.match else None
    if probe and not any(oid == probe or oid.startswith(f"{probe}.") for oid in cells):
        cells[f"{probe}.0"] = ber.integer(1)
    return Layout.of(cells), draft


def _alike(one: Reading, other: Reading) -> bool:
    return one.metric == other.metric and one.labels == other.labels


def _system(profile: SnmpProfile) -> dict[str, bytes | Shown | None]:
    """The system group of SNMPv2-MIB (RFC 3418)."""
    match = profile.match
    known = samples(match.sys_descr)[:1] if match and match.sys_descr else []
    description = " ".join(["SIMULATED", *known, profile.title])
    ticks = Shown(Measure("uptime"), 100.0, 0.0, counts=True, bits=32, text=False)
    return {
        f"{_SYSTEM}.1.0": ber.text(description),
        f"{_SYSTEM}.2.0": ber.oid(
            ber.numbers(match.sys_object_id[0] if match else "1.3.6.1.4.1.0")
        ),
        f"{_SYSTEM}.3.0": ticks,
        f"{_SYSTEM}.4.0": ber.text("nobody"),
        f"{_SYSTEM}.5.0": None,
        f"{_SYSTEM}.6.0": ber.text("simulated"),
        f"{_SYSTEM}.7.0": ber.integer(72),
    }


def _said(text: str) -> bytes:
    return ber.integer(int(text)) if re.fullmatch(r"-?\d{1,9}", text) else ber.text(text)


def _shown(reading: Reading, what: Measure, names: Mapping[str, str]) -> Shown:
    counts = metric_named(reading.metric).type == "counter"
    if reading.map:
        states = (States(what, reading.map, reading.otherwise),)
        return Shown(what, 1.0, 0.0, counts=False, bits=0, text=reading.text, states=states)
    unit = UNITS[names[reading.unit_column] if reading.unit_column else reading.unit]
    scale = reading.scale * unit.factor
    if reading.digits_column:
        scale /= 10 ** int(names[reading.digits_column])
    if reading.divisor_column:
        scale /= int(names[reading.divisor_column])
    if reading.scale_column:
        by = int(names[reading.scale_column])
        scale *= by if by > 0 else 1 / -by
    return Shown(
        what,
        1 / scale,
        -unit.offset / scale,
        counts=counts,
        bits=reading.bits or 0,
        text=reading.text,
    )
