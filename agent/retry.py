"""When a server asks to be tried again: the header Retry-After."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

MAX_RETRY_AFTER: Final = 600.0
"""Seconds; a server that asks for more is tried again after this."""


def parse_retry_after(value: str | None, *, now: float, date: str | None = None) -> float | None:
    """Return the seconds of a Retry-After header, at most MAX_RETRY_AFTER; None if it is not valid.

    An HTTP date is taken relative to the server's own Date header if it sent one, so the two clocks
    need not agree.
    Source: RFC 9110, section 10.2.3.
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value), MAX_RETRY_AFTER)
    until = _http_date(value)
    if until is None:
        return None
    start = _http_date(date or "")
    return min(max(0.0, until - (now if start is None else start)), MAX_RETRY_AFTER)


def _http_date(value: str) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
