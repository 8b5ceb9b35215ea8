"""What is known of a device before it is asked: from the config, and what all devices share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collectors.facility.snmp.discover import Wanted

if TYPE_CHECKING:
    from collectors.facility.naming import Naming
    from collectors.facility.snmp.config import DeviceConfig
    from collectors.facility.snmp.credentials import Secrets
    from collectors.facility.snmp.detail import Depth
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.memory import DeviceMemory
    from collectors.places import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all devices of a config section share.

    `refresh` are the seconds after which a device is discovered again.
    """

    library: Library
    memory: DeviceMemory
    places: Places
    refresh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the config says of one device.

    `interval`, `timeout` and `limit` are a round's: seconds, seconds, series.
    """

    config: DeviceConfig
    naming: Naming
    depth: Depth
    secrets: Secrets
    interval: float
    timeout: float
    limit: int

    @property
    def words(self) -> tuple[str, ...]:
        """The part of the config on which the device's answers at discovery depend."""
        return (self.config.profile, *self.config.also)

    @property
    def wanted(self) -> Wanted:
        """What is wanted of the device."""
        return Wanted(
            naming=self.naming,
            depth=self.depth,
            kind=self.config.kind,
            limit=self.limit,
            chosen_rows=self.config.interfaces,
            also=self.config.also,
        )
