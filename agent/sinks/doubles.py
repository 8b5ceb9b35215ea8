"""Whether a database removes samples that were sent twice, as it says itself.

After a lost answer the spool sends the same samples again. InfluxDB stores them once, since a point
has one value for a time, and a Prometheus does not take them again. VictoriaMetrics keeps both
unless its flag `-dedup.minScrapeInterval` is 1 ms or more, and it shows its flags on its page of
metrics. A database that shows no such flag is not known to keep doubles: it may be one of the
others, or a proxy or a part of a cluster that stores nothing itself.

Source: https://docs.victoriametrics.com/victoriametrics/#deduplication; the flag in milliseconds,
VictoriaMetrics, `lib/storage/dedup.go`.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from typing import Final

from agent.sinks.base import Wire
from collectors.base import BadReply
from collectors.host.textfile import parse_prom

log: Final = logging.getLogger("hubgauge.sink")

FLAG: Final = "dedup.minScrapeInterval"
ASK_SECONDS: Final = 5.0
"""What a question may take as a whole. The next write waits for so long at most."""
EACH_SECONDS: Final = 3600.0
"""Seconds from one question to the next."""
_LEAST_SECONDS: Final = 0.001
"""VictoriaMetrics counts whole milliseconds, so less is as good as nothing."""
_MOST_CHARACTERS: Final = 500
"""Of the one line that is read. Real ones have some 70."""
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9}
"""Seconds in each unit in which Go writes a duration. Source: Go, `time.Duration.String`."""
_DURATION: Final = re.compile(r"(-?)((?:\d+(?:\.\d+)?(?:ms|µs|ns|h|m|s))+)", re.ASCII)
_PIECE: Final = re.compile(r"([\d.]+)([a-zµ]+)", re.ASCII)


def removes(page: str) -> bool | None:
    """Tell from a database's page of metrics whether it removes doubles; None if it does not say.

    One line of the page matters, so only this one is parsed: a mistake elsewhere on a page that is
    not ours costs nothing.
    """
    lines = [one for one in page.split("\n") if one.startswith("flag{") and FLAG in one]
    if len(lines) != 1 or len(lines[0]) > _MOST_CHARACTERS:
        return None
    try:
        families = parse_prom(lines[0].encode() + b"\n")
    except BadReply:
        return None
    labels = [sample.labels for family in families for sample in family.samples]
    if len(labels) != 1 or labels[0].get("name") != FLAG:
        return None
    seconds = _seconds(labels[0].get("value", ""))
    return None if seconds is None else seconds >= _LEAST_SECONDS


def _seconds(text: str) -> float | None:
    """Read a duration as Go writes it, such as 1m30s; None where it is none."""
    found = _DURATION.fullmatch(text)
    if found is None:
        return None
    total = sum(float(number) * _UNITS[unit] for number, unit in _PIECE.findall(found[2]))
    return -total if found[1] else total


class Doubles:
    """Asks the database of a sink from time to time, and tells the log what is new.

    `ask` and `ask_soon` are for the thread that sends.
    """

    def __init__(
        self, sink: str, wire: Wire, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.removed: bool | None = None
        """Whether the database removes doubles; None while it has not said."""
        self._sink: Final = sink
        self._wire: Final = wire
        self._monotonic: Final = monotonic
        self._due = monotonic()
        self._told = True
        """What the log was told last. That doubles are removed is what everybody expects."""

    def ask_soon(self) -> None:
        """Let the next `ask` ask: the database may have started anew, with other flags."""
        self._due = self._monotonic()

    def ask(self) -> None:
        """Ask if an hour has passed. Blocks for ASK_SECONDS at most; never raises.

        Where no answer comes, what is known stays. An answer that does not say makes it unknown.
        """
        now = self._monotonic()
        if now < self._due:
            return
        self._due = now + EACH_SECONDS
        page = self._wire.own_page(ASK_SECONDS)
        if page is None:
            return
        self.removed = removes(page)
        if self.removed is None or self.removed is self._told:
            return
        self._told = self.removed
        if self.removed:
            log.info("sink %s: %s removes samples sent twice now", self._sink, self._wire.place)
        else:
            log.warning(
                "sink %s: %s keeps samples twice that are sent twice: start it with -%s=1ms",
                self._sink,
                self._wire.place,
                FLAG,
            )
