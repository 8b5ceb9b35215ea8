"""Accounts and replies of a Redfish connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from collectors.base import BadReply
from collectors.power.redfish.body import MAX_BODY, Document

if TYPE_CHECKING:  # aiohttp is large
    import aiohttp


class Missing(BadReply):
    """The service does not have the requested resource."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account at a service, and how to log in."""

    username: str
    password: str = field(repr=False)
    auth: Literal["session", "basic"] = "session"


class Reply(NamedTuple):
    """A reply; `document` is empty if there was no body to parse."""

    status: int
    headers: Mapping[str, str]
    document: Document


async def read_body(content: aiohttp.StreamReader) -> bytes:
    """Read a body; raises BadReply for one that is longer than `MAX_BODY`."""
    pieces = bytearray()
    async for piece in content.iter_any():
        pieces += piece
        if len(pieces) > MAX_BODY:
            raise BadReply(f"a reply of more than {MAX_BODY} bytes")
    return bytes(pieces)


def tls_reason(error: BaseException) -> str:
    """Return in words why TLS failed."""
    inside = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
    reason = getattr(inside, "verify_message", "") or getattr(inside, "reason", "")
    return (
        str(reason).lower().replace("_", " ")
        or "the certificate is not the one whose fingerprint the config names"
    )
