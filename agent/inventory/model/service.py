"""Since when, and until when, something that an inventory lists is in service.

People write a date such as `2026-12-01`, which is its midnight, or a time such as
`2026-12-01T08:00`. Without an offset it is local to the site.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo


def check_service(since: str, until: str) -> None:
    """Raise ValueError where a time cannot be read, or the end is not after the beginning."""
    _read("since", since)
    _read("until", until)
    if not is_after(until, since):
        message = f"until: {until} is not after since, {since}"
        raise ValueError(message)


def check_date(key: str, text: str) -> None:
    """Raise ValueError where a date is stated that cannot be read."""
    try:
        dt.date.fromisoformat(text or "2026-01-01")
    except ValueError:
        message = f"{key}: expected a date such as 2026-12-01, got {text!r}"
        raise ValueError(message) from None


def is_after(later: str, earlier: str) -> bool:
    """Tell whether a stated time is after another; True as well if one of them is not stated."""
    end, start = _read("", later), _read("", earlier)
    return end is None or start is None or _comparable(end) > _comparable(start)


def moment(text: str, zone: ZoneInfo) -> int | None:
    """Return a stated time in milliseconds since the epoch; None where nothing is stated."""
    found = _read("", text)
    if found is None:
        return None
    local = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    return round(local.timestamp() * 1000)


def _read(key: str, text: str) -> dt.datetime | None:
    if not text:
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        message = f"{key}: expected a date or a time such as 2026-12-01T08:00, got {text!r}"
        raise ValueError(message) from None


def _comparable(time: dt.datetime) -> dt.datetime:
    """Return a time that can be compared with any other; a local one is taken as UTC."""
    return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)
