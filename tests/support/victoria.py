"""A real VictoriaMetrics on loopback: started, frozen, killed and asked what it has stored."""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support import binary, get, running
from tests.support.database import DatabaseProcess

DEDUP = "-dedup.minScrapeInterval="


@dataclass
class Victoria(DatabaseProcess):
    """A VictoriaMetrics that removes doubles, unless its flags say something else."""

    flags: Sequence[str] = (f"{DEDUP}1ms",)

    @contextmanager
    def up(self) -> Iterator[Victoria]:
        """Run it until the block ends."""
        command = [
            binary("victoria-metrics"),
            f"-storageDataPath={self.folder / 'vm'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            *self.flags,
            "-memory.allowedBytes=64MB",
            "-retentionPeriod=10y",
        ]
        with running(
            command, log=self.folder / "vm.log", ready=f"{self.url}/health"
        ) as self.process:
            yield self

    def export(self, match: str = '{__name__!=""}') -> list[dict[str, object]]:
        """Return every stored series with its raw values and timestamps.

        Without an end it leaves out what was stored since the last whole second began.
        """
        get(f"{self.url}/internal/force_flush")
        query = urllib.parse.urlencode({"match[]": match, "end": round(time.time()) + 60})
        return [json.loads(line) for line in get(f"{self.url}/api/v1/export?{query}").splitlines()]
