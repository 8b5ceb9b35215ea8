"""What is stored of every meter's energy register: the step it counts in, and since when."""

from __future__ import annotations

import sqlite3

from agent.ledger.register_steps import ImportedRegister, Register, Step
from agent.ledger.store.changes import ChangeTable


class RegisterTable:
    """The tables `register` and `imported_register`.

    An export register is a meter of its own, so it has a row as well.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def learn(self, meter: int, step: Step, first: int) -> bool:
        """Store the step of a meter's register, and the earliest time at which it was read.

        Tell whether it counts in finer steps than was known.
        """
        known = self._get(meter)
        found = Register.learned(known, step, first)
        if found != known:
            self._db.execute(
                "INSERT OR REPLACE INTO register VALUES (?, ?, ?)",
                (meter, found.step, found.since),
            )
            self._changes.count("register")
        return known is not None and found.step < known.step

    def learn_imported(self, meter: int, register: ImportedRegister) -> None:
        """Store what a file says of a meter's register; of several files the coarsest counts."""
        self._db.execute(
            "INSERT INTO imported_register VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET step = max(step, excluded.step), until = max(until, excluded.until)",
            (meter, *register),
        )
        self._changes.count("register")

    def imported(self) -> dict[int, ImportedRegister]:
        """Return the registers that came from files, by the meter's number."""
        rows = self._db.execute("SELECT meter, step, until FROM imported_register")
        return {meter: ImportedRegister(step, until) for meter, step, until in rows}

    def first_read(self, meter: int) -> int | None:
        """Return when a register was first read, in milliseconds; None where it never was."""
        known = self._get(meter)
        return None if known is None else known.since

    def step(self, meter: int) -> int:
        """Return the step of a meter's register in joules, as far as it is known; else 0."""
        known = self._get(meter)
        return 0 if known is None else known.step

    def coarsest_step(self, meter: int) -> int:
        """Return the same, or the step that files say, if that is coarser."""
        (from_files,) = self._db.execute(
            "SELECT max(step) FROM imported_register WHERE meter = ?", (meter,)
        ).fetchone()
        return max(self.step(meter), from_files or 0)

    def all(self) -> dict[int, Register]:
        """Return the registers there are, by the meter's number."""
        rows = self._db.execute("SELECT meter, step, since FROM register")
        return {meter: Register(step, since) for meter, step, since in rows}

    def _get(self, meter: int) -> Register | None:
        row = self._db.execute(
            "SELECT step, since FROM register WHERE meter = ?", (meter,)
        ).fetchone()
        return Register(*row) if row else None
