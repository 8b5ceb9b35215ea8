"""What a trap means: by the config, or by the standard that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from collectors.traps.config import EventConfig

_STANDARD: Final = "1.3.6.1.6.3.1.1.5"
_UPS: Final = "1.3.6.1.2.1.33.2"
STANDARD: Final = (
    EventConfig(trap=f"{_STANDARD}.1", event="cold_start"),
    EventConfig(trap=f"{_STANDARD}.2", event="warm_start"),
    EventConfig(trap=f"{_STANDARD}.3", event="link_down"),
    EventConfig(trap=f"{_STANDARD}.4", event="link_up"),
    EventConfig(trap=f"{_STANDARD}.5", event="authentication_failure"),
    EventConfig(trap=f"{_UPS}.1", event="ups_on_battery"),
    EventConfig(trap=f"{_UPS}.3", event="ups_alarm_added"),
    EventConfig(trap=f"{_UPS}.4", event="ups_alarm_removed"),
)
"""SNMPv2-MIB (RFC 3418) and UPS-MIB (RFC 1628). A UPS on battery repeats its trap each minute."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trap:
    """A notification: its snmpTrapOID, and the values it carries as text, by object."""

    oid: str
    values: Mapping[str, str]


def meaning(trap: Trap, events: Iterable[EventConfig]) -> EventConfig | None:
    """Return the first entry that describes a trap, those of the standards last."""
    return next((one for one in (*events, *STANDARD) if _means(one, trap)), None)


def _means(event: EventConfig, trap: Trap) -> bool:
    """Tell whether a trap is what an entry describes."""
    return trap.oid == event.trap.removeprefix(".") and all(
        any(
            (oid == wanted or oid.startswith(f"{wanted}.")) and value == text
            for oid, value in trap.values.items()
        )
        for wanted, text in ((key.removeprefix("."), one) for key, one in event.where.items())
    )
