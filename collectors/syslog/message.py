"""What a syslog message says: RFC 5424, and the many forms of RFC 3164.

Parsing is as generous as RFC 3164 (4.3) asks of a relay: what has no head that can be understood is
a text of the priority 13.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from collectors.base import BadReply

SEVERITIES: Final = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
"""By number, from 0 (RFC 5424, table 2)."""
DEFAULT_PRIORITY: Final = 13
"""user.notice (RFC 3164, 4.3.3)."""
_HIGHEST_PRIORITY: Final = 191
_PRIORITY: Final = re.compile(r"<(0|[1-9]\d{0,2})>")
_HEAD_5424: Final = re.compile(
    r"1 (?:-|\d{4}-\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) "
)
_DATA_5424: Final = re.compile(
    r"(?:-|(?:\[[^ =\]\"]{1,32}(?: [^ =\]\"]{1,32}=\"(?:[^\"\\\]]|\\.)*\")*\])+)(?: |$)", re.DOTALL
)
"""STRUCTURED-DATA. In a value, `\"`, `\\` and `]` are escaped (RFC 5424, 6.3.3)."""
_TIME_3164: Final = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.]{8,15}(?:Z|[+-]\d\d:\d\d)) "
)
"""RFC 3164's own, and the ISO 8601 that rsyslog forwards in its place."""
_HOST_3164: Final = re.compile(r"([\w.:-]{1,255}) ")
_TAG_3164: Final = re.compile(r"([\w./-]{1,48})(?:\[[^\]]{0,32}\])?: ?")
_NIL: Final = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message. `host` and `app` are empty where it does not say them."""

    facility: int
    severity: int
    host: str
    app: str
    text: str


def parse(datagram: bytes) -> Message:
    """Parse one message; raises BadReply for one without a text."""
    text = datagram.decode("utf-8", "replace").strip("\x00\r\n \ufeff")
    if not text:
        raise BadReply("an empty message")
    priority, rest = DEFAULT_PRIORITY, text
    found = _PRIORITY.match(text)
    if found is not None and int(found[1]) <= _HIGHEST_PRIORITY:
        priority, rest = int(found[1]), text[found.end() :]
    host, app, said = _parts(rest)
    return Message(
        facility=priority >> 3, severity=priority & 7, host=host, app=app, text=said.strip()
    )


def _parts(rest: str) -> tuple[str, str, str]:
    """Return the host, the program and the text behind a priority."""
    head = _HEAD_5424.match(rest)
    if head is not None:
        said = rest[head.end() :]
        data = _DATA_5424.match(said)
        said = said[data.end() :] if data is not None else said
        host, app = ("" if one == _NIL else one for one in head.group(1, 2))
        return host, app, said.removeprefix("\ufeff")
    host, time = "", _TIME_3164.match(rest)
    if time is not None:
        rest = rest[time.end() :]
        named = _HOST_3164.match(rest)
        # A tag that follows the time at once is no host (RFC 3164, 5.4, example 2).
        if named is not None and not named[1].endswith(":"):
            host, rest = named[1], rest[named.end() :]
    tag = _TAG_3164.match(rest) if time is not None else None
    return (host, tag[1], rest[tag.end() :]) if tag is not None else (host, "", rest)
