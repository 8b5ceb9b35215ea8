"""What hubgauge makes of a world: through the live ledger and through imported files."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.pue.pue import Pue
from collectors.base import Batch
from tests.reference.answers import Product
from tests.reference.bookkeeping import bookkeeping
from tests.reference.model import KWH, Kind, Meter, Reading
from tests.reference.worlds import World
from tests.support import light_folder
from tests.support.ledger import SITE, Clock, batch, energy, exported, inventory, power, water

TELLERS = {Kind.REGISTER: energy, Kind.EXPORT: exported, Kind.POWER: power}
SETTLED = 20 * 60_000
"""After the last reading everything is summed this much later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """How readings reach a live ledger."""

    late: int = 0
    """Of ten batches so many come late, by up to an hour."""
    seed: int = 0
    restarts: int = 0


def stated(meter: Meter) -> str:
    """Return a meter as an inventory writes it."""
    keys = {
        "meter": meter.meter,
        "point": meter.point,
        "accuracy_class": float(meter.accuracy_class),
        "rating_watts": None if meter.rating is None else float(meter.rating),
        "wrap_joules": None if meter.wrap is None else float(meter.wrap),
        "behind": meter.behind,
        "subtract": "true" if meter.subtract else None,
        "factor": None if meter.factor is None else float(meter.factor),
        "replaces": meter.replaces,
        "renewable_ratio": None if meter.renewable_ratio is None else float(meter.renewable_ratio),
        "emissions": _emissions(meter),
    }
    return ", ".join(f"{key}: {value}" for key, value in keys.items() if value is not None)


def _emissions(meter: Meter) -> str | None:
    factor = meter.kilograms_per_kilowatt_hour
    if factor is None:
        return None
    return f"[{{kilograms_per_kilowatt_hour: {float(factor)}, source: a list}}]"


def stock_text(world: World, at: int | None = None) -> str:
    """Return the inventory of a world: a meter that comes later is listed when it comes."""
    site = world.site
    meters = "\n".join(
        f"  - {{{stated(one.meter)}, site: {SITE}}}"
        for one in world.instruments
        if at is None or one.heard_from is None or one.heard_from <= at
    )
    return (
        f"sites: [{{site: {SITE}, timezone: {site.zone}, it_point: {site.it_point},"
        f" battery: {str(site.battery).lower()}}}]\n"
        f"meters:\n{meters}\n"
    )


# The live ledger


@contextlib.contextmanager
def live(world: World, order: Order | None = None) -> Iterator[Product]:
    """Let a ledger hear a world as it happens, with a clock that a test moves."""
    order = order or Order()
    stock = inventory(stock_text(world, world.start))
    changes = sorted({one.heard_from for one in world.instruments if one.heard_from is not None})
    coming = arrivals(world, order)
    stops = {len(coming) * (n + 1) // (order.restarts + 1) for n in range(order.restarts)}
    with light_folder() as folder:
        path = Path(folder) / "ledger.db"
        clock = Clock(world.start / 1000)
        book = _open(path, clock, stock)
        _summed(book, stock, clock)
        try:
            for number, (at, one) in enumerate(coming):
                if changes and at >= changes[0]:
                    clock.now = max(clock.now, changes[0] / 1000)
                    book.inventory = stock = inventory(stock_text(world, changes.pop(0)))
                    _summed(book, stock, clock)
                clock.now = max(clock.now, at / 1000)
                book.accept(one)
                if number % 400 == 399:
                    book.flush()
                if number in stops:
                    book.close()
                    book = _open(path, clock, stock)
            clock.now = (world.end + SETTLED) / 1000
            yield Product(_summed(book, stock, clock))
        finally:
            book.close()


def _open(path: Path, clock: Clock, stock: Inventory) -> Ledger:
    return Ledger(path, inventory=stock, clock=clock)


def _summed(book: Ledger, stock: Inventory, clock: Clock) -> Pue:
    book.flush()
    pue = Pue(book, stock, clock=clock)
    while not pue.refresh():
        pass
    return pue


def arrivals(world: World, order: Order) -> list[tuple[int, Batch]]:
    """Return batches by when they arrive: those that are late come after younger ones."""
    chance = Random(order.seed)
    found = []
    for one in world.instruments:
        told: dict[int, list[Reading]] = {}
        for reading in world.told[one.meter.meter]:
            told.setdefault(reading.at, []).append(reading)
        for at, readings in told.items():
            late = chance.randrange(3_600_000) if chance.randrange(10) < order.late else 0
            found.append(
                (min(at + late, world.end), len(found), _batch(one.meter, at, readings, one.every))
            )
    return [(at, one) for at, _, one in sorted(found, key=lambda each: each[:2])]


def _batch(meter: Meter, at: int, readings: Sequence[Reading], every: int) -> Batch:
    tell = {**TELLERS, Kind.REGISTER: water} if meter.point == "water" else TELLERS
    said = [tell[r.kind](meter.meter, float(r.value), meter.point) for r in readings]
    return batch(at / 1000, *said, interval=every / 1000)


@contextlib.contextmanager
def imported(world: World) -> Iterator[Product]:
    """Import a world's registers and powers as files."""
    files = (
        ("energy_kwh", Kind.REGISTER, KWH, False, ("--cumulative",)),
        ("power_w", Kind.POWER, 1, False, ()),
        ("volume_m3", Kind.REGISTER, 1000, True, ("--cumulative",)),
    )
    with bookkeeping(stock_text(world)) as book:
        for column, kind, unit, wet, options in files:
            rows = [
                f"{_iso(r.at)},{one.meter.meter},{float(r.value) / unit!r}"
                for one in world.instruments
                for r in world.told[one.meter.meter]
                if r.kind is kind and (one.meter.point == "water") is wet
            ]
            if rows:
                book.take(f"time,meter,{column}", rows, *options, "--skip-refused")
        yield book.product()


def _iso(at: int) -> str:
    """Write a time of UTC to the millisecond, with its offset."""
    return dt.datetime.fromtimestamp(at / 1000, dt.UTC).isoformat()
