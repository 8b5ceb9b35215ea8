"""Databases that take remote write in tests: a real Prometheus, and the sink that writes to one."""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.sinks.remote.config import RemoteWrite
from agent.sinks.remote.kind import KIND
from agent.sinks.remote.sink import RemoteSink
from agent.sinks.sender import Pace
from agent.sinks.spool import SpoolConfig
from tests.agent.sinks.peers import QUICK, started, surroundings
from tests.support import HANGS, binary, get, running
from tests.support.database import DatabaseProcess

ENDLESS = "20y"


@contextmanager
def remote(
    url: str,
    state_dir: Path,
    *,
    pace: Pace = QUICK,
    timeout: float = HANGS,
    max_bytes: int = 64 * 2**20,
    **more: Any,
) -> Iterator[RemoteSink]:
    """Run a sink until the block ends; further arguments are keys of its section."""
    kept = {name: more.pop(name) for name in ("memory_bytes",) if name in more}
    config = RemoteWrite(url=url, timeout=timeout, spool=SpoolConfig(max_bytes=max_bytes), **more)
    made = KIND.build(config, surroundings(state_dir), pace=pace, window=0.02, **kept)
    assert isinstance(made, RemoteSink)
    with started(made):
        yield made


def instant(url: str, query: str, when: float) -> list[dict[str, Any]]:
    """Return the result of an instant query to a database that has Prometheus's API."""
    words = urllib.parse.urlencode({"query": query, "time": when})
    found = json.loads(get(f"{url}/api/v1/query?{words}"))["data"]["result"]
    assert isinstance(found, list)
    return found


@dataclass
class Prometheus(DatabaseProcess):
    """A Prometheus that takes remote write."""

    late: str = ""
    """For how long it takes samples out of order, such as 2d; empty for not at all."""

    @property
    def write_url(self) -> str:
        """Where it takes remote write."""
        return f"{self.url}/api/v1/write"

    @contextmanager
    def up(self) -> Iterator[Prometheus]:
        """Run it until the block ends."""
        config = self.folder / "prometheus.yml"
        late = f"storage: {{tsdb: {{out_of_order_time_window: {self.late}}}}}\n"
        config.write_text("global: {}\n" + (late if self.late else ""))
        command = [
            binary("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'prometheus'}",
            f"--storage.tsdb.retention.time={ENDLESS}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver",
        ]
        log = self.folder / "prometheus.log"
        with running(command, log=log, ready=f"{self.url}/-/ready") as self.process:
            yield self

    def ask(self, query: str, when: float) -> list[dict[str, Any]]:
        """Return the result of an instant query."""
        return instant(self.url, query, when)

    def raw(self, selector: str, *, until: float = 4e9) -> list[dict[str, Any]]:
        """Return every stored sample of some series, but for stale markers."""
        return self.ask(f"{selector}[100y]", until)
