"""When a panel without data is excused, and when it is not."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

from collectors.catalogue.agent import COLLECTOR_ERRORS
from dashboards.promql import for_rule, seen_twice
from dashboards.verify import Server
from tests.support import wait_for
from tests.support.victoria import Victoria


def test_one_sample_that_was_stored_twice_is_not_two(tmp_path: Path) -> None:
    """A database that keeps doubles has two points of one time; the counter still has no rate."""
    now = int(time.time()) - 60  # older than what a database holds back
    with Victoria(tmp_path, flags=()).up() as database:

        def write(*seconds: int) -> None:
            series = 'hubgauge_collector_errors_total{collector="snmp",reason="refused"}'
            page = "".join(f"{series} {n} {at * 1000}\n" for n, at in enumerate(seconds, 1))
            urllib.request.urlopen(f"{database.url}/api/v1/import/prometheus", page.encode())

        def stored() -> int:
            return sum(len(one["values"]) for one in database.export())

        server, expr = Server(database.url), for_rule(seen_twice(COLLECTOR_ERRORS))
        write(now)
        write(now)
        wait_for(lambda: stored() == 2, what="a sample twice")
        assert server.has("count_over_time(hubgauge_collector_errors_total[5m]) > 1")
        assert not server.has(expr)
        write(now - 15)
        wait_for(lambda: server.has(expr), what="a rate")
