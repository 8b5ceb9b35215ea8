"""Redfish services: controllers of nodes, and power equipment.

Sources: DMTF DSP0266 and DSP8010.

Beside `facility` and not in it, since what it reads is mostly nodes; a PDU on Redfish gives the
same `dc_pdu_*` as one on SNMP. `body` makes documents of bytes and `rows` and `equipment` make
readings of documents: these are pure. `link` talks, `discover` finds out where a service keeps what
is wanted, `collector` reads it round by round.
"""

from __future__ import annotations

from collectors.power.redfish.kind import KIND

__all__ = ["KIND"]
