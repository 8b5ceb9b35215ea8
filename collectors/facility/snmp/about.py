"""What is known of a device before it is asked: from the config, and what all devices share."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collectors.base import Schedule
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.discover import AUTO, Wanted

if TYPE_CHECKING:
    from collectors.facility.naming import Naming
    from collectors.facility.snmp.config import DeviceConfig
    from collectors.facility.snmp.credentials import Secrets
    from collectors.facility.snmp.detail import Depth
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.memory import DeviceMemory
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.places import Places

_MAX_OIDS: Final = 24
"""Objects in one request to a device of which no profile says how many it takes."""
_REQUEST_SHARE: Final = 0.9
"""Share of a round's time-out that one request may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What all devices of a config section share.

    `refresh` are the seconds after which a device is discovered again.
    """

    library: Library
    memory: DeviceMemory
    places: Places
    refresh: float

    def refresh_of(self, device: str) -> float:
        """Return after how many seconds this device is discovered again.

        Each device has its own period, so that a thousand devices that started together are not all
        discovered again at the same time.
        """
        return self.refresh * (1 + zlib.crc32(device.encode()) % 256 / 512)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the config says of one device."""

    config: DeviceConfig
    naming: Naming
    depth: Depth
    secrets: Secrets
    schedule: Schedule

    @property
    def name(self) -> str:
        """The operator's name of the device."""
        return self.naming.name

    @property
    def words(self) -> tuple[str, ...]:
        """The part of the config on which the device's answers at discovery depend."""
        return (self.config.profile, *self.config.also)

    def named_profile(self, library: Library) -> SnmpProfile | None:
        """Return the profile that the config names; None where the device is to be recognised."""
        config = self.config
        return None if config.profile == AUTO else library.named(config.profile, config.also)

    @property
    def wanted(self) -> Wanted:
        """What is wanted of the device."""
        return Wanted(
            naming=self.naming,
            depth=self.depth,
            kind=self.config.kind,
            limit=self.schedule.max_samples,
            chosen_rows=self.config.interfaces,
            also=self.config.also,
        )

    def channel(self, profile: SnmpProfile | None, learned: int) -> Channel:
        """Make a channel to the device, without I/O.

        `learned` is how many objects it takes in one request; 0 where that is unknown.
        """
        most = self.config.max_oids or (profile.max_oids if profile else _MAX_OIDS)
        return Channel(
            self.config.address,
            self.secrets,
            timeout=self.schedule.timeout * _REQUEST_SHARE,
            max_oids=min(most, learned or most),
        )
