"""A real InfluxDB 1.x on loopback: started, frozen, killed and asked what it has stored."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.support import binary, free_ports, running
from tests.support.database import DatabaseProcess


@dataclass
class OldInflux(DatabaseProcess):
    """An InfluxDB 1.x."""

    database: str = "hub"

    @contextmanager
    def up(self, *, users: bool = False) -> Iterator[OldInflux]:
        """Run it until the block ends; with `users`, nobody without a password may write."""
        file = self.folder / "influxdb.conf"
        file.write_text(self._config(users=users), "utf-8")
        with running(
            [binary("influxd"), "-config", file],
            log=self.folder / "influxdb.log",
            ready=f"{self.url}/ping",
        ) as self.process:
            if not users:
                self.ask(f"CREATE DATABASE {self.database}")
            yield self

    def _config(self, *, users: bool) -> str:
        place = self.folder / "influxdb"
        return f"""reporting-disabled = true
bind-address = "127.0.0.1:{free_ports(1)}"
[meta]
dir = "{place}/meta"
[data]
dir = "{place}/data"
wal-dir = "{place}/wal"
[http]
bind-address = "127.0.0.1:{self.port}"
log-enabled = false
auth-enabled = {str(users).lower()}
[monitor]
store-enabled = false
[subscriber]
enabled = false
"""

    def ask(self, query: str, **login: str) -> list[dict[str, Any]]:
        """Run a statement of InfluxQL, as user `u` with password `p`; return its series."""
        form = urllib.parse.urlencode({"db": self.database, "q": query, "epoch": "ms"}).encode()
        url = f"{self.url}/query?{urllib.parse.urlencode(login)}"
        with urllib.request.urlopen(url, form, timeout=60) as reply:
            (result,) = json.load(reply)["results"]
        assert "error" not in result, result
        series: list[dict[str, Any]] = result.get("series", [])
        return series
