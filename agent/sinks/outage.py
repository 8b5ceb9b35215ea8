"""What the log has of a database that takes no writes."""

from __future__ import annotations

import logging
from typing import Final

from agent.sinks.base import Reply, Wire

log: Final = logging.getLogger("hubgauge.sink")

_MOST_TOLD: Final = 8
"""Reasons that are told of one outage: a database may word each of its refusals anew."""


class Outage:
    """Tells each reason once: what keeps a database away may be another than what began it."""

    def __init__(self, name: str, wire: Wire) -> None:
        self._name: Final = name
        self._wire: Final = wire
        self._told: Final[set[str]] = set()

    def goes_on(self, reply: Reply) -> None:
        """Tell why the database took nothing, unless that was told."""
        reason = str(reply)
        if reason not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(reason)
            log.error(
                "sink %s: %s takes no writes (%s); samples wait in the spool",
                self._name,
                self._wire.place,
                reason,
            )

    def is_over(self) -> None:
        """Tell that the database takes writes again. The next outage begins anew."""
        self._told.clear()
        log.warning("sink %s: %s takes writes again", self._name, self._wire.place)
