"""A BACnet/IP client that only reads, built on bacpypes3.

It is imported only if a config has BACnet devices. It never writes, subscribes or announces itself,
and it rejects every request of other devices.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from bacpypes3.apdu import (
    AbortPDU,
    ConfirmedRequestPDU,
    ErrorPDU,
    ErrorRejectAbortNack,
    IAmRequest,
    RejectPDU,
)
from bacpypes3.basetypes import EngineeringUnits, Reliability, Scale, StatusFlags
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import ObjectIdentifier, PropertyIdentifier
from bacpypes3.vendor import get_vendor_info

from collectors.base import BadReply, Refused, Unreachable

if TYPE_CHECKING:
    from collectors.facility.bacnet.profile import Answer, Answers

Property = tuple[str, str]
"""An object and one of its properties, such as `analog-input,1` and `present-value`."""

_MAX_PROPERTIES: Final = 40
"""Properties in one request. Their answers fit into 480 bytes, the most that a controller behind an
MS/TP router can send."""
_RETRIES: Final = 1
_TOO_LONG: Final = (
    "buffer-overflow",
    "segmentation-not-supported",
    "apdu-too-long",
    "out-of-resources",
)
_SILENT: Final = ("no-response", "tsm-timeout")
_NO_SERVICE: Final = ("unrecognized-service", "invalid-apdu-in-this-state")


class _Reader(NormalApplication):  # type: ignore[misc]  # untyped
    """An application without services: it receives answers to Who-Is and rejects all requests."""

    async def indication(self, apdu: Any) -> None:  # noqa: ANN401 - the library's own signature
        if isinstance(apdu, IAmRequest):
            await self.do_IAmRequest(apdu)
        elif isinstance(apdu, ConfirmedRequestPDU):
            await self.response(RejectPDU(reason="unrecognized-service", context=apdu))


class Client:
    """One UDP socket for all devices.

    It is opened when it is first needed. The last device that uses it closes it.
    """

    def __init__(self, listen: str, request_timeout: float) -> None:
        self.users = 0
        self._listen, self._request_timeout = listen, request_timeout
        self._application: _Reader | None = None

    @property
    def application(self) -> _Reader:
        """The library's application; raises Unreachable if it cannot listen on the address."""
        if self._application is None:
            address = IPv4Address(self._listen)
            # If the address is in use, the library tries for ever and reports nothing.
            _check_free(address.addrTuple)
            # The library logs everything that any device sends.
            logging.getLogger("bacpypes3").setLevel(logging.CRITICAL)
            own_device = DeviceObject(
                objectIdentifier=("device", (1 << 22) - 1),
                objectName="hubgauge",
                vendorIdentifier=0,
                apduTimeout=round(self._request_timeout * 1000),
                numberOfApduRetries=_RETRIES,
            )
            self._application = _Reader(own_device, address)
        return self._application

    async def find(self, instance: int) -> Address:
        """Return the address of the device with this instance number; raises Unreachable."""
        found = await self.application.who_is(instance, instance, timeout=self._request_timeout)
        if not found:
            raise Unreachable(f"no device {instance} answers to Who-Is")
        return found[0].pduSource

    def close(self) -> None:
        """Close the socket."""
        if self._application is not None:
            self._application.close()
            self._application = None


def _check_free(address: tuple[str, int]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            probe.bind(address)
        except OSError as error:
            raise Unreachable(
                f"cannot listen on {address[0]}:{address[1]}: {error.strerror or error}"
            ) from None


class Remote:
    """A device, and the limits of its requests as far as they have been found."""

    def __init__(self, client: Client, address: Address) -> None:
        self._client, self._address = client, address
        self._max_properties = _MAX_PROPERTIES
        self._multiple = True

    async def read(self, wanted: Sequence[Property], answers: Answers) -> None:
        """Read properties into `answers`, in as few requests as possible.

        Properties that the device does not have are missing from `answers`. Answers received before
        an error stay in it. Raises Unreachable, Refused or BadReply.
        """
        at = 0
        while at < len(wanted):
            some = wanted[at : at + self._max_properties]
            await self._read(some, answers)
            at += len(some)

    async def _read(self, some: Sequence[Property], answers: Answers) -> None:
        if not self._multiple:
            for one in some:
                await self._read_one(one, answers)
            return
        try:
            await self._read_multiple(some, answers)
        except ErrorRejectAbortNack as refusal:
            _raise_fatal(refusal)
            reason = str(refusal.reason)
            if isinstance(refusal, RejectPDU) and reason in _NO_SERVICE:
                self._multiple = False
            elif isinstance(refusal, AbortPDU) and reason in _TOO_LONG:
                self._max_properties = max(1, len(some) // 2)
            elif not isinstance(refusal, ErrorPDU):
                raise BadReply(
                    f"{type(refusal).__name__.removesuffix('PDU').lower()}: {reason}"
                ) from None
            if len(some) == 1:
                await self._read_one(some[0], answers)
                return
            # Some devices refuse a whole request because of one missing object. Halve the request
            # until this object is alone.
            half = len(some) // 2
            await self._read(some[:half], answers)
            await self._read(some[half:], answers)

    async def _read_multiple(self, some: Sequence[Property], answers: Answers) -> None:
        asked: list[Any] = []
        by_object: dict[str, list[PropertyIdentifier]] = {}
        for name, property_name in some:
            by_object.setdefault(name, []).append(PropertyIdentifier(property_name))
        for name, properties in by_object.items():
            asked += [ObjectIdentifier(name), properties]
        try:
            found = await self._client.application.read_property_multiple(
                self._address, asked, get_vendor_info(0)
            )
        except _UNDECODABLE as error:
            raise BadReply(f"its answer cannot be decoded: {error}") from None
        for object_id, property_id, _, value in found or ():
            _keep(answers, (f"{object_id[0]},{object_id[1]}", str(property_id)), value)

    async def _read_one(self, one: Property, answers: Answers) -> None:
        try:
            value = await self._client.application.read_property(
                self._address, ObjectIdentifier(one[0]), PropertyIdentifier(one[1])
            )
        except ErrorRejectAbortNack as refusal:
            _raise_fatal(refusal)
            return
        except _UNDECODABLE as error:
            raise BadReply(f"its answer cannot be decoded: {error}") from None
        _keep(answers, one, value)


_MOST_DIGITS: Final = 30
_UNDECODABLE: Final = (ValueError, TypeError, AttributeError, LookupError)


def _raise_fatal(refusal: ErrorRejectAbortNack) -> None:
    """Raise an error that a smaller request would not avoid: no answer, or access denied."""
    reason = str(refusal.reason)
    if isinstance(refusal, AbortPDU) and reason in _SILENT:
        raise Unreachable("no answer") from None
    if isinstance(refusal, ErrorPDU) and (
        str(refusal.errorClass) == "security" or reason == "read-access-denied"
    ):
        raise Refused(str(refusal)) from None


def _keep(answers: Answers, key: Property, value: object) -> None:
    found = plain(value)
    if found is not None:
        answers[key] = found


def plain(value: object) -> Answer | None:
    """Turn the library's value into a number, a name or flags.

    None for an error and for a value of any other type.
    """
    if isinstance(value, StatusFlags):
        return tuple(int(bit) for bit in value)
    if isinstance(value, (EngineeringUnits, Reliability)):
        return str(value)
    if isinstance(value, Scale):
        return _scale(value)
    if isinstance(value, float):
        return float(value)
    return int(value) if isinstance(value, int) and abs(value) < 1 << 64 else None


def _scale(value: Scale) -> float | None:
    """Return an accumulator's scale: a number, or a power of ten with a plausible exponent."""
    if value.floatScale is not None:
        return float(value.floatScale)
    digits = int(value.integerScale)
    return 10.0**digits if abs(digits) <= _MOST_DIGITS else None


def check_property(name: str) -> str:
    """Return what is wrong with a property's name; empty if the standard has this property."""
    try:
        return "" if str(PropertyIdentifier(name)) == name else "not a property of the standard"
    except ValueError:
        return "not a property of the standard"


def parse_address(text: str) -> Address:
    """Parse `10.0.4.20`, `10.0.4.20:47809` or `2001:5` (a station behind a router).

    Raises ValueError.
    """
    return Address(text)
