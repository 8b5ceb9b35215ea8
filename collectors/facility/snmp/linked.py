"""Which units of an SNMP device answer: the device itself, and those linked to it.

A linked unit, such as a chained PDU, has a name and an up series of its own. It is up where a round
has at least one of its readings. One that the config names is down until it is found; any other is
no unit until it was heard, for tables have rows of units that are not there.
"""

from __future__ import annotations

from collections.abc import Iterable

from collectors.base import Reading, Series
from collectors.catalogue.devices import KINDS, Kind, up_of
from collectors.facility.naming import Naming


class Units:
    """The up series of a device, its own first, and of the units linked to it.

    `up_series` are those that the runner sets to the result of the round: all before a round, and
    after it only those of units that answered. The round itself says 0 for the others.
    """

    __slots__ = ("_linked", "known", "up_series")

    def __init__(
        self,
        kind: Kind | None,
        naming: Naming,
        named: Iterable[str],
        series: Iterable[Series] = (),
        before: Units | None = None,
    ) -> None:
        """Note the units of a device of a kind; without a kind there are none yet.

        `named` are the linked units that the config names, `series` those that a round may give.
        `before` are the units of an earlier discovery: one that was heard and still has rows stays.
        """
        self._linked: dict[Series, Series] = {}
        self.known: tuple[Series, ...] = ()
        if kind is not None:
            up = KINDS[kind].up
            ups = dict.fromkeys(naming.series(up, unit, {}) for unit in ("", *named))
            own = next(iter(ups))
            for one in series:
                unit = up_of(one, up)
                if unit is not None and unit != own:
                    self._linked[one] = unit
            still = {*self._linked.values(), *ups}
            heard = (up for up in before.known if up in still) if before else ()
            self.known = tuple(ups | dict.fromkeys(heard))
        self.up_series = self.known

    def begin(self) -> None:
        """Expect every unit. Call this before a round that may fail."""
        self.up_series = self.known

    def own(self) -> list[Reading]:
        """Return that the device itself answers; nothing is known of its linked units yet."""
        return [(up, 1.0) for up in self.known[:1]]

    def readings(self, readings: Iterable[Reading]) -> list[Reading]:
        """Return for every unit whether it answers, by the readings of a round."""
        if not self._linked and not self.known[1:]:
            return self.own()
        found = (self._linked.get(series) for series, _ in readings)
        heard = dict.fromkeys((*self.known[:1], *(unit for unit in found if unit is not None)))
        self.known = tuple(dict.fromkeys((*self.known, *heard)))
        self.up_series = tuple(up for up in self.known if up in heard)
        return [(up, float(up in heard)) for up in self.known]
