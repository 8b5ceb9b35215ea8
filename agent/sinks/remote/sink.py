"""Remote write over the spool: samples, and the markers that end a series."""

from __future__ import annotations

import logging
import time
from typing import Final

from agent.sinks.base import Ending
from agent.sinks.remote.frames import FrameFormat
from agent.sinks.sender import SpooledSink

log: Final = logging.getLogger("hubgauge.sink")


class RemoteSink(SpooledSink):
    """Gets batches into a database by remote write, and tells it when series end."""

    _form: FrameFormat

    def stop(self, timeout: float) -> None:
        """Send the last markers while the database is there, then stop as every sink does."""
        deadline = time.monotonic() + timeout
        self.send_last(timeout / 4)
        super().stop(max(0.1, deadline - time.monotonic()))

    def ended(self, ending: Ending) -> None:
        """Take an ending: its markers wait in the spool, as samples do."""
        try:
            data, samples = self._form.ended(ending)
            if samples:
                self.spool.put(ending.time, data, samples, (ending.collector, ending.device))
        except Exception:
            log.exception("sink %s: an ending could not be rendered", self.name)
