"""The PUE as it was computed at an earlier time, with the imports and the inventory of that time.

Sums of settled hours are exactly those of the time; changes of the five minutes after it may be
among them. An hour that was younger than the retention counts as it was once it was settled. The
uncertainty is made of what is known of the registers now.
"""

from __future__ import annotations

import datetime as dt

from agent.inventory.model import Inventory
from agent.ledger.energy import floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.store.former_hours import AsOf
from agent.pue.pue import Pue
from collectors.base import HubgaugeError


def past_pue(ledger: Ledger, inventory: Inventory, time: float) -> Pue:
    """Return the PUE as of a time, in seconds; raises HubgaugeError where it is not known."""
    moment = round(time * 1000)
    with ledger.reader.read() as tables:
        first = tables.moments.first()
        generation = tables.moments.generation_at(moment)
    if first is None or moment < first:
        since = "" if first is None else f" since {dt.datetime.fromtimestamp(first / 1000, dt.UTC)}"
        raise HubgaugeError(
            f"the ledger does not know what it said then, but only{since or ' now'}"
        )
    settled_before = floor_hour(moment - round(ledger.settings.retention * 1000))
    as_of = AsOf(time=moment, generation=generation, settled_before=settled_before)
    pue = Pue(ledger, inventory, clock=lambda: time, as_of=as_of)
    pue.take_as_summed()
    return pue
