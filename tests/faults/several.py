"""Several outputs of a whole agent at once: dead and full ones cost the others nothing.

Two databases live. Beside them one is away and its spool gets full, one accepts connections and
never answers, and a broker is not there. What the living ones have is compared with a time in which
they are alone.
"""

from __future__ import annotations

import math
import re
import time
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from tests.agent.sinks.peers import Wire
from tests.agent.sinks.receivers import Prometheus, instant
from tests.support import HANGS, free_port, wait_for
from tests.support.victoria import Victoria
from tests.system.running_agent import agent, metrics, write_config

SERIES: Final = 500
CHOSEN: Final = 111
"""How many numbers below 500 begin with 1."""
QUOTA: Final = "256KiB"
NAME: Final = "load_test_rounds"
_LINE: Final = re.compile(
    r'^hubgauge_(sink_\w+_total|spool_samples)\{(?:.*,)?sink="([\w-]+)".*\} (\S+)$', re.MULTILINE
)


def beside_the_dead(folder: Path, seconds: float) -> str:
    """Push to two databases, alone for half of the time and then beside three dead outputs.

    At last the one that was away comes back.
    """
    port, lines = free_port(), Victoria(folder)
    remote, away = (Prometheus(_folder(folder, name)) for name in ("live", "away"))
    with ExitStack() as whole:
        whole.enter_context(lines.up())
        whole.enter_context(remote.up())
        hole = whole.enter_context(Wire(lines.port).up())
        hole.fault = "black_hole"
        live = (
            f'  influxdb: {{name: lines, url: "{lines.url}"}}\n  remote_write:\n'
            f'  - {{name: live, url: "{remote.write_url}", keep: [{{labels: {{n: "1*"}}}}]}}\n'
        )
        dead = (
            f'  - {{name: away, url: "{away.write_url}", keep: [{{metric: "load_*"}}],'
            f" spool: {{max_bytes: {QUOTA}}}}}\n"
            f'  - {{name: hole, url: "{hole.url}/api/v1/write", timeout: 5s}}\n'
            f'  mqtt: {{name: broker, url: "mqtt://127.0.0.1:{free_port()}"}}\n'
        )
        with agent(_config(folder, port, live), port):
            before = _delays(remote, seconds / 2)
        with agent(_config(folder, port, live + dead), port):
            meanwhile = _delays(remote, seconds / 2)
            if seconds >= 30:
                wait_for(lambda: _counts(port)["away"].get("dropped"), what="a full spool")
            whole.enter_context(away.up())
            wait_for(lambda: _is_back(_counts(port)["away"]), what="its return")
            counts = _counts(port)
        stored = _account(lines, remote)
        back = [[float(value) for _, value in row["values"]] for row in away.raw(NAME)]
    for sink, count in counts.items():
        found = count["sent"] + count["spool_samples"] + count.get("dropped", 0)
        assert count["collected"] + count["recovered"] == found, (sink, count)
    assert not any(counts[sink].get("dropped") for sink in ("lines", "live", "hole", "broker"))
    assert len(back) == SERIES
    assert all(after == before + 1 for values in back for before, after in pairwise(values))
    gone = int(counts["away"].get("dropped", 0))
    assert sum(values[0] - 1 for values in back) == gone  # the values are the rounds from 1 on
    return (
        f"a whole agent with two living outputs and three dead ones: {stored} in the living;"
        f" the newest sample is {meanwhile:.1f} s old at most, {before:.1f} s without the dead;"
        f" of the one with a full spool {gone:,} dropped and counted, the rest stored when it is"
        " back"
    )


def _folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def _config(folder: Path, port: int, outputs: str) -> Path:
    load = (
        f"{{collector: 'tests.system.load:Load', options: {{series: {SERIES}}}, interval: 1s,"
        f" timeout: {HANGS:g}s}}"
    )
    text = f"collectors:\n  prometheus: {{collectors: [{load}]}}\n"
    return write_config(folder, text, port=port, outputs=outputs)


def _ask(base: Prometheus, query: str) -> float:
    found = instant(base.url, query, time.time())
    return float(found[0]["value"][1]) if found else math.inf


def _is_back(counts: dict[str, float]) -> bool:
    return counts["sent"] > 0 and counts["spool_samples"] < 20 * SERIES


def _delays(remote: Prometheus, seconds: float) -> float:
    """Return how old the newest stored sample is at most, from the third second on."""
    oldest = f"time() - max(timestamp({NAME}))"
    wait_for(lambda: _ask(remote, oldest) < 5, what="the first samples")
    end = time.monotonic() + seconds
    longest = 0.0
    while time.monotonic() < end:
        longest = max(longest, _ask(remote, oldest))
        time.sleep(0.1)
    return longest


def _counts(port: int) -> dict[str, dict[str, float]]:
    """Return the counters of each sink, as the agent tells them."""
    found: dict[str, dict[str, float]] = {}
    for name, sink, value in _LINE.findall(metrics(port)):
        short = name.removeprefix("sink_").removesuffix("_total").removesuffix("_samples")
        if name == "spool_samples":
            short = name
        sums = found.setdefault(sink, {})
        sums[short] = sums.get(short, 0.0) + float(value)
    return found


def _account(lines: Victoria, remote: Prometheus) -> str:
    """Check that each living database has each value once, of the series that it is to get."""
    rows: Any = lines.export(f'{{__name__="{NAME}"}}')
    by_lines = [sorted(zip(row["timestamps"], row["values"], strict=True)) for row in rows]
    by_remote = [
        [(float(at), float(value)) for at, value in row["values"]] for row in remote.raw(NAME)
    ]
    assert (len(by_lines), len(by_remote)) == (SERIES, CHOSEN)
    for pairs in (*by_lines, *by_remote):
        values = [value for _, value in pairs]
        assert all(after in (before + 1, 1) for before, after in pairwise([0, *values])), values
        assert len({at for at, _ in pairs}) == len(pairs)
    total = sum(map(len, by_lines)) + sum(map(len, by_remote))
    return f"{total:,} samples: 0 lost, 0 doubled"
