"""The whole agent through an outage of its database, killed in the middle of it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import time
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from agent.sinks.lineprotocol import GZIP
from tests.agent.sinks.peers import Victoria
from tests.support import HANGS, free_port, wait_for
from tests.system.test_agent import agent, metrics, write_config

SERIES = 1000
# A few seconds in the suite; HUBGAUGE_OUTAGE_SECONDS=120 for the real thing.
OUTAGE = float(os.environ.get("HUBGAUGE_OUTAGE_SECONDS", "6"))


def spooled(state: Path, copy: Path) -> set[tuple[str, int]]:
    """Return (n, milliseconds) of every load sample that a killed agent left on disk."""
    shutil.copytree(state, copy)
    with sqlite3.connect(copy / "spool-influxdb.db") as db:
        payloads = [row[0] for row in db.execute("SELECT payload FROM batch")]
    db.close()
    return set(
        load_samples(
            line for payload in payloads for line in zlib.decompress(payload, GZIP).splitlines()
        )
    )


def load_samples(lines: Iterable[bytes]) -> Iterable[tuple[str, int]]:
    for line in lines:
        if match := re.match(rb"load,.*\bn=(\d+)\S* test_rounds=\S+ (\d+)", line):
            yield match[1].decode(), int(match[2])


def test_what_was_spooled_is_stored_once_though_the_database_was_away_and_the_agent_was_killed(
    tmp_path: Path,
) -> None:
    """VictoriaMetrics is stopped under load, the agent killed with -9 meanwhile and started again: nothing spooled is lost or doubled."""
    victoria = Victoria(tmp_path)
    port = free_port()
    load = f"  prometheus: {{collectors: [{{collector: 'tests.system.load:Load', options: {{series: {SERIES}}}, interval: 1s}}]}}\n"
    config = write_config(
        tmp_path,
        f"collectors:\n{load}",
        port=port,
        outputs=f'  influxdb: {{url: "{victoria.url}"}}\n',
    )

    def stored() -> dict[str, list[int]]:
        rows = victoria.export('{__name__="load_test_rounds"}')
        return {row["metric"]["n"]: list(row["timestamps"]) for row in rows}  # type: ignore[index, call-overload]

    with ExitStack() as first:
        with victoria.up():
            process = first.enter_context(agent(config, port))
            wait_for(lambda: len(stored()) == SERIES, what="the first samples to arrive")
        time.sleep(OUTAGE / 2)
        process.kill()
        process.wait(HANGS)
    left = spooled(tmp_path / "state", tmp_path / "copy")
    assert len(left) >= SERIES * int(OUTAGE / 2 - 1), "the outage must have left something to lose"
    with agent(config, port):
        time.sleep(OUTAGE / 2)
        with victoria.up():
            pattern = re.compile(r"^hubgauge_spool_samples\S* (\S+)$", re.MULTILINE)

            def drained() -> bool:
                found = pattern.search(metrics(port))
                return found is not None and float(found[1]) < 3 * SERIES

            wait_for(drained, what="the spool to drain")
            time.sleep(2)
            rows = stored()
    times = {(n, stamp) for n, stamps in rows.items() for stamp in stamps}
    assert len(rows) == SERIES
    assert left <= times, f"{len(left - times)} of {len(left)} spooled samples were lost"
    assert sum(map(len, rows.values())) == len(times), "a sample is there twice"
    # Of each series, no round is missing but those around the kill: the rounds of one life count up without a hole.
    stamps = sorted(rows["0"])
    holes = [later - earlier for earlier, later in pairwise(stamps) if later - earlier > 1600]
    assert len(holes) <= 1, holes
