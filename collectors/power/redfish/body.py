"""Turn bytes of a Redfish service into a document, within bounds, and read its properties.

Pure; for any input only `BadReply` is raised. Documents are JSON objects (DSP0266, Redfish
Specification, 6.3).
"""

from __future__ import annotations

import json
import math
import re
import zlib
from typing import Any, Final, NoReturn

from collectors.base import BadReply

MAX_BODY: Final = 2**20
"""Bytes of one reply, compressed or not."""
MAX_VALUES: Final = 50_000
"""Maximum number of values in one document: few bytes may need much memory."""

Document = dict[str, Any]

GONE: Final = frozenset({"Absent", "Disabled", "UnavailableOffline"})
"""States (Resource.State) of a resource that is absent or not working: its readings mean nothing.
"""

_LOCAL: Final = re.compile(r"/redfish/[!-~]{0,1000}")


def parse(body: bytes, encoding: str = "") -> Document:
    """Return the document that a reply's body holds; `encoding` is its Content-Encoding.

    Raises BadReply.
    """
    plain = _unpack(body, encoding)
    if len(plain) > MAX_BODY:
        raise BadReply(f"a reply of more than {MAX_BODY} bytes")
    if plain.count(b",") + plain.count(b"[") + plain.count(b"{") > MAX_VALUES:
        raise BadReply(f"a document of more than {MAX_VALUES} values")
    try:
        document = json.loads(plain, parse_constant=_no_number)
    except RecursionError:
        raise BadReply("a document nested too deeply") from None
    except ValueError:
        raise BadReply("not JSON") from None
    if not isinstance(document, dict):
        raise BadReply("not a JSON object")
    return document


def _unpack(body: bytes, encoding: str) -> bytes:
    if encoding.lower() in ("", "identity"):
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise BadReply("compressed in a way that was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as the header says
    try:
        plain = unpacker.decompress(body, MAX_BODY + 1)
    except zlib.error:
        raise BadReply("declared as compressed, but it is not") from None
    if len(plain) <= MAX_BODY and not unpacker.eof:
        raise BadReply("a compressed reply that was cut short")
    return plain


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are not JSON


def local(uri: object) -> str:
    """Return a link's path if it leads to the same service, else an empty text.

    A fragment is cut off.
    """
    text = uri.partition("#")[0] if isinstance(uri, str) else ""
    return text if _LOCAL.fullmatch(text) else ""


def inner(document: object, *keys: str) -> Document:
    """Return the object at the end of a path of keys; empty where there is none."""
    for key in keys:
        document = document.get(key) if isinstance(document, dict) else None
    return document if isinstance(document, dict) else {}


def objects(document: object, key: str) -> list[Document]:
    """Return the objects in an array; empty where there is none."""
    found = document.get(key) if isinstance(document, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(document: Document, *keys: str) -> str:
    """Return the first of these properties that holds a text."""
    return next(
        (found for key in keys if isinstance(found := document.get(key), str) and found), ""
    )


def link(document: object, *keys: str) -> str:
    """Return the target of the link at the end of a path of keys, if it is on this service."""
    return local(inner(document, *keys).get("@odata.id"))


def links(document: object, key: str) -> list[str]:
    """Return the targets of an array's links, as far as they are on this service."""
    return [uri for one in objects(document, key) if (uri := local(one.get("@odata.id")))]


def number(value: object) -> float | None:
    """Return a finite number, or None for any other value."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def gone(document: Document) -> bool:
    """Return whether a resource is absent or not working, by its own state."""
    return text(inner(document, "Status"), "State") in GONE


def offered(document: Document, key: str) -> bool:
    """Tell whether a document has a property by its schema's name, also in a maker's object."""
    return key in document or any(key in own for own in _makers(document))


def said(document: Document, key: str) -> object:
    """Return a property by its schema's name: the schema's own, else that in a maker's object."""
    if document.get(key) is not None:
        return document[key]
    return next((own[key] for own in _makers(document) if own.get(key) is not None), None)


def _makers(document: Document) -> list[Document]:
    """Return the makers' own objects in a document: `Oem.<maker>` (DSP0266)."""
    return [own for own in inner(document, "Oem").values() if isinstance(own, dict)]
