"""What a PUE takes for granted: what nobody can see from readings, and what would settle it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from agent.ledger.energy import HOUR_MS
from agent.pue.boundary import Boundary
from agent.pue.model import PueResult
from agent.pue.places import ASSUMED_CLASS, Place

_NAMED: Final = 5
"""At most this many meters are named in one sentence."""


_OF_UNCERTAINTY: Final = (
    (
        "the errors of the two boundaries are independent; of a stated class, a third is common to"
        " all meters of a boundary"
    ),
    "over a silence or a bill, a load stays within a fifth of its mean, but for four hours",
    "a register that nobody saw move is the same at its end, or counted what the load near by can",
    (
        "a register is not refreshed more seldom than it is read, unless it stands still now and"
        " then"
    ),
    (
        "a load that is read as power does not go on and off in step with its readings in a way"
        " that they cannot show: all of them are the same, or there are fewer than ten an hour"
    ),
    (
        "power of a meter without a rating and without a register was drawn if it shows for six"
        " hours, up to what the largest meter of its kind draws"
    ),
)


def assumptions(boundary: Boundary, result: PueResult) -> Iterator[str]:
    """Yield what the PUE of a window takes for granted, in words."""
    facility = [(point, boundary.places.get(point, ())) for point in boundary.facility_points]
    counted = [place for _, places in facility for place in places]
    it = boundary.places.get(result.it_point, ())
    if boundary.method == "incoming":
        yield "every supply that comes in has a meter in the inventory"
    elif boundary.method == "parts":
        yield "nothing is lost between the parts, and every part has a meter in the inventory"
    if result.it_point:
        yield f"the meters at {result.it_point} see all IT of the site, and nothing else"
    for point, places in (*facility, (result.it_point, it)):
        if any(not place.is_listed for place in places):
            yield f"the meters that were heard at {point} are all there are; none is listed there"
    yield from _of_meters(
        "before its first reading it took no more than the uncertainty says",
        _later(place for place in (*counted, *it) if place.is_assumed),
    )
    yield from _of_meters(
        "the stated share of it is the data centre's",
        (place for place in (*counted, *it) if abs(place.share) != 1.0),
    )
    yield from _of_meters(
        "the stated weight for its kind of energy holds",
        (place for place in (*counted, *it) if place.factor != place.share),
    )
    if boundary.has_battery:
        yield "a supply that stands at 0 is right: a battery gives, as the site states one"
    elif boundary.places.get("renewable") or boundary.places.get("export"):
        yield "no battery carries the site for hours, as it states none"
    if boundary.places.get("export"):
        yield "nothing left the site by a meter before its export register was first read"
    yield (
        f"every meter errs within its class; one that states none, within class {ASSUMED_CLASS:g}"
    )
    yield from _OF_UNCERTAINTY
    yield "imported rows are what the meters counted, and last as the file says"
    if result.uncovered is not None:
        yield (
            "in the uncovered time PUE, or the overhead, was as around it; by how much that may"
            f" be wrong is not known beyond {result.uncovered.bias:.2%}"
        )


def _later(places: Iterable[Place]) -> Iterator[Place]:
    """Yield the places that began later than the first of them."""
    chosen = list(places)
    first = min((place.since or 0 for place in chosen), default=0)
    return (place for place in chosen if (place.since or 0) >= first + HOUR_MS)


def _of_meters(what: str, places: Iterable[Place]) -> Iterator[str]:
    names = list(dict.fromkeys(place.name for place in places))
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        yield f"{', '.join(names[:_NAMED])}{more}: {what}"
