"""SNMP devices: PDUs, UPSs, cooling and monitoring units.

Profiles are data: `profile` is their model, `reading` and `table` its parts. `discover` finds what
a device is and which rows it has, `plan` and `point` turn its answers into readings: these two are
pure. `channel` is the connection, and `collector` reads a device round by round.
"""

from __future__ import annotations

from collectors.facility.snmp.kind import KIND

__all__ = ["KIND"]
