"""The requests of one round: as many objects as a device answers within the round's time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from collectors.base import CollectError, Unreachable

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel


class Answered(NamedTuple):
    """The values of a round by OID, and whether all objects were asked for in time."""

    values: Mapping[str, object]
    whole: bool


async def ask_until(
    channel: Channel, oids: tuple[str, ...], end: float, dropped: Counter[str]
) -> Answered:
    """Get every object, until a time of the loop's clock; objects without an answer are counted.

    Answers received before a timeout or an error are kept. Without one, raises the error.
    """
    loop = asyncio.get_running_loop()
    values: dict[str, object] = {}
    whole = False
    try:
        async with asyncio.timeout_at(end):
            await channel.get_into(values, oids)
        whole = loop.time() < end
    except TimeoutError:
        channel.close()
        if not values:
            raise Unreachable("no answer in time") from None
    except CollectError:
        if not values:
            raise
    if len(values) < len(oids):
        dropped["unanswered"] += len(oids) - len(values)
    return Answered(values, whole)
