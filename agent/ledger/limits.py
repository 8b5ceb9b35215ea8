"""The most that a meter can show: the bounds by which its readings are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.ledger.energy import JOULES_PER_KWH
from collectors.catalogue.limits import METER_LITERS, METER_WATTS, REGISTER_SECONDS


class _OfKind(NamedTuple):
    """What holds for every meter of a kind: `most` is in watts, `least` in joules.

    Of water it is litres a second, and litres.
    """

    most: float
    least: float


_PDU: Final = _OfKind(2e5, JOULES_PER_KWH)
_WATER: Final = _OfKind(METER_LITERS, 1e3)
_OUTLET: Final = _OfKind(5e4, JOULES_PER_KWH)
_ANY: Final = _OfKind(METER_WATTS, JOULES_PER_KWH)
_OF_KIND: Final[Mapping[str, _OfKind]] = {"pdu": _PDU, "outlet": _OUTLET, "water": _WATER}
"""Twice what the largest of its kind draws.

A rack's PDU carries some 100 kW, one of its outlets 32 A at 400 V in three phases, which is 22 kW,
one meter of a campus some 250 MW.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a meter can show.

    `rating` is in watts; `wrap` is the number of joules at which its register begins again at 0.
    Where no rating is stated, `most` is what no meter of its kind draws, in watts, and a rise of up
    to `least` joules is not judged. A meter that `never_rests` always counts something: what
    supplies a site is not switched off. One that `flatters` may rest, and PUE is better if
    it is dead: the utility's, and overhead that is subtracted from IT. One that `is_one_of_many`
    says little by itself: a rack's PDU. One that `is_supply` counts what a site gets, so that 0 of
    it would be a better figure.
    """

    rating: float | None = None
    wrap: float | None = None
    most: float = _ANY.most
    least: float = _ANY.least
    never_rests: bool = False
    flatters: bool = False
    is_one_of_many: bool = False
    is_supply: bool = False
    is_water: bool = False

    @property
    def highest(self) -> float:
        """The most watts it can show: its rating, or what no meter of its kind shows."""
        return self.most if self.rating is None else self.rating

    @property
    def most_register(self) -> float:
        """The most joules that a register can stand at; of water, litres."""
        return self.most * REGISTER_SECONDS

    @classmethod
    def of_kind(
        cls,
        kind: str,
        *,
        rating: float | None = None,
        wrap: float | None = None,
        never_rests: bool = False,
        flatters: bool = False,
        is_supply: bool = False,
    ) -> Limits:
        """Return the limits of a meter of a kind: meter, pdu, outlet, water or export."""
        most, least = _OF_KIND.get(kind, _ANY)
        return cls(
            rating=rating,
            wrap=wrap,
            most=most,
            least=least,
            never_rests=never_rests,
            flatters=flatters,
            is_one_of_many=kind in ("pdu", "outlet"),
            is_supply=is_supply,
            is_water=kind == "water",
        )


WATER: Final = Limits.of_kind("water")
"""What any meter of water can show."""
