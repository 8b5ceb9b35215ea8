"""The energy ledger: joules and covered seconds, per meter and hour, of whatever is read.

`accept` only appends to a list. A thread of the ledger's own writes what has come in every few
seconds, in one transaction. A crash costs these seconds; a meter with an energy register loses
nothing, since the register's difference tells the energy of the gap.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from agent.inventory.model import Inventory
from agent.ledger.clock import TrustedClock
from agent.ledger.imports.importer import Import, import_meters
from agent.ledger.imports.put import Changes, ImportedHour
from agent.ledger.intake import Intake
from agent.ledger.meters import RegisterWidth
from agent.ledger.past_hours import PastHours
from agent.ledger.pending import Taken
from agent.ledger.queries import Energy, HourOfMeter, Queries
from agent.ledger.register_steps import ImportedRegister
from agent.ledger.settings import LedgerSettings, Retention
from agent.ledger.store.database import Store, StoreError
from agent.ledger.stretches import Stretch
from agent.ledger.upkeep import Upkeep
from agent.ledger.writer import Writer
from collectors.base import Batch, HubgaugeError

log = logging.getLogger(__name__)


class Ledger:
    """The ledger of one agent.

    `accept` and `counts` belong to the event loop; everything else may run on any thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        inventory: Inventory | None = None,
        settings: LedgerSettings | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] | None = None,
        opener: Callable[[Path], Store] = Store,
    ) -> None:
        self.path = path
        self.settings = settings or LedgerSettings()
        try:
            self.store, self.reader = opener(path), opener(path)
        except StoreError as error:
            raise HubgaugeError(
                f"{path}: cannot be used as ledger: {error}{_owner(path)}"
            ) from None
        trusted = TrustedClock(clock, monotonic)
        self.retention = Retention(self.settings, trusted)
        self.intake = Intake(inventory or Inventory(hub=""), self.settings, trusted, self.retention)
        self.queries = Queries(self.reader, self.intake, self.retention)
        self._writer = Writer(self.store, self.intake, self.retention)
        self._upkeep = Upkeep(self.store, trusted, self.retention)
        self._flushing = threading.Lock()
        self._healthy = True
        self._has_lost = False
        self._wake = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    @property
    def inventory(self) -> Inventory:
        """Where the meters' points and ratings are taken from; a reload may replace it."""
        return self.intake.inventory

    @inventory.setter
    def inventory(self, inventory: Inventory) -> None:
        self.intake.inventory = inventory

    @property
    def counts(self) -> Counter[str]:
        """Readings `taken`, the reasons of rejected ones, and what registers did."""
        return self.intake.counts

    @property
    def register_width(self) -> RegisterWidth | None:
        """Who is asked for the width of a register that the inventory does not state."""
        return self.intake.register_width

    @register_width.setter
    def register_width(self, width: RegisterWidth | None) -> None:
        self.intake.register_width = width

    def is_healthy(self) -> bool:
        """Tell whether the last writing succeeded; else readings wait in memory, or are lost."""
        return self._healthy

    def accept(self, batch: Batch) -> None:
        """Take the power and energy readings of a batch; never blocks and never raises."""
        self.intake.accept(batch)

    # Writing: on the ledger's own thread, or wherever flush() is called.

    def start(self) -> None:
        """Write what comes in every few seconds, on a thread of the ledger's own."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while not self._stopping:
            self._wake.wait(self.settings.flush_interval)
            try:
                self.flush()
            except Exception:
                log.exception("ledger: an error in the ledger itself; it goes on")

    def close(self, timeout: float = 5.0) -> None:
        """Write what is left and close the database."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)
            if self._thread.is_alive():
                log.error("ledger: still writing after %g s; what is pending is lost", timeout)
                return
        self.flush()
        self.store.close()
        self.reader.close()

    def flush(self) -> None:
        """Write what has come in. What the disk does not take stays in memory for the next time.

        What the ledger itself fails on is lost and counted, or it would fail on it for ever.
        """
        with self._flushing:
            self.intake.date_undated()
            taken = self.intake.take_pending()
            is_some = bool(taken.pending)
            try:
                self._writer.write(taken)
                if self.settings.tidy:
                    self._upkeep.plan(anew=self.intake.has_clock_stepped())
                    self._upkeep.work()
            except StoreError as error:
                self._wait(taken, error)
            except Exception:
                self._lose(taken)
                raise
            else:
                if is_some or not self._has_lost:
                    if not self._healthy:
                        log.info("ledger: writes again")
                    self._healthy, self._has_lost = True, False

    def _wait(self, taken: Taken, error: StoreError) -> None:
        self.intake.put_back(taken)
        if self._healthy:
            log.error("ledger: cannot write (%s); readings wait in memory", error)
        self._healthy = False

    def _lose(self, taken: Taken) -> None:
        self.intake.count({"ledger_error": len(taken.pending)})
        self._healthy, self._has_lost = False, self._has_lost or bool(taken.pending)

    # Queries, imports, and what other parts of the program keep in the ledger's file.

    def energy(self, meter: str, start: float, end: float, *, site: str = "") -> Energy:
        """Return what one meter counted between two times (seconds since the epoch)."""
        return self.queries.energy(meter, start, end, site=site)

    def rows(
        self, site: str, start: float, end: float, past: PastHours | None = None
    ) -> Iterator[HourOfMeter]:
        """Return the hours of a site's meters that begin between two times, in order of time.

        With `past`, as they were before later imports.
        """
        return self.queries.hours(site, start, end, past)

    def import_meters(
        self,
        site: str,
        hours: Mapping[str, Mapping[int, ImportedHour]],
        *,
        stretches: Mapping[str, Sequence[Stretch]] | None = None,
        registers: Mapping[str, ImportedRegister] | None = None,
        is_exported: bool = False,
        may_replace_finer: bool = True,
        dry_run: bool = False,
    ) -> dict[str, Changes]:
        """Write hours of several meters, all of them or, where that fails, none.

        `stretches` are those longer than an hour of which only the total is known; they replace
        hours that are known better only if they may, else WouldReplaceFiner is raised. `registers`
        say in which steps the meters of registers count. If `is_exported`, the energy left the site
        by these meters. Returns the hours that are different now. A dry run does everything and
        takes it back at its end.
        """
        given = Import(
            site=site,
            hours=hours,
            stretches=stretches or {},
            registers=registers or {},
            is_exported=is_exported,
            may_replace_finer=may_replace_finer,
        )
        return self.take_import(given, dry_run=dry_run)

    def take_import(self, given: Import, *, dry_run: bool = False) -> dict[str, Changes]:
        """Write what comes from a file, all of it or, where that fails, none."""
        return import_meters(self.store, self.inventory, given, self.retention, dry_run=dry_run)

    def highest_total(self, site: str, name: str, amount: float) -> float:
        """Remember the largest value a site's counter has had, across restarts; return it."""
        with self.store.read() as tables:
            known = tables.sites.total(site, name)
        if known is not None and known >= amount:
            return known
        with contextlib.suppress(StoreError), self.store.transaction() as tables:
            tables.sites.save_total(site, name, amount)
        return amount

    def add_history(self, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
        """Remember a value of a KPI: of one hour the last, and after weeks the last of the day."""
        with contextlib.suppress(StoreError), self.store.transaction() as tables:
            tables.history.add(kpi, hub, scope, time, value)

    def history(
        self, kpi: str, hub: str, scope: str, start: float = 0.0, end: float = float("inf")
    ) -> list[tuple[float, float]]:
        """Return the earlier values of a KPI as (time, value), in order of time."""
        return self.queries.history(kpi, hub, scope, start, end)


def _owner(path: Path) -> str:
    """Explain that the file belongs to another user, whom this user may not write for."""
    try:
        if not path.exists() or os.access(path, os.W_OK):
            return ""
        return f" (it belongs to {path.owner()}; give it to the agent's user: chown)"
    except (OSError, KeyError):
        return ""
