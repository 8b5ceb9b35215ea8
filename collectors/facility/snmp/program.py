"""What a device is asked in each round, and what becomes of the answers. Pure, no I/O.

Devices of one make with the same rows are asked the same, and differ only in the names of their
series. So they share a `Program`. A `Plan` is a program with the series of one device.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Reading, Series
from collectors.facility.naming import Name, Naming, rest_of
from collectors.facility.snmp.point import Point, Polled, Raw, decode
from collectors.facility.snmp.reading import Reading as Wanted
from collectors.head import Labels
from collectors.judge import judge
from collectors.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """The objects that are read in every round, and what they become.

    `names` are those of the points' series in their order, then those of the sums'.
    `sums`: the objects of each tuple are added up into one series. `spans`: the value at which an
    energy register wraps, in the metric's base unit, with the place of its name. `silent`: readings
    of the profile that the device does not have. `elsewhere`: objects of the profile that are not
    read, since another object gives the same series. `yields`: the number of series that had a
    value at discovery, without constants. `dropped`: the number of rows that cannot be used, by
    reason. `slow`: the program of readings that move slowly, if they are read less often than the
    others.
    """

    points: tuple[Polled, ...] = ()
    sums: tuple[tuple[Polled, ...], ...] = ()
    names: tuple[Name, ...] = ()
    oids: tuple[str, ...] = ()
    constants: tuple[tuple[Name, float], ...] = ()
    spans: tuple[tuple[int, float], ...] = ()
    silent: tuple[Wanted, ...] = ()
    elsewhere: Mapping[str, Name] = field(default_factory=dict)
    yields: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    slow: Program | None = None
    rests: tuple[Labels | None, ...] = field(init=False)
    """For each name, the part of its series that is the same for all devices."""

    def __post_init__(self) -> None:
        """Make what all devices share of their series."""
        object.__setattr__(self, "rests", tuple(map(rest_of, self.names)))


NOTHING: Final = Program()
_NOBODY: Final = Naming(name="", labels={})


class Plan:
    """The program of a device with the device's own series, and what changes from round to round.

    `constants` are the readings that are not polled. `spans`: the value at which each energy
    register wraps, in the metric's base unit. `watched`: the values of objects whose change means
    that rows may have changed. `refused`: the readings of the last round that were refused. `slow`:
    the plan of readings that move slowly, if they are read less often than the others.
    """

    __slots__ = (
        "_naming",
        "_series",
        "constants",
        "program",
        "refused",
        "slow",
        "spans",
        "watched",
    )

    def __init__(
        self,
        program: Program = NOTHING,
        naming: Naming = _NOBODY,
        constants: Sequence[tuple[Name, float]] | None = None,
    ) -> None:
        """Take the constants of the program, or others: those have texts of the device's own."""
        self.program: Final = program
        self._naming: Final = naming
        self._series: Final = tuple(naming.all(program.names, program.rests))
        self.constants: Final[tuple[Reading, ...]] = tuple(
            (naming.series(*name), value)
            for name, value in (program.constants if constants is None else constants)
        )
        self.spans: Final = {self._series[place]: span for place, span in program.spans}
        self.watched: dict[str, Raw] = {}
        self.refused: tuple[Refusal, ...] = ()
        self.slow: Final = Plan(program.slow, naming) if program.slow is not None else None
        if self.slow is not None:
            self.spans.update(self.slow.spans)

    @property
    def yields(self) -> int:
        """The number of series that had a value at discovery, without constants."""
        return self.program.yields

    @property
    def silent(self) -> Sequence[Wanted]:
        """The readings of the profile that the device does not have."""
        return self.program.silent

    @property
    def dropped(self) -> Mapping[str, int]:
        """The number of rows that cannot be used, by reason."""
        return self.program.dropped

    @property
    def oids(self) -> tuple[str, ...]:
        """The objects that are read in every round."""
        return self.program.oids

    @property
    def points(self) -> Sequence[Point]:
        """The polled objects with their series, without those that are added up."""
        return tuple(map(Point, self.program.points, self._series))

    @property
    def sums(self) -> Sequence[Sequence[Point]]:
        """The polled objects that are added up, each with the series of its sum."""
        added = self._series[len(self.program.points) :]
        return tuple(
            tuple(Point(one, series) for one in parts)
            for parts, series in zip(self.program.sums, added, strict=True)
        )

    @property
    def elsewhere(self) -> Mapping[str, Series]:
        """Objects of the profile that are not read, with the series that another one gives."""
        series = self._naming.series
        return {oid: series(*name) for oid, name in self.program.elsewhere.items()}

    @property
    def is_distinct(self) -> bool:
        """Whether no two of its names become the same series."""
        return len(set(self.series())) == sum(1 for _ in self.series())

    def series(self) -> Iterator[Series]:
        """Yield every series that a round may give, without the constants."""
        yield from self._series
        if self.slow is not None:
            yield from self.slow.series()

    def linked(self) -> Iterator[Series]:
        """Yield those of linked units."""
        for series, (_, unit, _) in zip(self._series, self.program.names, strict=True):
            if unit:
                yield series
        if self.slow is not None:
            yield from self.slow.linked()

    def decode(self, values: Mapping[str, Raw], dropped: Counter[str]) -> list[Reading]:
        """Turn the answers of one round into readings, without the constants.

        What cannot be a reading is counted in `dropped` and listed in `refused`.
        """
        sentinels: list[Reading] = []
        program = self.program
        some = len(program.points)
        readings = decode(program.points, self._series[:some], values, dropped, sentinels)
        for parts, series in zip(program.sums, self._series[some:], strict=True):
            found = decode(parts, [series] * len(parts), values, dropped, sentinels)
            if len(found) == len(parts):
                readings.append((series, math.fsum(value for _, value in found)))
        judged = judge(readings, dropped)
        self.refused = (
            *(Refusal(series, number, "sentinel") for series, number in sentinels),
            *judged.refused,
        )
        return judged.readings
