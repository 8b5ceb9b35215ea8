"""BACnet/IP devices, read only.

`client` is the network, `profile` the model of a profile, and `collector` reads a device round by
round.
"""

from __future__ import annotations

from collectors.facility.bacnet.kind import KIND

__all__ = ["KIND"]
