"""Find where a service has the wanted readings, so that a round takes few requests.

Services differ in their schemas, and in the schemas that have readings. So every possible place of
a reading is looked at once, the best first. Rounds then read the first place that has it: new
schemas before the old ones they replace, a reading of the whole chassis before a sum. No reading is
taken from two places, so nothing is counted twice.

Rounds never send If-None-Match: a tag, above all a weak one, may stay while a reading changes (RFC
9110, 8.8.1), and an old reading would look current. Only discovery sends it: if no document has
changed, the plan is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collectors.base import BadReply
from collectors.labels import safe_label
from collectors.power.redfish import equipment
from collectors.power.redfish.body import Document, gone, inner, link, links, local, text
from collectors.power.redfish.chassis import choose_chassis
from collectors.power.redfish.link import Link
from collectors.power.redfish.places import EQUIPMENT_KINDS, GROUPS, NODE_KINDS, Kind, Place, Source
from collectors.power.redfish.reader import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The documents that every round reads."""

    subject: str
    """The Id of the chassis or equipment that was chosen."""
    others: tuple[str, ...]
    """The Ids of those that were not."""
    sources: tuple[Source, ...]
    owners: frozenset[str] = frozenset()
    """The chassis and its systems."""
    states: tuple[str, ...] = ()
    """URIs of the documents with its power state."""
    tags: Mapping[str, str] = field(default_factory=dict)
    """ETags by URI, which show whether documents have changed.

    Empty if the service gives none, or if readings were missing.
    """


async def unchanged(connection: Link, plan: Plan) -> bool:
    """Return whether no document that a plan was made from has changed, by ETags.

    False for a service without ETags.
    """
    for uri, tag in plan.tags.items():
        if await connection.get(uri, etag=tag) is not None:
            return False
    return bool(plan.tags)


async def find_node(connection: Link, wanted: str, groups: frozenset[str]) -> Plan:
    """Make the plan of a node: of its chassis, chosen by Id if one is given.

    Raises BadReply where there is none.
    """
    reader = Reader(connection)
    root = await connection.root()
    chassis = await reader.documents(
        Place(collection=link(root, "Chassis") or "/redfish/v1/Chassis")
    )
    chosen = choose_chassis(chassis, wanted)
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
    """Make the plan of a PDU.

    Raises BadReply if there is none, or if there are several and no Id is given.
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
            "it has several PDUs; choose one by `id`"
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
    """Look at each possible place of the readings, and keep the first that has them."""
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
    """Return the place for rounds: only the members that have wanted readings.

    All members, if the service sends the collection in one piece.
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
    """Group the results by place, so that each place is read once."""
    places: dict[Place, dict[Kind, set[str]]] = {}
    for group, (kind, place) in won.items():
        places.setdefault(place, {}).setdefault(kind, set()).add(group)
    return tuple(
        Source(place, tuple((kind, frozenset(groups)) for kind, groups in takes.items()))
        for place, takes in places.items()
    )


def requests_of(plan: Plan) -> int:
    """Return how many requests a round takes.

    It takes more if a collection that comes in one piece lacks some parts.
    """
    return sum(
        len(source.place.uris) * (2 if source.place.part else 1) + bool(source.place.collection)
        for source in plan.sources
    )
