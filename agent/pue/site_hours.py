"""A site's hours: the energy at each of its points, cell by cell, where every meter of the point was heard.

They are summed when their meters' hours change, by the inventory of that day, and then kept: a rack that comes later does
not take the past away.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import add
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from agent.inventory.model import IT_POINTS, POINTS, Inventory, Site
from agent.ledger import bridges, registers
from agent.ledger.blocks import Unpacked
from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, HOUR_MS, HourCells
from agent.ledger.exports import exported
from agent.ledger.store import first_export, heard_between, kept_cells
from agent.pue.boundary import Boundary, Part, boundary_of
from agent.pue.uncertainty import integration_variance
from collectors.catalogue.limits import INCOMING

if TYPE_CHECKING:
    import sqlite3

    from agent.ledger.bridges import Bridge
    from agent.ledger.ledger import Ledger
    from agent.ledger.meters import Limits
    from agent.ledger.registers import Register
    from agent.ledger.store import MeterRow

_IT: Final = ("ups_input", *IT_POINTS)
_DEPENDENT: Final[Mapping[str, tuple[str, ...]]] = {
    "utility": ("green", "export", "carbon"),
    "renewable": ("green", "export", "carbon"),
    "generator": ("export", "carbon"),
    "cooling": ("bought", "carbon", *_IT),
    "lighting": _IT,
    "other": ("bought", "carbon", *_IT),
}
"""Points that take of the meters of another; what is cooling and hangs behind IT's meters is taken off there."""


_METERED: Final = (*POINTS, "bought", "export")
_STORED: Final = (*_METERED, "green", "carbon")
_DATA: Final = struct.Struct(f"<{CELLS}d")
_DATA_AND_DOUBT: Final = struct.Struct(f"<{CELLS}dd")
_JOULES_PER_KWH: Final = 3.6e6
_OF_THEIR_OWN: Final = ("export", "water")
"""Kinds of meter that share their name with one of energy: the device's other registers."""

_PARTICULAR: Final = ("export", "carbon")
"""Points whose hours depend on more than a sum."""

_WORTH_A_SCAN: Final = 8
"""Looking up one meter costs as much as passing over so many."""

_BUDGET_SECONDS: Final = 5.0
_TURN_SECONDS: Final = 0.2
"""How long one transaction may keep other writers waiting."""


class SiteHour(NamedTuple):
    """One point of one site in one hour; `joules` are by cell and hold only where `mask` has the cell's bit.

    The point `water` counts litres, and `carbon` kilograms. `noise` is the variance that integrating power has added to each
    cell, in square joules.
    """

    mask: int
    joules: tuple[float, ...]
    accuracy: float
    meters: int
    silent: int
    noise: float = 0.0


class _Heard(NamedTuple):
    """One hour by meter: joules and covered milliseconds, and the cells of those of which they are kept."""

    hours: Mapping[int, tuple[float, int]]
    cells: Mapping[int, bytes]
    is_even: bool
    """Whether every meter that was heard is covered, and only its sum is kept."""

    def rows(self) -> dict[int, HourCells]:
        """Return the cells of every meter."""
        return {n: kept_cells(*row, self.cells.get(n)) for n, row in self.hours.items()}


class SiteHours:
    """Keeps `site_hour` up to date, and reads it."""

    def __init__(
        self, ledger: Ledger, inventory: Inventory, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.ledger, self.inventory, self._clock = ledger, inventory, clock
        self.boundaries: dict[str, Boundary] = {}
        self._meters = -1
        self._ids: dict[tuple[str, str, str], list[int]] = {}
        self._kinds: dict[int, MeterRow] = {}
        self._packed = Unpacked()
        self._numbers_of: dict[tuple[str, str], tuple[tuple[Part, ...], list[list[int]]]] = {}
        self._registers: dict[int, Register] = {}
        self._registers_version = -1
        self._bridges: dict[int, list[Bridge]] = {}
        self._bridges_version = -1
        self._bridges_at: dict[tuple[str, tuple[str, ...]], list[tuple[float, Bridge]]] = {}
        self._steps: dict[tuple[str, tuple[str, ...]], float] = {}

    @property
    def sites(self) -> Mapping[str, Site]:
        """The sites there are: the inventory's, or those that meters name."""
        if self.inventory.sites:
            return self.inventory.sites
        return {
            name: Site(site=name, timezone=self.inventory.timezone)
            for name in sorted({row.site for row in self.ledger.store.meters()})
            if name
        }

    def refresh(self, *, budget: float = _BUDGET_SECONDS) -> bool:
        """Sum anew what is out of date, the latest hours first; returns False where time ran out before it was all done."""
        self._find_boundaries()
        self._find_registers()
        deadline = time.monotonic() + budget
        while time.monotonic() < deadline:
            turn = time.monotonic() + _TURN_SECONDS
            with self.ledger.store.transaction() as db:
                while time.monotonic() < turn:
                    row = db.execute("SELECT max(hour) FROM dirty").fetchone()
                    if row[0] is None:
                        return True
                    self._refresh_hour(db, row[0])
        return False

    def mark(self, site: str, start: int, end: int) -> None:
        """Have the hours between two times summed anew, by the inventory as it is now."""
        hours = range(start - start % HOUR_MS, end, HOUR_MS)
        with self.ledger.store.transaction() as db:
            for point in _METERED:
                db.executemany(
                    "INSERT OR IGNORE INTO dirty VALUES (?, ?, ?)",
                    [(site, point, hour) for hour in hours],
                )

    def _find_boundaries(self) -> None:
        """Work the boundaries out again when a meter is heard for the first time; recent hours follow them."""
        with self.ledger.store.read() as db:
            count = db.execute("SELECT count(*) FROM meter").fetchone()[0]
        if count == self._meters:
            return
        known = self.ledger.store.meters()
        self._steps.clear()
        self._bridges_at.clear()
        self._ids = {}
        self._numbers_of.clear()
        self._kinds = {row.id: row for row in known}
        for row in known:
            self._ids.setdefault(
                (row.site, row.name, row.kind if row.kind in _OF_THEIR_OWN else ""), []
            ).append(row.id)
        now = round(self._clock() * 1000)
        hours = range(self.ledger.horizon, now, HOUR_MS)
        with self.ledger.store.transaction() as db:
            for site in self.sites.values():
                found = self.boundaries[site.site] = boundary_of(site, self.inventory, known)
                for point, digest in _digests(found).items():
                    key = f"boundary:{site.site}:{point}"
                    was = db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
                    if was is not None and was[0] == digest:
                        continue
                    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (key, digest))
                    db.executemany(
                        "INSERT OR IGNORE INTO dirty VALUES (?, ?, ?)",
                        [(site.site, point, h) for h in hours],
                    )
        self._meters = count

    def _find_registers(self) -> None:
        with self.ledger.reader.read() as db:
            now = registers.version(db)
            if now != self._registers_version:
                self._registers, self._registers_version = registers.known(db), now
                self._steps.clear()
            now = bridges.version(db)
            if now != self._bridges_version:
                self._bridges, self._bridges_version = bridges.known(db), now
                self._bridges_at.clear()

    def _refresh_hour(self, db: sqlite3.Connection, hour: int) -> None:
        wanted: dict[tuple[str, str], tuple[Part, ...]] = {}
        for site, point in db.execute(
            "SELECT site, point FROM dirty WHERE hour = ?", (hour,)
        ).fetchall():
            boundary = self.boundaries.get(site)
            if boundary is None:
                continue
            for each in (point, *_DEPENDENT.get(point, ())):
                wanted[site, each] = _parts(boundary, each)
        heard = self._load(db, hour, wanted)
        generation = 1 + int(
            (db.execute("SELECT value FROM state WHERE key = 'generation'").fetchone() or ("0",))[0]
        )
        for (site, point), parts in wanted.items():
            found = self._summed(db, (site, point, hour), parts, heard)
            if (
                found is not None
                and found.silent
                and hour < self.ledger.pdu_horizon
                and _was_more(db, site, point, hour, found.mask)
            ):
                continue  # its PDUs' hours were let go of: what was summed of them then is all there is
            if found is not None:
                db.execute(
                    "INSERT OR REPLACE INTO site_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        site,
                        point,
                        hour,
                        found.mask,
                        _masked(found),
                        found.accuracy,
                        found.meters,
                        found.silent,
                        _DATA_AND_DOUBT.pack(*found.joules, found.noise),
                        generation,
                    ),
                )
            elif (
                hour >= self.ledger.horizon
            ):  # before that its meters' hours may be gone, and the sum is all there is
                gone = db.execute(
                    "DELETE FROM site_hour WHERE site = ? AND point = ? AND hour = ?",
                    (site, point, hour),
                )
                if gone.rowcount:  # let whoever caches the hour notice, by its other points
                    db.execute(
                        "UPDATE site_hour SET generation = ? WHERE site = ? AND hour = ?",
                        (generation, site, hour),
                    )
        db.execute("DELETE FROM dirty WHERE hour = ?", (hour,))
        db.execute("INSERT OR REPLACE INTO state VALUES ('generation', ?)", (str(generation),))

    def _summed(
        self,
        db: sqlite3.Connection,
        key: tuple[str, str, int],
        parts: tuple[Part, ...],
        heard: _Heard,
    ) -> SiteHour | None:
        site, point, hour = key
        if not parts:
            return None
        if heard.is_even and point not in _PARTICULAR:
            return self._sum_even(site, point, parts, heard.hours)
        told = self._told(db, key, parts, heard.rows())
        return _sum((part, cells, self._is_register(site, part, hour)) for part, cells in told)

    def _told(
        self,
        db: sqlite3.Connection,
        key: tuple[str, str, int],
        parts: Iterable[Part],
        rows: Mapping[int, HourCells],
    ) -> list[tuple[Part, HourCells | None]]:
        """Return what each part of a point said of an hour, and how it counts."""
        site, point, hour = key
        if point == "export":
            sold = [(part, self._exported(db, site, part, hour, rows)) for part in parts]
            return [(part, cells) for part, cells in sold if cells is not None]
        told = [(part, self._cells(site, part, rows)) for part in parts]
        if point == "carbon":
            return [_emitted(part, cells, _year(hour, self.sites[site])) for part, cells in told]
        return told

    def meters_of(
        self, site: str, hour: int, points: Iterable[str]
    ) -> dict[str, list[tuple[Part, HourCells | None]]]:
        """Return what each meter of some points said of an hour, so that a sum can be done again; None of those not kept any more."""
        wanted = {(site, point): _parts(self.boundaries[site], point) for point in points}
        with self.ledger.reader.read() as db:
            rows = self._load(db, hour, wanted).rows()
            return {
                point: self._told(db, (site, point, hour), parts, rows)
                for (_, point), parts in wanted.items()
            }

    def _load(
        self, db: sqlite3.Connection, hour: int, wanted: Mapping[tuple[str, str], tuple[Part, ...]]
    ) -> _Heard:
        """Return what was heard in an hour of the meters of the points that are wanted."""
        ids = {
            n
            for (site, point), parts in wanted.items()
            for part, numbers in zip(parts, self._numbers(site, point, parts), strict=True)
            for n in (*numbers, *(self.numbers(site, replace(part, kind="")) if part.kind else ()))
        }  # of an export also what is bought there
        found = self._packed.at(db, hour, ids)
        # Of an hour that is packed there is next to nothing to pass over.
        few = (
            sorted(ids)
            if len(ids) * _WORTH_A_SCAN < self._meters and 2 * len(found) < len(ids)
            else None
        )
        for number, joules, covered in _at_hour(db, "hour", "meter, joules, covered", hour, few):
            if number in ids:
                found[number] = joules, covered
        cells = {n: data for n, data in _at_hour(db, "cell", "meter, data", hour, few) if n in ids}
        return _Heard(
            found, cells, not cells and all(covered >= HOUR_MS for _, covered in found.values())
        )

    def _numbers(self, site: str, point: str, parts: tuple[Part, ...]) -> list[list[int]]:
        """Return the numbers of the meters of each part of a point, from memory."""
        known = self._numbers_of.get((site, point))
        if known is None or known[0] != parts:
            known = self._numbers_of[site, point] = (
                parts,
                [self.numbers(site, part) for part in parts],
            )
        return known[1]

    def _sum_even(
        self, site: str, point: str, parts: tuple[Part, ...], even: Mapping[int, tuple[float, int]]
    ) -> SiteHour | None:
        """Add up an hour that is even in every meter: the same as `_sum`, at a tenth of its cost. Years of bills are like it."""
        silent = 0
        weight = weighted = 0.0
        for part, numbers in zip(parts, self._numbers(site, point, parts), strict=True):
            joules = next((even[n][0] for n in numbers if n in even), None)
            if joules is None:
                silent += 1
                continue
            joules *= part.factor
            weight += joules
            weighted += abs(joules) * part.accuracy
        if silent == len(parts):
            return None
        cells = (weight / CELLS,) * CELLS
        return SiteHour(
            0 if silent else FULL_MASK,
            cells,
            weighted / abs(weight) if weight else 0.0,
            len(parts),
            silent,
        )

    def numbers(self, site: str, part: Part) -> list[int]:
        """Return the ledger's numbers of the meters of a part, the newest first."""
        return [n for name in part.names for n in self._ids.get((site, name, part.kind), ())]

    def limits(self, number: int) -> Limits:
        """Return what a meter can show."""
        row = self._kinds[number]
        return self.ledger.limits(row.site, row.name, row.kind)

    def _cells(self, site: str, part: Part, rows: Mapping[int, HourCells]) -> HourCells | None:
        """Return a part's hour; where a meter was replaced within it, the new one's cells and then the old one's."""
        found: HourCells | None = None
        for number in self.numbers(site, part):
            cells = rows.get(number)
            if cells is not None:
                found = cells if found is None else _joined(found, cells)
        return found

    def _is_register(self, site: str, part: Part, hour: int) -> bool:
        """Tell whether a part had a register by the end of an hour, which was then made of its differences, not of power alone."""
        registers = [self._registers[n] for n in self.numbers(site, part) if n in self._registers]
        return any(register.since < hour + HOUR_MS for register in registers)

    def cut(self, site: str, points: tuple[str, ...], start: int, end: int) -> float:
        """Return by how many joules the energy at some points may be wrong for what the bounds of a window cut in two."""
        found = self._bridges_at.get((site, points))
        if found is None:
            found = self._bridges_at[site, points] = [
                (abs(part.factor), bridge)
                for point in points
                for part in (self.boundaries[site].parts.get(point, ()) if self._bridges else ())
                for number in self.numbers(site, part)
                for bridge in self._bridges.get(number, ())
            ]
        return bridges.VARIATION * sum(factor * bridge.cut(start, end) for factor, bridge in found)

    def steps(self, site: str, points: tuple[str, ...]) -> float:
        """Return the sum of the squares of the steps that the registers at some points count in, in square joules."""
        found = self._steps.get((site, points))
        if found is None:
            found = 0.0
            for part in (
                part for point in points for part in self.boundaries[site].parts.get(point, ())
            ):
                known = [
                    self._registers[n].step
                    for n in self.numbers(site, part)
                    if n in self._registers
                ]
                found += (part.factor * max(known, default=0.0)) ** 2
            self._steps[site, points] = found
        return found

    def _exported(
        self,
        db: sqlite3.Connection,
        site: str,
        part: Part,
        hour: int,
        rows: Mapping[int, HourCells],
    ) -> HourCells | None:
        """Return what left the site through a part in an hour; None where nothing of it can be missing."""
        bought = replace(part, kind="")
        meters = [
            (
                first_export(db, number),
                self._cells(site, replace(bought, names=(name,)), rows),
                rows.get(number),
            )
            for name in part.names
            for number in self._ids.get((site, name, "export"), ())
        ]
        return exported(hour, meters, self._cells(site, bought, rows))

    def exports_since(self, site: str, part: Part) -> int | None:
        """Return when the export register of a part was first read, in milliseconds; None where it never was."""
        with self.ledger.reader.read() as db:
            times = [
                time
                for number in self.numbers(site, part)
                if (time := first_export(db, number)) is not None
            ]
        return min(times, default=None)

    def hour(self, site: str, hour: int) -> dict[str, SiteHour]:
        """Return one hour of a site, by point."""
        return self.hours(site, hour, hour + 1).get(hour, {})

    def hours(self, site: str, start: int, end: int) -> dict[int, dict[str, SiteHour]]:
        """Return a site's hours that begin between two times, by point."""
        found: dict[int, dict[str, SiteHour]] = {}
        with self.ledger.reader.read() as db:
            for point in _STORED:  # by name: SQLite would look at every hour there is to list them
                rows = db.execute(
                    "SELECT hour, mask, accuracy, meters, silent, data FROM site_hour"
                    " WHERE site = ? AND point = ? AND hour >= ? AND hour < ?",
                    (site, point, start, end),
                )
                for hour, mask, accuracy, meters, silent, data in rows:
                    found.setdefault(hour, {})[point] = _unpacked(
                        mask, data, accuracy, meters, silent
                    )
        return found

    def changed(self, generation: int | None) -> tuple[int, set[tuple[str, int]]]:
        """Return the present generation and the (site, hour) written since another; any process may have written them.

        Who has read nothing yet gives None, and has missed nothing.
        """
        with self.ledger.reader.read() as db:
            if generation is None:
                return int(
                    db.execute("SELECT coalesce(max(generation), 0) FROM site_hour").fetchone()[0]
                ), set()
            rows = db.execute(
                "SELECT site, hour, generation FROM site_hour WHERE generation > ?", (generation,)
            ).fetchall()
        return max((row[2] for row in rows), default=generation), {(row[0], row[1]) for row in rows}

    def joules(self, site: str) -> dict[str, float]:
        """Return the energy since the ledger began, by point, over the time that each was covered.

        `it` is each hour's energy at the deepest point that is wholly covered in it, or else at the one that has most.
        """
        points = self.boundaries[site].it_candidates
        depths = (
            " ".join(f"WHEN ? THEN {depth}" for depth, _ in enumerate(points)) or "WHEN '' THEN 0"
        )
        with self.ledger.reader.read() as db:
            rows = db.execute(
                "SELECT point, sum(joules) FROM site_hour WHERE site = ? GROUP BY point", (site,)
            )
            found = {point: float(total) for point, total in rows}
            # SQLite takes `joules` from the row that has the minimum.
            query = (
                f"SELECT sum(joules) FROM (SELECT joules, min(CASE WHEN mask = {FULL_MASK} THEN CASE point {depths} END"  # noqa: S608 - numbers and marks
                f" ELSE 10.0 - joules / 1e18 END) FROM site_hour WHERE site = ? AND point IN ({','.join('?' * len(points))})"
                " GROUP BY hour)"
            )
            it = db.execute(query, (*points, site, *points)).fetchone()[0]
        return found if it is None else found | {"it": float(it)}

    def carbon_basis(self, site: str, start: int, end: int) -> str:
        """Say how the carbon of a site's supplies is reckoned in the years of a window: location, market or both."""
        years = range(
            _year(start, self.sites[site]), _year(max(start, end - 1), self.sites[site]) + 1
        )
        supplies = [
            part for part in _parts(self.boundaries[site], "carbon") if not part.is_fuelless
        ]
        return " and ".join(
            sorted(
                {one.basis for part in supplies for year in years if (one := part.emission(year))}
            )
        )

    def silent(self, site: str, start: int, end: int) -> dict[str, list[str]]:
        """Name, by point, the parts that were not heard at all between two hours."""
        boundary = self.boundaries[site]
        with self.ledger.reader.read() as db:
            heard = heard_between(db, start - start % HOUR_MS, end)
        return {
            point: names
            for point, parts in boundary.parts.items()
            if (
                names := [
                    p.name
                    for p in parts
                    if self._is_due(site, p, end) and heard.isdisjoint(self.numbers(site, p))
                ]
            )
        }

    def _is_due(self, site: str, part: Part, end: int) -> bool:
        """Tell whether a part must have been heard before `end`; an export register not before its first reading."""
        if not part.kind:
            return True
        first = self.exports_since(site, part)
        return first is not None and first < end


def _at_hour(
    db: sqlite3.Connection, table: str, columns: str, hour: int, meters: Sequence[int] | None
) -> Iterable[Any]:
    query = f"SELECT {columns} FROM {table} WHERE hour = ?"  # noqa: S608 - two tables
    if meters is None:
        return db.execute(query, (hour,))
    return (row for n in meters for row in db.execute(query + " AND meter = ?", (hour, n)))


def _parts(boundary: Boundary, point: str) -> tuple[Part, ...]:
    """Return the parts of a point.

    Of `green`, the supplies that are renewable, weighted by how much of them is; of `carbon`, all that comes in, where the
    carbon of any of it is known.
    """
    if point == "carbon":
        supplies = [part for each in (*INCOMING, "bought") for part in boundary.parts.get(each, ())]
        return tuple(supplies) if any(part.emissions for part in supplies) else ()
    if point != "green":
        return boundary.parts.get(point, ())
    own = tuple(replace(part, renewable=1.0) for part in boundary.parts.get("renewable", ()))
    bought = tuple(part for part in boundary.parts.get("utility", ()) if part.renewable)
    return tuple(replace(part, factor=part.factor * part.renewable) for part in (*own, *bought))


def _emitted(part: Part, cells: HourCells | None, year: int) -> tuple[Part, HourCells | None]:
    """Weigh a supply by its carbon, in kilograms a joule; energy of which nobody says it is missing, unless there is none."""
    emission = part.emission(year)
    if emission is None:
        return replace(part, factor=0.0), None if cells is None or any(cells.joules) else cells
    return replace(
        part, factor=part.share * emission.kilograms_per_kilowatt_hour / _JOULES_PER_KWH
    ), cells


def _year(hour: int, site: Site) -> int:
    return dt.datetime.fromtimestamp(hour / 1000, site.zone).year


def _unpacked(mask: int, data: bytes, accuracy: float, meters: int, silent: int) -> SiteHour:
    """Read a row; those of an earlier version do not say what is uncertain."""
    if len(data) == _DATA.size:
        return SiteHour(mask, _DATA.unpack(data), accuracy, meters, silent)
    *joules, noise = _DATA_AND_DOUBT.unpack(data)
    return SiteHour(mask, tuple(joules), accuracy, meters, silent, noise)


def _digests(boundary: Boundary) -> dict[str, str]:
    digests = {}
    for point in _METERED:
        text = repr(
            [
                (p.names, p.accuracy, p.factor, p.share, p.renewable, p.emissions)
                for p in boundary.parts.get(point, ())
            ]
        )
        digests[point] = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return digests


def _joined(newer: HourCells, older: HourCells) -> HourCells:
    joined = HourCells(newer.joules, newer.covered)
    for n in range(CELLS):
        if newer.covered[n] >= CELL_MS:
            continue
        if older.covered[n] >= CELL_MS:
            joined.joules[n], joined.covered[n] = older.joules[n], older.covered[n]
        else:
            joined.joules[n] += older.joules[n]
            joined.covered[n] = min(CELL_MS, joined.covered[n] + older.covered[n])
    return joined


def _sum(parts: Iterable[tuple[Part, HourCells | None, bool]]) -> SiteHour | None:
    """Add up the parts of a point, each with whether a register counted it; None where not one of them was heard."""
    mask, meters, silent = FULL_MASK, 0, 0
    joules = [0.0] * CELLS
    weight = weighted = noise = 0.0
    for part, cells, counted in parts:
        meters += 1
        if cells is None:
            silent += 1
            mask = 0
            continue
        mask &= cells.mask
        values = (
            cells.joules if part.factor == 1.0 else [value * part.factor for value in cells.joules]
        )
        joules = list(map(add, joules, values))
        total = sum(values)
        weight += total
        weighted += abs(total) * part.accuracy  # an error of what is taken off is one of the rest
        if not counted:
            noise += integration_variance(values, cells.mask)
    if silent == meters:
        return None
    return SiteHour(
        mask, tuple(joules), weighted / abs(weight) if weight else 0.0, meters, silent, noise
    )


def _was_more(db: sqlite3.Connection, site: str, point: str, hour: int, mask: int) -> bool:
    row = db.execute(
        "SELECT mask FROM site_hour WHERE site = ? AND point = ? AND hour = ?", (site, point, hour)
    ).fetchone()
    return point == "pdu_output" and row is not None and bool(row[0] & ~mask)


def _masked(hour: SiteHour) -> float:
    return sum(value for n, value in enumerate(hour.joules) if hour.mask >> n & 1)
