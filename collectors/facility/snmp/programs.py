"""What is known of the devices that were discovered before: one that is alike needs no work twice.

To make a program takes some milliseconds, and each object of it some hundred bytes. A hub has tens
of thousands of devices of a few makes. Two devices are alike if they have the same rows, the same
texts that describe these, and a value at discovery in the same objects. Texts that are only told,
such as what operators call their outlets, are each device's own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from collectors.facility.snmp.plan import constants_of, program_of
from collectors.facility.snmp.point import text_of
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.rows import columns_to_walk, describing_columns, objects_to_get
from collectors.facility.snmp.table import placeholders

if TYPE_CHECKING:
    from collectors.facility.naming import Name, Naming
    from collectors.facility.snmp.plan import Asked, Made
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.facility.snmp.rows import Rows

_MOST_PROFILES: Final = 64
_MOST_KINDS: Final = 32
"""How many kinds of devices of one profile are known at once."""
_MOST_SEEN: Final = 10_000
_MOST_ROWS: Final = 1000
"""A device with more rows in all columns, such as a switch, shares nothing: it would fill the
memory."""
_MOST_ALIKE: Final = 8
"""How many programs of devices with the same rows are known: values may be missing elsewhere."""

T = TypeVar("T")


class _Kinds(Generic[T]):
    """What was made for the kinds of devices of a profile.

    It is kept from the second device of a kind on: where each device has rows of its own, nothing
    that is kept would be of use.
    """

    def __init__(self) -> None:
        self._kept: Final[OrderedDict[Hashable, T]] = OrderedDict()
        self._seen: Final[set[int]] = set()

    def get(self, key: Hashable) -> T | None:
        """Return what was made for a kind; None if nothing is kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, made: T) -> None:
        """Keep what was made for a kind, if it is not the first device of it."""
        number = hash(key)
        if number not in self._seen:
            if len(self._seen) >= _MOST_SEEN:
                self._seen.clear()
            self._seen.add(number)
            return
        if len(self._kept) >= _MOST_KINDS:
            self._kept.popitem(last=False)
        self._kept[key] = made


class _OfProfile:
    """What is known of the devices of one profile, by their rows."""

    def __init__(self, profile: SnmpProfile) -> None:
        self.profile: Final = profile
        self.columns: Final[dict[frozenset[str], Sequence[str]]] = {}
        self.objects: Final[_Kinds[Sequence[str]]] = _Kinds()
        self.made: Final[_Kinds[list[Made]]] = _Kinds()
        self._values: Final = frozenset(_values_alone(profile))
        self._texts: Final = tuple(f"{oid}." for oid in _texts_alone(profile))
        """The columns of free texts: the names that operators give to outlets."""

    def key(self, rows: Rows, asked: Asked) -> Hashable:
        """Return what makes a program another one, but for which objects have a value."""
        objects, values = rows.objects, self._values
        return (
            asked,
            _indices(rows),
            tuple([oid for oid, raw in objects.items() if oid in values and raw is not None]),
            tuple(
                [
                    (oid, text_of(raw))
                    for oid, raw in objects.items()
                    if oid not in values and not oid.startswith(self._texts)
                ]
            ),
        )

    def constants(
        self, rows: Rows, naming: Naming, asked: Asked
    ) -> Sequence[tuple[Name, float]] | None:
        """Return a device's own constants; None where all devices with these rows have the same."""
        return constants_of(self.profile, rows, naming, asked) if self._texts else None


class Programs:
    """Makes plans; it remembers the last few kinds of devices."""

    def __init__(self) -> None:
        self._profiles: Final[OrderedDict[int, _OfProfile]] = OrderedDict()

    def columns(self, profile: SnmpProfile, levels: frozenset[str]) -> Sequence[str]:
        """Return the columns to walk at discovery, as `rows.columns_to_walk` does."""
        known = self._of(profile).columns
        if levels not in known:
            known[levels] = columns_to_walk(profile, levels)
        return known[levels]

    def objects(self, profile: SnmpProfile, rows: Rows, levels: frozenset[str]) -> Sequence[str]:
        """Return the single objects to read at discovery, as `rows.objects_to_get` does."""
        if sum(map(len, rows.columns.values())) > _MOST_ROWS:
            return objects_to_get(profile, rows, levels)
        known, key = self._of(profile).objects, (levels, _indices(rows))
        found = known.get(key)
        if found is None:
            found = objects_to_get(profile, rows, levels)
            known.put(key, found)
        return found

    def plan(self, profile: SnmpProfile, rows: Rows, naming: Naming, asked: Asked) -> Plan:
        """Make the plan of a device from the rows found at discovery."""
        if naming.linked or sum(map(len, rows.columns.values())) > _MOST_ROWS:
            # Which names of linked units are alike is the config's matter.
            return Plan(program_of(profile, rows, naming, asked).program, naming)
        of = self._of(profile)
        key = of.key(rows, asked)
        alike = of.made.get(key)
        for made in alike or ():
            if made.fits(rows):
                plan = Plan(made.program, naming, of.constants(rows, naming, asked))
                if plan.is_distinct:
                    return plan
        made = program_of(profile, rows, naming, asked)
        if not made.fits(rows):  # an object that is read and describes a row changed meanwhile
            return Plan(made.program, naming)
        if alike is None:
            of.made.put(key, [made])
        else:
            alike[:] = [*alike[-_MOST_ALIKE + 1 :], made]
        return Plan(made.program, naming)

    def _of(self, profile: SnmpProfile) -> _OfProfile:
        # By its number, since profiles cannot be hashed; what is known holds the profile.
        number = id(profile)
        found = self._profiles.get(number)
        if found is None:
            if len(self._profiles) >= _MOST_PROFILES:
                self._profiles.popitem(last=False)
            found = self._profiles[number] = _OfProfile(profile)
        self._profiles.move_to_end(number)
        return found


def _indices(rows: Rows) -> Hashable:
    return tuple([(column, tuple(found)) for column, found in rows.columns.items()])


def _values_alone(profile: SnmpProfile) -> Iterable[str]:
    """Yield the scalars of a profile that say nothing of other objects."""
    describing = tuple(
        f"{table.column(name).oid}." for table in profile.tables.values() for name in table.columns
    )
    for reading in profile.readings:
        if reading.oid and not reading.oid.startswith(describing):
            yield reading.oid


def _texts_alone(profile: SnmpProfile) -> set[str]:
    """Return the columns that stand in labels of constants alone: they change nothing else."""
    told: set[str] = set()
    used: set[str] = set()
    for reading in profile.readings:
        if not reading.table:
            continue
        table = profile.tables[reading.table]
        columns = describing_columns(table, reading)
        choosing = placeholders(table.unit) | table.choice_names()
        choosing |= {name for key, name in reading.names() if key != "labels"}
        for name, column in columns.items():
            is_told = reading.constant is not None and name not in choosing
            (told if is_told else used).add(column.oid)
    return told - used


PROGRAMS: Final = Programs()
"""Those of this process."""
