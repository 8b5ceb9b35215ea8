"""The classes of several meters together: what they have in common, and what each has alone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from agent.pue.places import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassErrors:
    """The energy of some meters in joules, and its limits of error in hundredths of joules.

    What meters have in common adds up by size. What is each meter's own adds up by squares (JCGM
    100, F.1.2). The error of a meter that is subtracted adds as well.
    """

    joules: float
    common: float
    own: float

    @classmethod
    def of(cls, energies: Iterable[tuple[Place, float]]) -> ClassErrors:
        """Add up meters, each with its energy as it counts."""
        joules = common = squares = 0.0
        for place, energy in energies:
            joules += energy
            error, share = abs(energy) * place.accuracy, place.common
            common += share * error
            squares += (1.0 - share * share) * error * error
        return cls(joules=joules, common=common, own=math.sqrt(squares))

    @property
    def common_percent(self) -> float:
        """The limit of error in common, in percent of the energy."""
        return self.common / abs(self.joules) if self.joules else 0.0

    @property
    def own_percent(self) -> float:
        """The limit of the errors that are each meter's own, in percent of the energy."""
        return self.own / abs(self.joules) if self.joules else 0.0
