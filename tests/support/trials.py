"""Simulated meters of known loads through the real ledger and PUE, live or from a file."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from agent.cli import main
from agent.pue.model import PueResult
from collectors.base import Reading
from tests.support import light_folder
from tests.support.ledger import HEAD, HOUR, SITE, T0, ZONE, Bench, batch, bench, energy, power
from tests.support.loads import Load

KWH: Final = 3.6e6
DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run: what was told, how uncertain it was said to be, and the truth."""

    pue: float
    uncertainty: float
    truth: float

    @property
    def error(self) -> float:
        """How far the PUE is from the truth, relative to it."""
        return abs(self.pue / self.truth - 1.0)

    @property
    def is_covered(self) -> bool:
        """Whether the truth is within what was stated."""
        return self.error <= self.uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """A meter: it shows a register in steps, or power; `limit` is its class, None if not stated."""

    name: str
    point: str
    load: Load
    limit: float | None = 0.5
    gain: float = 1.0
    counts: bool = True
    step: float = 1.0
    first: float = 4e9
    silent: Sequence[tuple[float, float]] = field(default_factory=tuple)

    def reading(self, at: float) -> Reading | None:
        """Return what it shows at a time; None while it is silent."""
        if any(a <= at < b for a, b in self.silent):
            return None
        if not self.counts:
            return power(self.name, self.gain * self.load.power(at), self.point)
        counted = self.first + self.gain * self.load.energy(at)
        return energy(self.name, self.step * math.floor(counted / self.step), self.point)


def gain(rng: Random, limit: float) -> float:
    """Draw the factor of a meter that errs within a class, in percent."""
    return 1.0 + rng.uniform(-limit, limit) / 100.0


def listed(gauges: Sequence[Gauge]) -> str:
    """Return an inventory of some meters."""
    lines = [
        f"- {{meter: {g.name}, point: {g.point}"
        + ("" if g.limit is None else f", accuracy_class: {g.limit}")
        + "}\n"
        for g in gauges
    ]
    return HEAD + "meters:\n" + "".join(lines)


def live(
    gauges: Sequence[Gauge],
    seconds: float,
    interval: float,
    phase: float,
    ask: Callable[[Bench], PueResult],
    truth: float,
) -> Trial:
    """Have meters read for some time, and ask for a PUE."""
    with (
        light_folder() as folder,
        bench(Path(folder), listed(gauges)) as b,
    ):
        at = phase
        while at <= seconds:
            readings = [one for g in gauges if (one := g.reading(at)) is not None]
            b.clock.now = T0 + at
            b.book.accept(batch(T0 + at, *readings, interval=interval))
            at += interval
        b.clock.now = T0 + seconds
        b.book.flush()
        while not b.pue.refresh():
            pass
        return told(ask(b), truth)


def told(result: PueResult, truth: float) -> Trial:
    """Return what a result says beside the truth."""
    assert result.pue is not None, result
    assert result.uncertainty is not None
    return Trial(pue=result.pue, uncertainty=result.uncertainty, truth=truth)


def window(
    rng: Random, gauges: Sequence[Gauge], facility: Load, it: Load, length: float, interval: float
) -> Trial:
    """Ask for a window that begins an hour after the meters were first read."""
    start, end = HOUR, HOUR + length
    truth = (facility.energy(end) - facility.energy(start)) / (it.energy(end) - it.energy(start))
    return live(
        gauges,
        end + 3 * interval + 600,
        interval,
        rng.uniform(0.0, interval),
        lambda b: b.pue.between(SITE, T0 + start, T0 + end),
        truth,
    )


def imported(
    gauges: Sequence[Gauge], interval: float, length: float, truth: float, *, counts: bool
) -> Trial:
    """Import what meters counted in each interval, or their registers, and ask for a window."""
    column = "energy_kwh"
    rows = [f"time,meter,{column}"]
    for gauge in gauges:
        for n in range(round((DAY if counts else length + 2 * HOUR) / interval)):
            at = n * interval
            if counts:
                _, shown = gauge.reading(at) or (None, 0.0)
            else:
                shown = gauge.gain * (gauge.load.energy(at + interval) - gauge.load.energy(at))
            rows.append(f"{_time(at)},{gauge.name},{shown / KWH!r}")
    with light_folder() as folder:
        path = Path(folder)
        (path / "inventory.yaml").write_text(listed(gauges))
        (path / "hubgauge.yaml").write_text(
            f"hub: guian\nsite: {SITE}\nstate_dir: {folder}/state\ninventory: inventory.yaml\n"
        )
        (path / "rows.csv").write_text("\n".join(rows) + "\n")
        asked = ["--config", f"{folder}/hubgauge.yaml", "--site", SITE]
        cumulative = ["--cumulative"] if counts else []
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            assert main(["ledger", "import", *asked, *cumulative, f"{folder}/rows.csv"]) == 0
        out.truncate(out.seek(0))
        times = ["--from", _time(HOUR), "--to", _time(HOUR + length)]
        with contextlib.redirect_stdout(out):
            assert main(["ledger", "show", *asked, *times, "--json"]) == 0
        shown = json.loads(out.getvalue())
    return Trial(pue=shown["pue"], uncertainty=shown["uncertainty"], truth=truth)


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(T0 + seconds, ZONE).isoformat()
