"""Remote write over the spool: samples, and the markers that end a series."""

from __future__ import annotations

import logging
import time
from typing import Final

from agent.sinks.base import Ending, Surroundings
from agent.sinks.remote.config import RemoteWrite
from agent.sinks.remote.frames import FrameFormat
from agent.sinks.remote.wire import RemoteWire
from agent.sinks.sender import Pace, SpooledSink
from agent.sinks.spool import Spool

log: Final = logging.getLogger("hubgauge.sink")


class RemoteSink(SpooledSink):
    """Gets batches into a database by remote write, and tells it when series end."""

    def __init__(
        self,
        config: RemoteWrite,
        surroundings: Surroundings,
        *,
        name: str,
        spool: Spool,
        form: FrameFormat,
        pace: Pace | None = None,
    ) -> None:
        super().__init__(
            name=name,
            form=form,
            wire=RemoteWire(config, name=name),
            spool=spool,
            registry=surroundings.registry,
            pace=pace,
        )
        self._frames: Final = form

    def stop(self, timeout: float) -> None:
        """Send the last markers while the database is there, then stop as every sink does."""
        deadline = time.monotonic() + timeout
        self.send_last(timeout / 4)
        super().stop(max(0.1, deadline - time.monotonic()))

    def ended(self, ending: Ending) -> None:
        """Take an ending: its markers wait in the spool, as samples do."""
        try:
            data, samples = self._frames.ended(ending)
            if samples:
                self.spool.put(ending.time, data, samples, (ending.collector, ending.device))
        except Exception:
            log.exception("sink %s: an ending could not be rendered", self.name)
