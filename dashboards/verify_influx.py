"""Runs the queries of the InfluxQL dashboards on an InfluxDB by its `/query`, as Grafana does."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from collectors.base import BadReply, Unreachable
from dashboards.filled import put_in


class InfluxServer:
    """A database of an InfluxDB 1.x, or of a later one through its compatible API. Calls block."""

    def __init__(
        self,
        url: str,
        database: str,
        *,
        timeout: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url, self.database, self.timeout, self.clock = (
            url.rstrip("/"),
            database,
            timeout,
            clock,
        )

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Return the series a query yields.

        Raises BadReply with the server's error, Unreachable.
        """
        form = urllib.parse.urlencode({"db": self.database, "q": query, "epoch": "ms"}).encode()
        try:
            with urllib.request.urlopen(f"{self.url}/query", form, timeout=self.timeout) as reply:
                results = json.load(reply)["results"]
        except urllib.error.HTTPError as error:
            text = error.read(1000).decode("utf-8", "replace").strip()
            raise BadReply(f"HTTP {error.code}: {text}") from None
        except OSError as error:
            raise Unreachable(f"{self.url}: {error}") from None
        except (ValueError, KeyError, TypeError) as error:
            raise BadReply(f"not an answer of InfluxDB: {error}") from None
        for result in results:
            if "error" in result:
                raise BadReply(str(result["error"]))
        return [series for result in results for series in result.get("series", [])]

    def has(self, expr: str) -> bool:
        """Tell whether a query yields any number."""
        return any(
            isinstance(value, int | float)
            for series in self.ask(expr)
            for row in series["values"]
            for value in row[1:]
        )

    def had(self, expr: str, span: int, step: int) -> bool:
        """Tell whether a query yields any number; its text has the range already."""
        return self.has(expr)

    def choices(self, query: str, span: int) -> list[str]:
        """Return the values of a tag."""
        return sorted({str(row[1]) for series in self.ask(query) for row in series["values"]})

    def fill(self, expr: str, values: Mapping[str, str], span: int) -> str:
        """Fill in Grafana's own variables and the dashboard's, as its InfluxDB datasource does."""
        now = round(self.clock() * 1000)
        end = now - now % 60_000
        own = {
            "timeFilter": f"time >= {end - span * 1000}ms AND time < {end}ms",
            "__interval": f"{max(60, span // 240)}s",
            "__to": f"{now}",
        }
        return put_in(expr, {**own, **values})
