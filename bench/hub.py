"""A whole hub on one machine: simulated PDUs with addresses of their own, read by one agent.

It measures how long the agent needs until it is ready, whether it ever calls a healthy device
silent, how evenly devices are read, and what CPU and memory the agent and its workers take. Faults
are the agent's own (`busy`, `stop`, `quota`, `fast`, and `kill`: a worker process every 20 s) or
the devices' (`dead`, `all-dead`). The simulated site itself notes when each device is read.

`python -m bench hub --racks 1000 --interval 15 --minutes 2 --fault stop`
"""

from __future__ import annotations

import argparse
import itertools
import math
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench import Row
from bench.agents import cpu, memory
from bench.hub_faults import FAULTS, faulty
from bench.hub_parts import Scraper, Site, Size, agent, peak, silent, site, told
from tests.support import free_port

_LONG: Final = 900.0
"""Seconds after which an agent must read as before, whatever went wrong."""
_AS_ASKED: Final = 1.1
"""An interval that is no longer than this, as a ratio, is the one that was asked for."""

TINY: Final = Size(racks=12, interval=1.0, minutes=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What an agent and its workers took, and the simulated site beside them: cores and MB."""

    cores: float
    site_cores: float
    site_lag: float
    """The longest time in seconds for which the site answered nobody: a device is silent then."""
    rss: float
    peak: float
    late: float
    """Rounds that were not run or read in time."""
    stretch: float
    scrape: float
    """Seconds of the slowest scrape; 0 where nobody scrapes."""
    told: float
    """Seconds until all dead devices were told so; 0 where none is dead."""
    back: float
    """Seconds from the end of a fault until no round is late, and no device silent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of an agent: seconds and counts. `warm` is 0 where it was started once."""

    cold: float
    warm: float
    false_downs: int
    gap: float
    """The 99th percentile of the gaps between two rounds of a device."""
    lines: int
    used: Used


def watch(size: Size, folder: Path) -> Seen:
    """Start an agent twice, the second time with what it knows by then, and watch it."""
    port = free_port()
    with site(size, folder, port) as where:
        false_downs, cold, warm = 0, 0.0, 0.0
        if size.warm:
            with agent(folder, port, "cold") as (pid, cold):
                _say(size, f"ready after {cold:.0f} s, {memory(pid)[0]:.0f} MB")
                false_downs, _ = _settle(replace(size, fault="none"), port, seconds=_calm(size))
        with agent(folder, port, "last") as (pid, took):
            cold, warm = (cold, took) if size.warm else (took, 0.0)
            _say(size, f"ready after {took:.0f} s, {memory(pid)[0]:.0f} MB")
            false_downs += _settle(replace(size, fault="none"), port, seconds=_calm(size))[0]
            where.say("begin")
            told_down, gap, used = _measure(size, pid, port, where)
            false_downs += told_down
        lines = sum(1 for log in folder.glob("*.log") for _ in log.open())
    return Seen(cold=cold, warm=warm, false_downs=false_downs, gap=gap, lines=lines, used=used)


def _say(size: Size, text: str) -> None:
    """Tell how far it is: a whole hub takes minutes."""
    sys.stderr.write(f"{size.racks} racks: {text}\n")


def _calm(size: Size) -> float:
    return size.settle * size.interval


def _measure(size: Size, pid: int, port: int, where: Site) -> tuple[int, float, Used]:
    """Watch an agent that is ready: how many devices it told down, their gaps, what it took."""
    late = _late(port)
    began, before, sites = time.monotonic(), _cpu(pid, port), cpu(where.pid)
    scraper = Scraper(port, size.interval)
    with scraper if size.scrapes else nullcontext():
        with faulty(size, pid, where):
            false_downs, dead_told = _settle(size, port, seconds=60 * size.minutes)
            longer = _stretch(port)
            noted = where.say("report")
            took = time.monotonic() - began
            cores = (_cpu(pid, port) - before) / took
            site_cores = (cpu(where.pid) - sites) / took
        if size.fault in ("dead", "all-dead"):
            where.say("heal")
        # An agent that had hardly any CPU tells how late it was when it has some again.
        back, later = (0.0, 1.0) if size.fault == "none" else _back(size, port)
        missed = _late(port) - late
    return (
        false_downs,
        noted.get("p99", 0.0),
        Used(
            cores=cores,
            site_cores=site_cores,
            site_lag=noted["lag"],
            rss=memory(pid)[0],
            peak=peak(pid),
            late=missed,
            stretch=max(longer, later),
            scrape=scraper.seconds,
            told=dead_told,
            back=back,
        ),
    )


def _settle(size: Size, port: int, *, seconds: float) -> tuple[int, float]:
    """Watch an agent for `seconds`.

    Returns the most devices that it wrongly called silent, and the seconds until it had told of all
    that are dead: 0 where none is, NaN where it did not.
    """
    dead = {"dead": round(0.2 * size.racks), "all-dead": 2 * size.racks}.get(size.fault, 0)
    began = time.monotonic()
    wrong, seen = 0, math.nan if dead else 0.0
    while (now := time.monotonic()) < began + seconds:
        found = silent(port)
        wrong = max(wrong, found - dead)
        if found >= dead and math.isnan(seen):
            seen = now - began
        time.sleep(min(5.0, size.interval / 8))
    return wrong, seen


def _back(size: Size, port: int) -> tuple[float, float]:
    """Wait until an agent reads as before; return the seconds that it took, and the most stretch.

    It reads as before once two intervals have passed without a late round, a longer interval or a
    silent device. These two are not counted.
    """
    began = last = time.monotonic()
    late, most = _late(port), 1.0
    while (now := time.monotonic()) < last + 2 * size.interval:
        if now > began + _LONG:
            raise RuntimeError("the agent does not read as before")
        longer = _stretch(port)
        most = max(most, longer)
        if (missed := _late(port)) != late or longer > _AS_ASKED or silent(port):
            last, late = time.monotonic(), missed
        time.sleep(min(5.0, size.interval / 8))
    return last - began, most


def _stretch(port: int) -> float:
    """Return how much longer than asked the longest interval is; 1 where none is."""
    return max(told(port, "hubgauge_interval_stretch"), default=1.0)


def _late(port: int) -> float:
    """Return how many rounds were not run or read in time."""
    return sum(told(port, "hubgauge_late_rounds_total"))


def _cpu(pid: int, port: int) -> float:
    """Return the CPU seconds of an agent, and of its workers as it counts them: ended ones too."""
    return cpu(pid) + sum(told(port, "hubgauge_worker_cpu_seconds_total"))


def table(sizes: Sequence[Size]) -> list[Row]:
    """Print a table with a row for each size; return the rows of the summary."""
    print(
        "| racks | PDUs | every s | detail | workers | fault | cold s | warm s | false |"
        " gap p99 s | late | stretch | told s | back s | cores | site's cores | site's lag s |"
        " MB | peak MB | scrape s | lines |\n"
        "|" + "---|" * 21,
        flush=True,
    )
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            seen = watch(size, Path(scratch))
        used = seen.used
        print(
            f"| {size.racks} | {2 * size.racks} | {size.interval:g} | {size.detail or 'default'} |"
            f" {size.workers} | {size.fault} | {seen.cold:.0f} | {seen.warm:.0f} |"
            f" {seen.false_downs} | {seen.gap:.2f} | {used.late:.0f} | {used.stretch:.2f} |"
            f" {used.told:.0f} | {used.back:.0f} | {used.cores:.2f} | {used.site_cores:.2f} |"
            f" {used.site_lag:.2f} | {used.rss:.0f} | {used.peak:.0f} | {used.scrape:.1f} |"
            f" {seen.lines} |",
            flush=True,
        )
        what = f"{2 * size.racks} PDUs every {size.interval:g} s, {size.workers} workers,"
        what += f" {size.fault}"
        rows += [
            Row(what=f"{what}: ready, cold", value=seen.cold, unit="s"),
            Row(what=f"{what}: ready, warm", value=seen.warm, unit="s"),
            Row(what=f"{what}: healthy devices told down", value=seen.false_downs),
            Row(what=f"{what}: gap, 99th percentile", value=seen.gap, unit="s"),
            Row(what=f"{what}: memory", value=used.rss, unit="MB"),
            Row(what=f"{what}: cores", value=used.cores),
        ]
    return rows


def main(*, smoke: bool = False) -> list[Row]:
    """Print how a whole hub is read; return the rows of the summary."""
    if smoke:
        return table([TINY])
    small = Size(racks=100, interval=5.0, minutes=0.5)
    large = Size(racks=400, minutes=1.0)
    return table([large, *(replace(small, fault=one) for one in ("none", "stop", "kill"))])


def options(arguments: Sequence[str]) -> list[Row]:
    """Run the bench as the options of the command line say."""
    parser = argparse.ArgumentParser(prog="python -m bench hub", description=__doc__)
    parser.add_argument("--racks", type=int, nargs="+", default=[Size.racks])
    parser.add_argument("--interval", type=float, default=15.0, help="seconds")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--fault", nargs="+", choices=FAULTS, default=["none"])
    parser.add_argument("--workers", nargs="+", default=["auto"], help="auto or a number")
    parser.add_argument(
        "--detail", choices=("inlet", "phase", "outlet"), default="", help="of each PDU"
    )
    parser.add_argument(
        "--settle", type=float, default=2.0, help="intervals to watch before measuring"
    )
    parser.add_argument("--once", action="store_true", help="start the agent once, and not again")
    parser.add_argument("--scrape", action="store_true", help="take its page in each interval")
    args = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the agent and the site end as well
    return table(
        [
            Size(
                racks=racks,
                interval=1.0 if fault == "fast" else args.interval,
                minutes=args.minutes,
                fault=fault,
                workers=workers,
                detail=args.detail,
                settle=args.settle,
                warm=not args.once,
                scrapes=args.scrape,
            )
            for racks, workers, fault in itertools.product(args.racks, args.workers, args.fault)
        ]
    )
