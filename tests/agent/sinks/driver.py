"""Pushes numbered samples until it is killed, and notes in a journal what it knows to be on disk.

    python driver.py JOURNAL STATE_DIR [URL [DATABASE | remote_write]]

Without a URL only the spool is used; with a DATABASE the URL is that of an InfluxDB 1.x.

Every 50 ms a batch of 50 series; the value of each is its time in milliseconds. No two batches have
the same, also where several are made at once after a delay. The journal's lines: `start`, then
`a TIME_MS` before a batch is handed over, and `s N` for the number of samples known to be synced
since `start`.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

SERIES = 50
PERIOD = 0.05


def main() -> None:
    """Run until killed."""
    from agent.sinks.lineprotocol import LineFormat
    from agent.sinks.spool import Spool
    from collectors.base import Batch, Metric

    journal = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    state_dir, url = Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else ""
    form = LineFormat({})
    if url:
        from prometheus_client import CollectorRegistry

        from agent.sinks.base import Surroundings

        way = sys.argv[4] if len(sys.argv) > 4 else ""
        around = Surroundings(state_dir=state_dir, tags={}, registry=CollectorRegistry())
        if way == "remote_write":
            from agent.sinks.remote.config import RemoteWrite
            from agent.sinks.remote.kind import KIND

            section = RemoteWrite(url=f"{url}/api/v1/write", timeout=2.0)
            sink = KIND.build(section, around, window=0.02)
        else:
            from agent.sinks.influx import KIND as LINES
            from agent.sinks.influx import Influx

            section = Influx(url=url, database=way, timeout=2.0)
            sink = LINES.build(section, around, window=0.02)
        sink.start()
        spool, accept = sink.spool, sink.accept
    else:
        spool = Spool(state_dir / "spool-influxdb.db", pack=form.pack, max_bytes=2**30, window=0.02)
        spool.start()

        def accept(batch: Batch) -> None:
            spool.put(batch.time, *form.render(batch))

    metric = Metric(namespace="driver", name="value", type="gauge", help="-", labels=("part",))
    series = [metric.series(f"{index:02d}") for index in range(SERIES)]
    os.write(journal, b"start\n")
    due, now = time.time(), 0
    while True:
        now = max(now + 1, round(time.time() * 1000))
        os.write(journal, b"a %d\n" % now)
        readings = [(one, float(now)) for one in series]
        accept(
            Batch(collector="driver", device="", time=now / 1000, lifetime=1.0, readings=readings)
        )
        due = max(due + PERIOD, time.time() - 1)
        while (left := due - time.time()) > 0:
            time.sleep(min(left, 0.01))
            os.write(journal, b"s %d\n" % spool.synced)


def synced_times(journal: Path) -> list[int]:
    """Return the times of the batches that were known to be on disk."""
    found: list[int] = []
    current: list[int] = []
    synced = 0
    for line in [*journal.read_text().splitlines(), "start"]:
        kind, _, number = line.partition(" ")
        if kind == "start":
            found += current[: synced // SERIES]
            current, synced = [], 0
        elif kind == "a" and number:
            current.append(int(number))
        elif kind == "s" and number:
            synced = int(number)
    return found


if __name__ == "__main__":
    main()
