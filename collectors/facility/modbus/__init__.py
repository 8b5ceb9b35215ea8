"""Modbus devices: meters, UPSs, cooling units and sensors.

Profiles are data: `profile` is their model, and `register` one of their registers. `agenda` and
`plan` decide what is asked when, `frame` and `numbers` turn bytes into readings: these are pure.
`link` is the connection, and `collector` reads a device round by round.
"""

from __future__ import annotations

from collectors.facility.modbus.kind import KIND

__all__ = ["KIND"]
