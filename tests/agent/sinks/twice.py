"""A sink of either kind, and what it makes of what its database says of doubles."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from agent.sinks.sender import SpooledSink
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import batch, drained, sink
from tests.agent.sinks.receivers import remote

KEPT = 'flag{name="dedup.minScrapeInterval", value="0s", is_set="false"} 1\n'
"""As VictoriaMetrics 1.79 shows it."""
KEEPS = KEPT.encode()
WARNING = "keeps samples twice that are sent twice"
WAYS = ("lines", "remote")


def writer(way: str, url: str, folder: Path, **more: Any) -> AbstractContextManager[SpooledSink]:
    """Run a sink that writes line protocol, or one of remote write."""
    if way == "lines":
        return sink(url, folder, **more)
    return remote(f"{url}/api/v1/write", folder, **more)


def written(made: SpooledSink) -> None:
    """Write twice: the question follows the first write, so it is over before the second."""
    for turn in range(2):
        made.accept(batch(1.0, when=T0 + turn))
        drained(made)


def warnings(caplog: pytest.LogCaptureFixture) -> int:
    """Count the lines that tell of doubles."""
    return sum(WARNING in one.getMessage() for one in caplog.records)


def silent(made: SpooledSink, caplog: pytest.LogCaptureFixture) -> None:
    """Check that the database is not known to keep doubles: no series and no line says anything."""
    assert made.doubles.removed is None
    families = {family.name: family for family in made._registry.collect()}
    assert families["hubgauge_sink_deduplicates"].samples == []
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []
