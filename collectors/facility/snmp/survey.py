"""Looks at a device that no profile fits: what it is, and which of its tables hold readings."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from collectors.base import CollectError
from collectors.facility.snmp.entries import Entries
from collectors.facility.snmp.guess import VOLTS, Guess, guess
from collectors.facility.snmp.point import text_of
from collectors.facility.snmp.recognise import ENTERPRISES, Identity, identify, maker_of
from collectors.facility.snmp.relate import relate
from collectors.facility.snmp.unread import LIMIT, SECONDS

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel
    from collectors.facility.snmp.point import Raw

SOFTWARE: Final = frozenset({"2021", "8072"})
"""Enterprise numbers of the software on a card (UCD-SNMP, Net-SNMP): not of the device."""
_BRANCHES: Final = 16
_SAMPLES: Final = 4
_PHASES: Final = 3
_MOST_THREES: Final = 24
"""More are no values of three phases; to compare each with each would take minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column, or a scalar: its number of rows, some of its values, and what they may be."""

    number: str
    rows: int
    samples: Sequence[str]
    guess: Guess | None
    names: bool
    """Whether it is texts that tell the rows apart."""
    question: str = ""
    """What a person must say of it, where its size alone would mislead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table by its entry, with the number of parts of its index."""

    oid: str
    parts: int
    columns: Sequence[Column]

    @property
    def sure(self) -> bool:
        """Whether a column looks like an electrical or climate reading."""
        return any(one.guess is not None and one.guess.sure for one in self.columns)


@dataclass(slots=True, kw_only=True)
class Survey:
    """What an unknown device has: makers' branches, tables, and scalars by their OID.

    `note` says why the look ended early; it is empty otherwise.
    """

    identity: Identity
    makers: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    scalars: list[Column] = field(default_factory=list)
    note: str = ""


async def survey(channel: Channel, seconds: float = SECONDS) -> Survey:
    """Walk the makers' branches of a device, within limits; raises CollectError if it is silent."""
    found = Survey(identity=await identify(channel))
    objects: dict[str, Raw] = {}
    try:
        async with asyncio.timeout(seconds):
            found.makers = [maker async for maker in _makers(channel)]
            for maker in found.makers:
                if maker in SOFTWARE:
                    continue
                branch = f"{ENTERPRISES}.{maker}"
                beneath: dict[str, Raw] = {}
                try:
                    await channel.walk(branch, LIMIT - len(objects), into=beneath)
                finally:
                    objects |= {f"{branch}.{rest}": raw for rest, raw in beneath.items()}
    except TimeoutError:
        found.note = f"{seconds:g} seconds"
    except CollectError as error:
        found.note = str(error)
    sort(objects, found)
    return found


async def _makers(channel: Channel) -> AsyncIterator[str]:
    at = ENTERPRISES
    for _ in range(_BRANCHES):
        following = await channel.next(at)
        maker = maker_of(following or "")
        if not maker:
            return
        yield maker
        at = f"{ENTERPRISES}.{int(maker) + 1}"


def sort(objects: Mapping[str, Raw], found: Survey) -> None:
    """Put objects into tables and scalars. Pure, no I/O."""
    entries = Entries(objects)
    columns: dict[str, dict[str, Raw]] = {}
    for oid, raw in objects.items():
        column, row = entries.column_of(oid)
        columns.setdefault(column, {})[row] = raw
    tables: dict[str, dict[str, dict[str, Raw]]] = {}
    for column, rows in columns.items():
        entry, _, number = column.rpartition(".")
        if "" in rows:
            found.scalars.append(_column(column, rows))
        else:
            tables.setdefault(entry, {})[number] = rows
    for entry, held in tables.items():
        sizes = Counter(len(row.split(".")) for rows in held.values() for row in rows)
        parts = sizes.most_common(1)[0][0]
        fitting = {
            number: {row: raw for row, raw in rows.items() if len(row.split(".")) == parts}
            for number, rows in held.items()
        }
        made = [_column(number, rows) for number, rows in fitting.items() if rows]
        related = _related(made, {number: rows for number, rows in fitting.items() if rows})
        found.tables.append(Table(oid=entry, parts=parts, columns=related))
    groups: dict[str, list[Column]] = {}
    for one in found.scalars:
        groups.setdefault(_branch(one)[0], []).append(one)
    found.scalars[:] = [
        related
        for group in groups.values()
        for related in _of_phases(group, {one.number: columns[one.number].get("") for one in group})
    ]


def _branch(scalar: Column) -> tuple[str, int]:
    """Return the branch of a scalar, and its number there."""
    branch, _, number = scalar.number.removesuffix(".0").rpartition(".")
    return branch, int(number)


def _are_volts(values: Sequence[Raw]) -> bool:
    found = guess(values)
    return found is not None and found.what == VOLTS.what


def _of_phases(group: Sequence[Column], held: Mapping[str, Raw]) -> list[Column]:
    """Mend the guesses of scalars that stand in threes, one for each phase, by their relations.

    The first three are volts; amperes, watts and so on follow in threes. Scalars that stand alone
    are not compared: in one row, any size fits by chance.
    """
    places = {_branch(one)[1]: one for one in group}
    threes: dict[str, list[Column]] = {}
    taken: set[str] = set()
    for start in sorted(places):
        three = [places[at] for at in range(start, start + _PHASES) if at in places]
        if len(three) < _PHASES or any(one.number in taken for one in three):
            continue
        if threes or _are_volts([held[one.number] for one in three]):
            threes[three[0].number] = three
            taken |= {one.number for one in three}
    if len(threes) > _MOST_THREES:
        return list(group)
    values = {key: [held[one.number] for one in three] for key, three in threes.items()}
    numbers = {
        key: [float(one) for one in raw if isinstance(one, (int, float))]
        for key, raw in values.items()
    }
    numbers = {key: raw for key, raw in numbers.items() if len(raw) == _PHASES}
    told = relate(numbers, {key: guess(values[key]) for key in numbers})
    mended = {one.number: key for key, three in threes.items() for one in three if key in numbers}
    return [
        replace(
            one,
            guess=None if key in told.questions else told.guesses.get(key, one.guess),
            question=told.questions.get(key, one.question),
        )
        if (key := mended.get(one.number, "")) in {*told.guesses, *told.questions}
        else one
        for one in group
    ]


def _related(made: Sequence[Column], held: Mapping[str, Mapping[str, Raw]]) -> list[Column]:
    """Mend the guesses of columns that stand beside each other by their relations."""
    rows = sorted(set().union(*held.values()))
    numbers = {
        number: values
        for number, own in held.items()
        if len(values := [float(v) for row in rows if isinstance(v := own.get(row), (int, float))])
        == len(rows)
    }
    told = relate(numbers, {one.number: one.guess for one in made})
    return [
        replace(
            one,
            guess=None if one.number in told.questions else told.guesses.get(one.number, one.guess),
            question=told.questions.get(one.number, ""),
        )
        for one in made
    ]


def _column(number: str, rows: Mapping[str, Raw]) -> Column:
    values = list(rows.values())
    texts = [text_of(value) for value in values if isinstance(value, bytes)]
    own = all(str(value) in row.split(".") for row, value in rows.items())  # the row's own number
    found = None if own else guess(values)
    return Column(
        number=number,
        rows=len(rows),
        samples=list(dict.fromkeys(map(text_of, values)))[:_SAMPLES],
        guess=found,
        names=found is None
        and len(texts) == len(values)
        and len(set(texts)) == len(texts)
        and all(text and text.isprintable() for text in texts),
    )


def readings(found: Survey) -> Iterator[tuple[Table | None, Column]]:
    """Yield what may be a reading, with its table; None for a scalar."""
    for table in found.tables:
        yield from ((table, one) for one in table.columns if one.guess is not None)
    yield from ((None, one) for one in found.scalars if one.guess is not None)
