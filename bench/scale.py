"""Five hundred simulated devices, of which a hundred never answer, read by one agent every 15 s: how evenly the others are read."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench.agents import cpu, memory
from tests.support import get
from tests.support.crowd import crowd
from tests.support.trickle import trickling

RACKS: Final = 240
INTERVAL: Final = 15.0
ROUNDS: Final = 4


def main() -> list[tuple[str, float, str]]:
    """Print how far gaps are from the interval; return rows of (what, value, unit) for the summary."""
    rows = []
    for dead in (0, 100):
        with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:

            def slow_meter(config: dict[str, Any], stack: ExitStack = stack) -> None:
                meter = next(
                    one
                    for one in config["collectors"]["modbus"]["devices"]
                    if one["meter"] == "ups-a"
                )
                meter["address"] = (
                    f"127.0.0.1:{stack.enter_context(trickling(meter['address'], 5.0)).port}"
                )

            site = stack.enter_context(
                crowd(
                    Path(scratch),
                    racks=RACKS,
                    dead=dead,
                    interval=INTERVAL,
                    timeout=12.0,
                    change=slow_meter if dead else None,
                )
            )
            site.watch(
                2
            )  # the second round comes half an interval to one and a half after the first
            site.seen.clear()
            used = cpu(site.agent.pid)
            site.watch(ROUNDS)
            used = (cpu(site.agent.pid) - used) / ROUNDS
            median, most, worst = site.summary()
            told = json.loads(get(f"http://127.0.0.1:{site.port}/api/collectors"))
            silent = sum(kind["silent"] for kind in told["kinds"])
            slowest = max(kind["slowest_seconds"] or 0.0 for kind in told["kinds"])
            print(
                f"{site.devices} devices every {INTERVAL:g} s, {silent} silent{', one of them a byte every 5 s' if silent else ''}"
            )
            print(
                f"  off the interval: median {median:.3%}, 95th percentile {most:.3%}, worst {worst:.3%}"
            )
            print(
                f"  agent: {1000 * used:.0f} ms CPU an interval, {memory(site.agent.pid)[0]:.0f} MB; slowest round {slowest:.1f} s"
            )
            rows.append(
                (
                    f"500 devices, {silent} silent: worst gap of a live one off its interval",
                    100 * worst,
                    "%",
                )
            )
    return rows
