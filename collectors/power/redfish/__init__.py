"""Redfish services: controllers of nodes, and power equipment.

Sources: DMTF DSP0266 and DSP8010.

It is not in `facility`, because it mostly reads nodes. A PDU on Redfish gives the same `dc_pdu_*`
as one on SNMP. `body` turns bytes into documents, `rows` and `equipment` turn documents into rows:
these are pure. `link` is the connection, `places` lists where readings may be, `discover` finds
where a service has them, and `collector` reads it round by round.
"""

from __future__ import annotations

from collectors.power.redfish.kind import KIND

__all__ = ["KIND"]
