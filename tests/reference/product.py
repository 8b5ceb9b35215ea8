"""What hubgauge makes of a world: through the live ledger and through imported files."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from agent.cli import main
from agent.inventory.model import Inventory
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.model import PueResult
from agent.pue.pue import Pue
from collectors.base import Batch
from tests.reference.model import CELL, KWH, Kind, Meter, Reading
from tests.reference.worlds import World
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


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure beside PUE, in the unit that its standard writes, and its coverage."""

    value: float | None
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the product says of a window."""

    start: int
    end: int
    state: str
    pue: float | None
    coverage: float
    uncertainty: float | None
    facility: float
    it: float
    category: int | None
    beside: Mapping[str, Ratio]
    """REF, ERF, CUE and WUE, as far as they are known."""

    @staticmethod
    def of(result: PueResult) -> Answer:
        """Take what is compared."""
        return Answer(
            start=round(result.start * 1000),
            end=round(result.end * 1000),
            state=result.state,
            pue=result.pue,
            coverage=result.coverage,
            uncertainty=result.uncertainty,
            facility=result.facility_joules,
            it=result.it_joules,
            category=result.category,
            beside={
                **{one.name: Ratio(one.per_kwh, one.coverage) for one in result.factors},
                **(
                    {"ref": Ratio(result.renewable_ratio, result.coverage)}
                    if result.renewable_ratio is not None
                    else {}
                ),
            },
        )


class Product:
    """A ledger that has taken a world in; it may be asked for any window."""

    def __init__(self, pue: Pue) -> None:
        """Ask this."""
        self._pue = pue

    def between(self, start: int, end: int) -> Answer:
        """Return what it says of a window."""
        return Answer.of(self._pue.between(SITE, start / 1000, end / 1000))

    def cells(self, start: int, end: int) -> list[Answer]:
        """Return what it says of each cell."""
        return [self.between(cell, cell + CELL) for cell in range(start, end, CELL)]


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
        f"sites: [{{site: {SITE}, timezone: {site.zone}, it_point: {site.it_point}}}]\n"
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
    with tempfile.TemporaryDirectory() as folder:
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


# Imported files


class RefusedError(Exception):
    """The command refused a file; what it said."""


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


class Bookkeeping:
    """A gateway's folder that files are imported into, by the command."""

    def __init__(self, folder: Path, stock: str) -> None:
        """Write the config and the inventory."""
        self._folder, self._stock = folder, inventory(stock)
        (folder / "inventory.yaml").write_text(stock, "utf-8")
        self._config = folder / "hubgauge.yaml"
        self._config.write_text(
            f"hub: guian\nsite: {SITE}\nstate_dir: {folder}/state\ninventory: inventory.yaml\n",
            "utf-8",
        )
        self._open: Ledger | None = None

    def take(self, header: str, rows: Sequence[str], *options: str) -> str:
        """Import rows; return what the command said.

        Raises:
            RefusedError: it refused the file, or rows of it without `--skip-refused`.
        """
        path = self._folder / "rows.csv"
        path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
        said = io.StringIO()
        common = ["ledger", "import", "--config", str(self._config), "--site", SITE]
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = main([*common, *options, str(path)])
            except SystemExit as error:
                status = int(error.code or 0)
        if status:
            raise RefusedError(said.getvalue())
        return said.getvalue()

    def product(self) -> Product:
        """Open what was imported."""
        self._open = Ledger(
            self._folder / "state" / "ledger.db",
            inventory=self._stock,
            settings=LedgerSettings(tidy=False),
        )
        pue = Pue(self._open, self._stock)
        while not pue.refresh():
            pass
        return Product(pue)

    def close(self) -> None:
        """Close it."""
        if self._open is not None:
            self._open.close()


@contextlib.contextmanager
def bookkeeping(stock: str) -> Iterator[Bookkeeping]:
    """Keep books in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        book = Bookkeeping(Path(folder), stock)
        try:
            yield book
        finally:
            book.close()
