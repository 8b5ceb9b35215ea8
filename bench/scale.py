"""Five hundred simulated devices, read by one agent every 15 s; a hundred of them never answer.

It measures how evenly the others are read.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import Row
from bench.agents import cpu, memory
from tests.support import get
from tests.support.crowd import Crowd, crowd
from tests.support.trickle import trickling


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many racks, how many silent PDUs at most, and how often they are read, in seconds."""

    racks: int = 240
    dead: int = 100
    interval: float = 15.0
    timeout: float = 12.0
    rounds: int = 4


TINY: Final = Size(racks=3, dead=1, interval=2.0, timeout=1.5, rounds=3)


def watched(site: Crowd, size: Size) -> Row:
    """Watch a site for some rounds, and print what was seen."""
    # The second round comes half an interval to one and a half after the first.
    site.watch(2)
    site.seen.clear()
    used = cpu(site.agent.pid)
    site.watch(size.rounds)
    used = (cpu(site.agent.pid) - used) / size.rounds
    median, most, worst = site.summary()
    told = json.loads(get(f"http://127.0.0.1:{site.port}/api/collectors"))
    silent = sum(kind["silent"] for kind in told["kinds"])
    slowest = max(kind["slowest_seconds"] or 0.0 for kind in told["kinds"])
    dripping = ", one of them a byte every 5 s" if silent else ""
    print(f"{site.devices} devices every {size.interval:g} s, {silent} silent{dripping}")
    print(f"  off the interval: median {median:.3%}, 95th percentile {most:.3%}, worst {worst:.3%}")
    print(
        f"  agent: {1000 * used:.0f} ms CPU an interval, {memory(site.agent.pid)[0]:.0f} MB;"
        f" slowest round {slowest:.1f} s"
    )
    what = f"{site.devices} devices, {silent} silent: worst gap of a live one off its interval"
    return Row(what=what, value=100 * worst, unit="%")


def main(*, smoke: bool = False) -> list[Row]:
    """Print how far gaps are from the interval; return the rows of the summary."""
    size = TINY if smoke else Size()
    rows = []
    for dead in (size.dead,) if smoke else (0, size.dead):
        with tempfile.TemporaryDirectory() as scratch, ExitStack() as stack:

            def slow_meter(config: dict[str, Any], stack: ExitStack = stack) -> None:
                meters = config["collectors"]["modbus"]["devices"]
                (meter,) = (one for one in meters if one["meter"] == "ups-a")
                proxy = stack.enter_context(trickling(meter["address"], 5.0))
                meter["address"] = f"127.0.0.1:{proxy.port}"

            site = stack.enter_context(
                crowd(
                    Path(scratch),
                    racks=size.racks,
                    dead=dead,
                    interval=size.interval,
                    timeout=size.timeout,
                    change=slow_meter if dead else None,
                )
            )
            rows.append(watched(site, size))
    return rows
