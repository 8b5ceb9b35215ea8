"""A session of gufo_snmp that also tells which object follows an OID, wherever that lies."""

from __future__ import annotations

from gufo.snmp._fast import GetIter
from gufo.snmp.aio import SnmpSession


class Session(SnmpSession):
    """A session with one more request.

    `SnmpSession.getnext` hides an object that is not beneath the OID that was asked. Such an object
    tells what a device does not have in between.
    """

    async def following(self, oid: str) -> str | None:
        """Return the OID of the first object after `oid` (GETNEXT); None at the end of the MIB."""
        step = GetIter(oid)

        def send() -> None:
            self._sock.send_get_next(step)

        await self._send(send)
        found = await self._recv(self._sock.recv_get_many)
        return next(iter(found), None)
