"""Impossible hours: each is set aside by itself, so that no other hour and no other meter is lost.

Readings and imports are judged when they come in, so no impossible hour is stored now. A ledger may
still have one, from an earlier version or a damaged disk.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from typing import Final

from agent.ledger.energy import HOUR_MS
from agent.ledger.store.database import Tables
from agent.ledger.store.hour import HeardHour
from collectors.catalogue.limits import METER_WATTS

log = logging.getLogger(__name__)

_MOST_JOULES: Final = 2 * METER_WATTS * HOUR_MS / 1000
"""Twice what any meter counts in an hour, so that nothing that was accepted is refused later."""
_LAST_MS: Final = round(dt.datetime(2101, 1, 1, tzinfo=dt.UTC).timestamp() * 1000)
"""No energy from this time on is accepted."""


def beyond(heard: HeardHour) -> Collection[int]:
    """Return the meters whose energy in an hour is impossible; NaN is impossible too."""
    return [meter for meter, one in heard.sums.items() if not 0 <= one.joules <= _MOST_JOULES]


def _text(hour: int) -> str:
    if hour >= _LAST_MS:
        return f"{hour // 1000} s after 1970"
    return dt.datetime.fromtimestamp(hour / 1000, dt.UTC).isoformat()


def set_aside(tables: Tables, hour: int, heard: HeardHour) -> HeardHour:
    """Delete the impossible part of an hour; store and log which meter's it was."""
    bad = beyond(heard) if hour < _LAST_MS else list(heard.sums)
    if not bad:
        return heard
    names = {row.id: f"{row.name} at {row.site}" for row in tables.meters.all()}
    for meter in bad:
        joules = heard.sums[meter].joules
        log.error(
            "ledger: %.6g J of %s in the hour from %s cannot be; the hour is set aside",
            joules,
            names.get(meter, str(meter)),
            _text(hour),
        )
        tables.hours.delete(meter, hour)
        tables.refusals.add(meter, hour, "leap", joules)
    return heard.without(bad)
