"""From when until when certificates in a PEM file are valid (RFC 5280, 4.1.2.5).

Python's ssl tells it of authorities alone, and of a peer only once its certificate was found good.
"""

from __future__ import annotations

import datetime as dt
import re
import ssl
from dataclasses import dataclass
from typing import Final

_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL
)
_SEQUENCE: Final = 0x30
_VERSION: Final = 0xA0
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_BEFORE_VALIDITY: Final = 3
"""The fields between version and validity: serial number, signature algorithm, issuer."""


@dataclass(frozen=True, slots=True)
class Validity:
    """The first and the last moment at which a certificate is valid."""

    begin: dt.datetime
    end: dt.datetime

    def problem(self, now: dt.datetime) -> str:
        """Say why it is not valid at a time; empty where it is."""
        if now > self.end:
            return f"expired on {self.end:%Y-%m-%d %H:%M} UTC"
        return f"is valid only from {self.begin:%Y-%m-%d %H:%M} UTC on" if now < self.begin else ""


def validities(pem: str) -> list[Validity]:
    """Return the validity of each certificate of a file; of one that cannot be read, nothing."""
    found = []
    for one in _CERTIFICATE.findall(pem):
        try:
            found.append(_validity(ssl.PEM_cert_to_DER_cert(one)))
        except (ValueError, IndexError):
            continue
    return found


def _validity(der: bytes) -> Validity:
    certificate = _content(der, 0, _SEQUENCE)
    signed = _content(certificate, 0, _SEQUENCE)
    at = _end(signed, 0) if signed[0] == _VERSION else 0
    for _ in range(_BEFORE_VALIDITY):
        at = _end(signed, at)
    times = _content(signed, at, _SEQUENCE)
    return Validity(_time(times, 0), _time(times, _end(times, 0)))


def _time(data: bytes, at: int) -> dt.datetime:
    start, end = _bounds(data, at)
    text = data[start:end].decode("ascii")
    if data[at] == _UTC_TIME:
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    elif data[at] != _GENERALIZED_TIME:
        raise ValueError("no time")
    return dt.datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)


def _content(data: bytes, at: int, tag: int) -> bytes:
    if data[at] != tag:
        raise ValueError("another type")
    start, end = _bounds(data, at)
    return data[start:end]


def _end(data: bytes, at: int) -> int:
    return _bounds(data, at)[1]


def _bounds(data: bytes, at: int) -> tuple[int, int]:
    """Return where the content of a value begins and ends (X.690, 8.1.3)."""
    length, start = data[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7F
        length = int.from_bytes(data[start : start + octets], "big")
        start += octets
    return start, start + length
