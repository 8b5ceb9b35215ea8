"""The classes of several meters together: what they have in common, and what each has of its own."""

from __future__ import annotations

import math

from agent.pue.places import Place


class ClassErrors:
    """Adds up the limits of error of meters.

    What meters have in common adds up by size. What is each meter's own adds up by squares (JCGM
    100, F.1.2). The error of a meter that is subtracted adds as well.
    """

    __slots__ = ("_common", "_own_squared", "joules")

    def __init__(self) -> None:
        self.joules = self._common = self._own_squared = 0.0

    def add(self, place: Place, joules: float) -> None:
        """Add a meter's energy, as it counts."""
        self.joules += joules
        error = abs(joules) * place.accuracy
        self._common += place.common * error
        self._own_squared += (1.0 - place.common**2) * error * error

    @property
    def common_joules(self) -> float:
        """The limit of error in common, in hundredths of joules."""
        return self._common

    @property
    def own_joules(self) -> float:
        """The limit of the errors that are each meter's own, in hundredths of joules."""
        return math.sqrt(self._own_squared)

    @property
    def common(self) -> float:
        """The limit of error in common, in percent of the energy."""
        return self._common / abs(self.joules) if self.joules else 0.0

    @property
    def own(self) -> float:
        """The limit of the errors that are each meter's own, in percent of the energy."""
        return self.own_joules / abs(self.joules) if self.joules else 0.0
