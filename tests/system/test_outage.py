"""The whole agent through an outage of its database, killed in the middle of it."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent.sinks.lineprotocol import GZIP
from tests.support import HANGS, PATIENCE, free_port, wait_for
from tests.support.victoria import Victoria
from tests.system.running_agent import agent, metrics, write_config

SERIES = 1000
# A few rounds of a second in the suite; TESTS_OUTAGE_SECONDS=120 for a long outage.
ROUNDS = round(float(os.environ.get("TESTS_OUTAGE_SECONDS", "6")) / 2)
WAITING = re.compile(r"^hubgauge_spool_samples\S* (\S+)$", re.MULTILINE)


Rows = dict[str, list[tuple[int, float]]]
"""What is stored: each series' times in milliseconds and values, by its label `n`."""


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
    """VictoriaMetrics is stopped under load, the agent killed with -9 meanwhile and started again:
    nothing spooled is lost or doubled.
    """
    victoria = Victoria(tmp_path)
    port = free_port()
    load = (
        "  prometheus:"
        f" {{collectors: [{{collector: 'tests.system.load:Load',"
        f" options: {{series: {SERIES}}}, interval: 1s}}]}}\n"
    )
    config = write_config(
        tmp_path,
        f"collectors:\n{load}",
        port=port,
        outputs=f'  influxdb: {{url: "{victoria.url}"}}\n',
    )

    patience = PATIENCE + 10 * ROUNDS

    def stored() -> Rows:
        rows: Any = victoria.export('{__name__="load_test_rounds"}')
        return {
            row["metric"]["n"]: list(zip(row["timestamps"], row["values"], strict=True))
            for row in rows
        }

    def times(rows: Rows) -> set[tuple[str, int]]:
        return {(n, stamp) for n, samples in rows.items() for stamp, _ in samples}

    def waiting() -> float:
        """Return how many samples the agent's page says are spooled."""
        found = WAITING.search(metrics(port))
        return float(found[1]) if found else 0.0

    with ExitStack() as first:
        with victoria.up():
            process = first.enter_context(agent(config, port))
            wait_for(lambda: len(stored()) == SERIES, what="the first samples to arrive")
        wait_for(lambda: waiting() > SERIES * ROUNDS, what="an outage", timeout=patience)
        process.kill()
        process.wait(HANGS)
    left = spooled(tmp_path / "state", tmp_path / "copy")
    assert len(left) >= SERIES * (ROUNDS - 1), "the outage must have left something to lose"
    with agent(config, port):
        enough = len(left) + SERIES * ROUNDS
        wait_for(lambda: waiting() > enough, what="the outage to go on", timeout=patience)
        with victoria.up():
            wait_for(lambda: waiting() < 3 * SERIES, what="the spool to drain", timeout=patience)
            wait_for(lambda: left <= times(stored()), what="every spooled sample")
            rows = stored()
    assert len(rows) == SERIES
    assert sum(map(len, rows.values())) == len(times(rows)), "a sample is there twice"
    # The value counts the rounds of one life of the agent: none is missing but at the kill.
    counted = [value for _, value in sorted(rows["0"])]
    steps = [later - earlier for earlier, later in pairwise(counted)]
    assert sorted(set(steps))[1:] == [1], counted
    assert sum(step != 1 for step in steps) == 1, counted
