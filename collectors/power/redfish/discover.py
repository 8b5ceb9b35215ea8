"""Find out where a service keeps what is wanted, so that a round is as few requests as it can be.

Services differ in which schemas they have, and in which of those have readings. So each place a
reading may come from is looked at once, best first, and the first that has the reading is the one
asked from then on: new schemas before the old ones they replace, a reading of the whole chassis
before a sum. Nothing is taken from two places, so nothing is counted twice.

Rounds never send If-None-Match: a tag, above all a weak one, may stay while a reading moves (RFC
9110, 8.8.1), and a frozen reading would look alive. Where a service stands still is asked so: one
that has changed nothing is not looked through again.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from collectors.base import BadReply, Metric
from collectors.catalogue import facility, node
from collectors.labels import safe_label
from collectors.power.redfish import equipment, rows
from collectors.power.redfish.body import gone, inner, link, links, local, objects, text
from collectors.power.redfish.link import Missing

if TYPE_CHECKING:
    from collectors.power.redfish.body import Document
    from collectors.power.redfish.link import Link
    from collectors.power.redfish.rows import Row

log: Final = logging.getLogger(__name__)

_MAX_MEMBERS: Final = 512
_MAX_PAGES: Final = 32
_MAX_SINGLE: Final = 64
"""Members read one by one at most, where a service cannot send a collection in one piece."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """A kind of document: where it stands, what reads it, and its groups of metrics."""

    path: tuple[str, ...]
    rows: Callable[[Sequence[Document], frozenset[str]], Iterable[Row]]
    groups: tuple[str, ...]
    members: bool = False
    """Whether it is a collection, and its members are meant."""
    part: str = ""
    """A link in each member whose document belongs into it."""
    few: bool = False
    """Whether only a few of its members have what is wanted, and are then read one by one."""


GROUPS: Final[Mapping[Metric, str]] = {
    node.NODE_POWER: "power",
    node.NODE_ENERGY: "energy",
    node.NODE_INLET: "inlet",
    node.NODE_EXHAUST: "exhaust",
    node.NODE_FAN_SPEED: "fans",
    node.NODE_FAN_RPM: "fans",
    node.NODE_SUPPLY_POWER: "supplies",
    node.NODE_SUPPLY_VOLTAGE: "supplies",
    node.NODE_SUPPLY_HEALTHY: "supplies",
    facility.PDU_POWER: "power",
    facility.PDU_APPARENT_POWER: "power",
    facility.PDU_POWER_FACTOR: "power",
    facility.PDU_ENERGY: "energy",
    facility.PDU_FREQUENCY: "frequency",
    facility.PDU_PHASE_CURRENT: "phases",
    facility.PDU_PHASE_VOLTAGE: "phases",
    facility.PDU_PHASE_POWER: "phases",
    facility.PDU_BANK_CURRENT: "branches",
    facility.PDU_OUTLET_POWER: "outlets",
    facility.PDU_OUTLET_CURRENT: "outlets",
    facility.PDU_OUTLET_VOLTAGE: "outlets",
    facility.PDU_OUTLET_ENERGY: "outlets",
    facility.PDU_OUTLET_INFO: "outlets",
    facility.SENSOR_TEMPERATURE: "air",
    facility.SENSOR_HUMIDITY: "air",
}
"""What comes from one place belongs together: metrics of a group are all taken from the same kind
of document."""

LEVELS: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("inlet", "exhaust", "air"),
    "fans": ("fans",),
    "supplies": ("supplies",),
    "phases": ("frequency", "phases"),
    "branches": ("branches",),
    "outlets": ("outlets",),
}
"""The groups by what the config calls them; power and energy are always read."""


_SUPPLIES: Final = ("PowerSubsystem", "PowerSupplies")
NODE_KINDS: Final = (
    Kind(path=("EnvironmentMetrics",), rows=rows.environment, groups=("power", "energy", "fans")),
    Kind(path=("Power",), rows=rows.control, groups=("power",)),
    Kind(path=_SUPPLIES, rows=rows.supplies, groups=("supplies",), members=True, part="Metrics"),
    Kind(path=("Power",), rows=rows.old_supplies, groups=("supplies",)),
    Kind(
        path=("ThermalSubsystem", "ThermalMetrics"),
        rows=rows.thermal_metrics,
        groups=("inlet", "exhaust"),
    ),
    Kind(path=("ThermalSubsystem", "Fans"), rows=rows.fans, groups=("fans",), members=True),
    Kind(path=("Thermal",), rows=rows.thermal, groups=("inlet", "exhaust", "fans")),
    Kind(
        path=("Sensors",),
        rows=rows.sensors,
        groups=("power", "energy", "inlet", "exhaust"),
        members=True,
        few=True,
    ),
    Kind(path=_SUPPLIES, rows=rows.supply_sum, groups=("power",), members=True, part="Metrics"),
    Kind(path=("Power",), rows=rows.old_supply_sum, groups=("power",)),
)
"""Where a chassis may keep a node's readings, best first."""
EQUIPMENT_KINDS: Final = (
    Kind(path=("Metrics",), rows=equipment.distribution, groups=("power", "energy")),
    Kind(
        path=("Mains",),
        rows=equipment.mains,
        groups=("power", "energy", "frequency", "phases"),
        members=True,
    ),
    Kind(path=("Branches",), rows=equipment.branches, groups=("branches",), members=True),
    Kind(path=("Outlets",), rows=equipment.outlets, groups=("outlets",), members=True),
    Kind(path=("Sensors",), rows=equipment.probes, groups=("air",), members=True, few=True),
    Kind(path=("Metrics",), rows=equipment.climate, groups=("air",)),
)
"""Where power equipment keeps its readings, best first."""


class Place(NamedTuple):
    """Where documents are: single ones, or a collection's members; `part` as a kind has it."""

    uris: tuple[str, ...] = ()
    collection: str = ""
    part: str = ""


class Source(NamedTuple):
    """One place that is read in each round, and which groups are taken from it, by which kind."""

    place: Place
    takes: tuple[tuple[Kind, frozenset[str]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is asked in every round."""

    subject: str
    """The Id of the chassis or equipment that was chosen."""
    others: tuple[str, ...]
    """The Ids of those that were not."""
    sources: tuple[Source, ...]
    owners: frozenset[str] = frozenset()
    """The chassis and its systems."""
    states: tuple[str, ...] = ()
    """Where it says whether it is switched on."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """By URI, the ETags by which the service can tell that nothing has changed.

    Empty where it cannot, or not all was there.
    """


class Reader:
    """Reads places of one service, each document once."""

    def __init__(self, connection: Link) -> None:
        self.link = connection
        self.tags: dict[str, str] = {}
        self._documents: dict[str, Document] = {}
        self._places: dict[Place, tuple[Document, ...]] = {}

    async def get(self, uri: str) -> Document:
        """Return one document; its ETag is kept."""
        if uri not in self._documents:
            reply = await self.link.get(uri)
            assert reply is not None
            self._documents[uri] = reply.document
            self.tags[uri] = reply.headers.get("ETag", "")
        return self._documents[uri]

    async def documents(self, place: Place) -> tuple[Document, ...]:
        """Return all documents of a place, each with its part in it.

        Those the service names, but has not, are left out.
        """
        if place not in self._places:
            found = [one for uri in place.uris if (one := await self._get_or_none(uri)) is not None]
            if place.collection:
                found += await self._collection(place.collection, 2 if place.part else 1)
            if place.part:
                found = [await self._with_part(one, place.part) for one in found]
            self._places[place] = tuple(found)
        return self._places[place]

    async def resolve(self, subject: Document, kind: Kind) -> Place | None:
        """Return where a kind's documents are, walking from link to link.

        None where the service does not have them.
        """
        uri = link(subject, kind.path[0])
        for step in kind.path[1:]:
            between = await self._get_or_none(uri) if uri else None
            uri = link(between, step) if between else ""
        if not uri:
            return None
        return (
            Place(collection=uri, part=kind.part)
            if kind.members
            else Place(uris=(uri,), part=kind.part)
        )

    async def _get_or_none(self, uri: str) -> Document | None:
        try:
            return await self.get(uri)
        except Missing:
            return None

    async def _collection(self, uri: str, levels: int) -> list[Document]:
        """Return a collection's members: in one request (`$expand`), else one by one."""
        found: list[Document] = []
        pages: set[str] = set()
        while uri and uri not in pages and len(pages) < _MAX_PAGES:
            pages.add(uri)
            page = await self._page(uri, levels)
            members = objects(page, "Members")
            if (
                len(found) + len(members) > _MAX_MEMBERS
                or sum(len(one) <= 1 for one in members) > _MAX_SINGLE
            ):
                log.debug("%s: %s has too many members, and is not read", self.link.origin, uri)
                return []
            found += [whole for one in members if (whole := await self._whole(one)) is not None]
            uri = local(page.get("Members@odata.nextLink"))
        return found

    async def _page(self, uri: str, levels: int) -> Document:
        expand = "" if "?" in uri else self.link.expand
        if expand:
            depth = f"($levels={levels})" if 1 < levels <= self.link.levels else ""
            with contextlib.suppress(BadReply):  # it says that it can, but cannot
                return await self.get(f"{uri}?$expand={expand}{depth}")
        page = await self._get_or_none(uri)
        if expand and page is not None:
            self.link.expand = ""
        return page or {}

    async def _whole(self, member: object) -> Document | None:
        """Return a document that may be here as no more than a link to itself."""
        if isinstance(member, dict) and len(member) > 1:
            return member
        uri = link({"member": member}, "member")
        return await self._get_or_none(uri) if uri else None

    async def _with_part(self, document: Document, part: str) -> Document:
        found = await self._whole(document.get(part)) if not gone(document) else None
        return document if found is None else document | {part: found}


async def unchanged(connection: Link, plan: Plan) -> bool:
    """Tell whether a service says that all a plan was made from is as it was.

    One that gives no ETags never does.
    """
    for uri, tag in plan.tags.items():
        if await connection.get(uri, etag=tag) is not None:
            return False
    return bool(plan.tags)


async def find_node(connection: Link, wanted: str, groups: frozenset[str]) -> Plan:
    """Find out how to read a node: its chassis, by Id where one is wanted.

    Raises BadReply where there is none.
    """
    reader = Reader(connection)
    root = await connection.root()
    chassis = await reader.documents(
        Place(collection=link(root, "Chassis") or "/redfish/v1/Chassis")
    )
    chosen = rows.choose_chassis(chassis, wanted)
    if chosen is None:
        raise BadReply(f"it has no chassis{' ' if wanted else ''}{wanted}{_named(chassis)}")
    own = local(chosen.get("@odata.id"))
    systems = tuple(links(inner(chosen, "Links"), "ComputerSystems"))
    return await _plan(
        reader,
        chosen,
        chassis,
        NODE_KINDS,
        groups,
        states=systems or (own,),
        owners=frozenset({own, *systems}),
    )


async def find_equipment(connection: Link, wanted: str, groups: frozenset[str]) -> Plan:
    """Find out how to read a PDU.

    Raises BadReply where there is none, or several of which none is named by its Id.
    """
    reader = Reader(connection)
    uri = link(await connection.root(), "PowerEquipment")
    if not uri:
        raise BadReply("it has no power equipment")
    overview = await reader.get(uri)
    collections = [found for name in equipment.COLLECTIONS if (found := link(overview, name))]
    there = [
        one
        for found in collections
        for one in await reader.documents(Place(collection=found))
        if not gone(one)
    ]
    fitting = [one for one in there if wanted in ("", text(one, "Id"))]
    if len(fitting) != 1:
        what = (
            "it has several PDUs; say which by `id`"
            if fitting
            else f"it has no PDU {wanted}".rstrip()
        )
        raise BadReply(f"{what}{_named(there)}")
    return await _plan(reader, fitting[0], there, EQUIPMENT_KINDS, groups)


def _name(document: Document) -> str:
    return safe_label(text(document, "Id"))  # it is logged


def _named(there: Sequence[Document]) -> str:
    names = ", ".join(map(_name, there))
    return f"; it has {names[:200]}" if names else ""


async def _plan(
    reader: Reader,
    chosen: Document,
    there: Sequence[Document],
    kinds: Sequence[Kind],
    groups: frozenset[str],
    *,
    states: tuple[str, ...] = (),
    owners: frozenset[str] = frozenset(),
) -> Plan:
    """Look at each place that may have what is still open, and keep the first that has it."""
    won: dict[str, tuple[Kind, Place]] = {}
    settled: set[str] = set()
    for kind in kinds:
        wanted = groups.intersection(kind.groups) - settled
        place = await reader.resolve(chosen, kind) if wanted else None
        if place is None:
            continue
        documents = await reader.documents(place)
        found = list(kind.rows(documents, owners))
        having = {GROUPS[row.metric] for row in found if row.value is not None} & wanted
        naming = {GROUPS[row.metric] for row in found} & wanted - won.keys()
        lasting = _lasting(
            place, kind, documents, having | naming, owners, whole=bool(reader.link.expand)
        )
        won |= dict.fromkeys(having | naming, (kind, lasting))
        settled |= having
    sources = _sources(won)
    asked = {uri for place, _ in sources for uri in (*place.uris, place.collection)}
    tags = {uri: tag for uri, tag in reader.tags.items() if uri.partition("?")[0] not in asked}
    return Plan(
        subject=_name(chosen),
        others=tuple(_name(one) for one in there if one is not chosen),
        sources=sources,
        states=states,
        owners=owners,
        tags=tags if all(tags.values()) and settled >= won.keys() else {},
    )


def _lasting(
    place: Place,
    kind: Kind,
    documents: Sequence[Document],
    groups: set[str],
    owners: frozenset[str],
    *,
    whole: bool,
) -> Place:
    """Return what rounds are to read: the members that have something to say.

    It is all of them where the service gives the collection in one piece.
    """
    if not kind.members or (whole and not kind.few):
        return place
    useful = [
        one
        for one in documents
        if not kind.few or any(GROUPS[row.metric] in groups for row in kind.rows([one], owners))
    ]
    uris = tuple(local(one.get("@odata.id")) for one in useful)
    return Place(uris=uris, part=place.part) if all(uris) else place


def _sources(won: Mapping[str, tuple[Kind, Place]]) -> tuple[Source, ...]:
    """Order what was found by place: each is read once, whatever is taken from it."""
    places: dict[Place, dict[Kind, set[str]]] = {}
    for group, (kind, place) in won.items():
        places.setdefault(place, {}).setdefault(kind, set()).add(group)
    return tuple(
        Source(place, tuple((kind, frozenset(groups)) for kind, groups in takes.items()))
        for place, takes in places.items()
    )


def requests_of(plan: Plan) -> int:
    """Return how many requests a round takes.

    More where a collection that comes in one piece does not bring all its parts.
    """
    return sum(
        len(source.place.uris) * (2 if source.place.part else 1) + bool(source.place.collection)
        for source in plan.sources
    )
