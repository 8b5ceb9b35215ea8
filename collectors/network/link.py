"""One link: evenly spread probes to one peer, and loss and quantiles of the last minutes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.base import CollectError, Place, Reading, Schedule, Unreachable
from collectors.catalogue.link import LINK_LOSS, LINK_PROBE_INFO, LINK_ROUND_TRIP
from collectors.network.datagrams import icmp_allowed
from collectors.network.prober import Method, Prober, Target
from collectors.network.probes import open_prober
from collectors.network.window import Window

if TYPE_CHECKING:
    from collectors.network.resolve import Resolver

QUANTILES: Final = ("0.5", "0.9", "0.99")
RESOLVE_SECONDS: Final = 60.0
"""Seconds between two look-ups of a name."""
WARM_SECONDS: Final = 1.0
"""Seconds that the first probe of an address may take. This probe is not counted."""
_PLANS: Final = tuple(map(float, QUANTILES))


class Link:
    """Probes one peer all the time, and gives readings once a round.

    `spacing` seconds lie between two probes. The first round waits for its first probe, so that a
    single round gives readings as well.
    """

    name: ClassVar[str] = "links"

    def __init__(  # noqa: PLR0913 - what it measures, and how
        self,
        peer: str,
        resolver: Resolver,
        method: Method | None,
        place: Place,
        *,
        interval: float,
        spacing: float,
        timeout: float,
        window: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = peer
        self.schedule = Schedule(interval=interval, timeout=2 * timeout + WARM_SECONDS + 1.0)
        self.dropped: Counter[str] = Counter()
        self._resolver, self._method = resolver, method
        self._spacing, self._timeout, self._clock = spacing, timeout, clock
        self._window = Window(window, int((window + timeout) / spacing) + 2)
        where = (place.hub, place.site, peer)
        self._where = where
        self._trips = [LINK_ROUND_TRIP.series(*where, share) for share in QUANTILES]
        self._loss = LINK_LOSS.series(*where)
        self._prober: Prober | None = None
        self._target: Target | None = None
        self._probing: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._error: CollectError | None = None

    async def collect(self) -> Sequence[Reading]:
        """Return loss and quantiles of the probes in the window.

        Raises Unreachable or Refused where no probe could be sent. A peer that answers no probe has
        a loss of 1 and no round trip.
        """
        if self._probing is None:
            await self._probe()
            self._probing = asyncio.get_running_loop().create_task(self._probe_on())
        elif self._probing.done():
            self._probing = None  # the task failed; the next round starts another
            raise Unreachable("probing had stopped")
        self._window.trim(self._clock())
        loss = self._window.loss()
        if loss is None or self._prober is None:
            raise self._error or Unreachable("no probe was sent yet")
        readings: list[Reading] = [(self._loss, loss)]
        readings += zip(self._trips, self._window.quantiles(_PLANS), strict=False)
        readings.append((LINK_PROBE_INFO.series(*self._where, self._prober.method), 1.0))
        return readings

    async def _probe_on(self) -> None:
        """Send a probe every so many seconds, without waiting for the one before.

        Missed probes are not sent later.
        """
        loop = asyncio.get_running_loop()
        following = loop.time()
        while True:
            following = max(following + self._spacing, loop.time())
            await asyncio.sleep(following - loop.time())
            task = loop.create_task(self._probe())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _probe(self) -> None:
        """Send one probe and record its result."""
        sent = self._clock()
        try:
            prober = await self._ready()
        except CollectError as error:
            self._error = error
            return
        self._window.add(sent, await prober.probe(self._timeout))

    async def _ready(self) -> Prober:
        """Return the prober of the peer's address, which may have changed.

        A new one sends a probe that is not counted: the first takes longer, here for code that runs
        for the first time, and on the way for the neighbours' hardware addresses.
        """
        target = await self._resolver.target(self._timeout, RESOLVE_SECONDS)
        if self._prober is None or target != self._target:
            if self._prober is not None:
                self._prober.close()
                self._prober = None
            method = self._method or ("icmp" if icmp_allowed(target.version) else "tcp")
            self._prober = open_prober(method, target, self.dropped)
            self._target = target
            await self._prober.probe(min(self._timeout, WARM_SECONDS))
        return self._prober

    async def aclose(self) -> None:
        """Stop probing."""
        tasks = [task for task in (self._probing, *self._under_way) if task is not None]
        for task in tasks:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._prober is not None:
            self._prober.close()
