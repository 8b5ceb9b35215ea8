"""Why someone should look at a rack: what is over which limit, and since when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.base import Reading
from collectors.catalogue.limits import POWER_LIMIT
from collectors.catalogue.needs import GRAVITY, NEEDS, Need
from collectors.catalogue.rack import RACK_NEED_SINCE
from collectors.catalogue.rack_limits import STANDARD, RackLimits


def needs_of(
    load: float | None,
    inlet: float | None,
    failover: float | None,
    *,
    silent: bool,
    limits: RackLimits = STANDARD,
) -> tuple[Need, ...]:
    """Return why someone should look at a rack.

    `load` is power over rated power, `inlet` the warmest inlet in degrees Celsius, `failover` the
    load after losing a feed over its capacity, and `silent` says whether a PDU does not answer.
    `limits` are those of the rack's site.
    What is beyond the graver limit of two is beyond the milder one too: a rack that was tight for
    an hour does not look better while the graver alert waits.
    """
    found: list[Need] = []
    if load is not None and load > POWER_LIMIT:
        found.append("over")
    if inlet is not None and inlet > limits.inlet_allowable_celsius:
        found.append("too_hot")
    if failover is not None and failover > 1:
        found.append("failover_lost")
    if silent:
        found.append("silent")
    if inlet is not None and inlet > limits.inlet_recommended_celsius:
        found.append("hot")
    if failover is not None and failover > limits.failover_load_ratio:
        found.append("failover_tight")
    return tuple(found)


_MILDER: Final[Mapping[Need, Need]] = {"too_hot": "hot", "failover_lost": "failover_tight"}
"""The milder needs that a graver one includes, so that only the graver one is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The needs of a rack at a moment."""

    lasting: tuple[Need, ...]
    """Those as old as their alert waits, and those whose beginning nobody noted."""
    pending: tuple[Need, ...]
    """Those that are younger."""


_NOTHING: Final = Standing(lasting=(), pending=())


def standing(needs: Sequence[Need], since: Mapping[Need, float], now: float) -> Standing:
    """Tell the needs that have lasted from those that have just begun."""
    if not needs:
        return _NOTHING
    lasting = {need for need in needs if _has_lasted(need, since, now)}
    young = set(needs) - lasting
    for graver, milder in _MILDER.items():
        for known in (lasting, young):
            if graver in known:
                known.discard(milder)
    return Standing(
        lasting=tuple(need for need in NEEDS if need in lasting),
        pending=tuple(need for need in NEEDS if need in young),
    )


def _has_lasted(need: Need, since: Mapping[Need, float], now: float) -> bool:
    began = since.get(need)
    return began is None or now - began >= 60 * GRAVITY[need].wait_minutes


Place = tuple[str, str, str, str]
"""Hub, site, row and rack."""


class NeedTimes:
    """Since when each rack needs someone. A need that is gone for one round begins anew."""

    def __init__(self) -> None:
        self._since: dict[Place, dict[Need, float]] = {}

    def move(self, seconds: float) -> None:
        """Follow a wall clock that has stepped: what is as old as before began so much later."""
        for began in self._since.values():
            for need in began:
                began[need] += seconds

    def readings(self, place: Place, needs: Sequence[Need], now: float) -> Iterator[Reading]:
        """Take a rack's needs of a round at `now`, and yield when each of them began."""
        known = self._since.get(place)
        if not needs:
            if known is not None:
                del self._since[place]
            return
        began = {need: (known or {}).get(need, now) for need in needs}
        self._since[place] = began
        for need, since in began.items():
            yield RACK_NEED_SINCE.series(*place, need), since
