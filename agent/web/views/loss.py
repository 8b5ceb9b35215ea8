"""What the loss of a breaker, a UPS, a transfer switch or a source would do.

The load of a lost feed moves to the rack's other feeds in equal parts, and so to what is above
these, up to the top. A transfer switch that loses the input it uses goes to its first other one
that is not lost as well.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.inventory.model import Feed, Rack
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views.addition import way_up
from agent.web.views.breakers import BreakerView
from agent.web.views.families import by_label
from agent.web.views.supplies import SupplyPartView
from collectors.catalogue import facility

Known = Mapping[str, BreakerView]
"""The breakers of a site, and its supplies as breakers, by name."""
Parts = Mapping[str, SupplyPartView]


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterView:
    """A breaker or a supply that carries more after a loss."""

    breaker: str
    before_ratio: float | None
    """Upper bound of its load before the loss."""
    after_ratio: float
    """Upper bound of its load after the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferView:
    """A transfer switch that goes to another input."""

    switch: str
    source: str
    """The supply that it goes to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossView:
    """What happens if a breaker or a supply is lost. Racks are sorted by name, A2 before A10."""

    breaker: str
    racks: int
    """Racks that lose a feed."""
    dark: Sequence[str]
    """Racks without any feed left."""
    over: Sequence[str]
    """Racks that draw more than their remaining feeds can carry."""
    unknown: Sequence[str]
    """Racks that cannot be judged, because a power or a capacity is not known."""
    breakers: Sequence[AfterView]
    """Breakers and supplies that then carry more than their capacity, the worst first."""
    untold: Sequence[str]
    """Breakers and supplies that carry more then, and cannot be judged: a load, a capacity or what
    moves to them is not known."""
    transfers: Sequence[TransferView]
    batteries: Sequence[str]
    """UPSs whose input is lost: they carry their load until their batteries are empty."""
    unprotected: Sequence[str]
    """Transfer switches that stay on their input, and have no other one left."""
    replaced_by: str
    """What delivers more instead of a solar plant; empty for anything else."""
    positions: Sequence[str]
    """Transfer switches that may be on what is lost: they do not tell their position."""


def read(
    view: BoardView, site: str, lose: str, known: Known, parts: Parts, members: Iterable[Rack]
) -> LossView:
    """Return what the loss of `lose`, one of `known`, would do."""
    transfers = _transfers(lose, known, parts)
    after = _moved(known, transfers)
    positions = _positions(lose, known, parts)
    racks = _racks(view, site, lose, after, members, positions)
    added = dict(racks.added)
    blind = set(racks.blind)
    for one in transfers:
        _take_over(one, known, after, added, blind)
    joins = parts[lose].joins if lose in parts else ""
    for name in list(way_up(after, joins))[1:]:  # what it joins carries the same as before
        _add(parts[lose].power_watts, name, added, blind)
    lost_way = frozenset(way_up(known, lose))
    over = list(_after(known, lost_way, added))
    blind |= {name for name in added if _load(known[name]) is None}
    blind -= {*lost_way, *(one.breaker for one in over)}
    gone = {name for name in after if lose in way_up(after, name)} - {lose}
    return LossView(
        breaker=lose,
        racks=racks.count,
        dark=sorted(racks.dark, key=natural),
        over=sorted(racks.over, key=natural),
        unknown=sorted(racks.unknown, key=natural),
        breakers=over,
        untold=sorted(blind, key=natural),
        transfers=transfers,
        batteries=[name for name in parts if name in gone and parts[name].kind == "ups"],
        unprotected=_unprotected(lose, after, parts, {one.switch for one in transfers}),
        positions=positions,
        replaced_by=next(iter(list(way_up(after, joins))[1:]), ""),
    )


# ------------------------------------------------------------------ transfer switches


def _transfers(lose: str, known: Known, parts: Parts) -> list[TransferView]:
    """Return the switches that go to another input, those nearest to the top first."""
    found: list[TransferView] = []
    switches = sorted(
        (one for one in parts.values() if one.inputs and one.supply != lose),
        key=lambda one: len(list(way_up(known, one.supply))),
    )
    for one in switches:
        now = _moved(known, found)
        if lose not in way_up(now, one.supply):
            continue
        source = next(
            (
                supply
                for name, supply in one.inputs.items()
                if name != one.selected and _may_feed(name, supply, one, lose, now, parts)
            ),
            None,
        )
        if source is not None:
            found.append(TransferView(switch=one.supply, source=source))
    return found


def _may_feed(
    name: str, supply: str, switch: SupplyPartView, lose: str, known: Known, parts: Parts
) -> bool:
    """Tell whether a switch may go to an input.

    A generator that stands gives no good supply yet: it starts. Any other input must not be bad.
    """
    if lose in way_up(known, supply):
        return False
    starts = supply in parts and parts[supply].kind == "generator"
    return starts or switch.good.get(name, True)


def _moved(known: Known, transfers: Iterable[TransferView]) -> Known:
    """Return the same with the switches on their new inputs."""
    moved = {one.switch: replace(known[one.switch], upstream=one.source) for one in transfers}
    return {**known, **moved} if moved else known


def _positions(lose: str, known: Known, parts: Parts) -> list[str]:
    """Return the switches of unknown position that may be on what is lost."""
    return [
        one.supply
        for one in parts.values()
        if one.inputs
        and not one.selected
        and one.supply != lose
        and any(lose in way_up(known, supply) for supply in one.inputs.values())
    ]


def _unprotected(lose: str, after: Known, parts: Parts, moved: Container[str]) -> list[str]:
    """Return the switches that have one input left."""
    found = []
    for one in parts.values():
        others = [supply for name, supply in one.inputs.items() if name != one.selected]
        if not one.selected or one.supply in moved or lose in way_up(after, one.supply):
            continue
        left = [supply for supply in others if lose not in way_up(after, supply)]
        if others and not left:
            found.append(one.supply)
    return found


def _take_over(
    one: TransferView, known: Known, after: Known, added: dict[str, float], blind: set[str]
) -> None:
    """Add the load of a switch to what carries it after its transfer, and did not before."""
    load = known[one.switch].power_watts.get("upper")
    before = set(way_up(known, one.switch))
    for name in way_up(after, one.switch):
        if name not in before:
            _add(load, name, added, blind)


def _add(watts: float | None, name: str, added: dict[str, float], blind: set[str]) -> None:
    """Note that something carries so much more, or more by nobody knows how much."""
    if watts is None:
        blind.add(name)
    else:
        added[name] = added.get(name, 0.0) + watts


# ------------------------------------------------------------------ racks


@dataclass(frozen=True, slots=True, kw_only=True)
class _Racks:
    """What a loss does to the racks, and what it moves to each breaker, watts."""

    count: int
    dark: Sequence[str]
    over: Sequence[str]
    unknown: Sequence[str]
    added: Mapping[str, float]
    blind: frozenset[str]
    """Breakers to which a lost feed of unknown power moves."""


def _racks(
    view: BoardView,
    site: str,
    lose: str,
    known: Known,
    members: Iterable[Rack],
    positions: Sequence[str],
) -> _Racks:
    watts = by_label(view, facility.PDU_POWER, site, "pdu")
    added: dict[str, float] = {}
    blind: set[str] = set()
    racks, dark, over, unknown = 0, [], [], []
    for rack in members:
        if rack.state != "in_service":
            continue
        ways = {name: set(way_up(known, feed.breaker)) for name, feed in rack.feeds.items()}
        lost = [feed for name, feed in rack.feeds.items() if lose in ways[name]]
        doubtful = not set().union(*ways.values()).isdisjoint(positions)
        unknown += [rack.rack] if doubtful else []
        if not lost:
            continue
        racks += 1
        kept = [feed for feed in rack.feeds.values() if feed not in lost]
        told = all(feed.pdu in watts for feed in rack.feeds.values())
        if not kept:
            dark.append(rack.rack)
            continue
        moved = sum(watts.get(feed.pdu, 0.0) for feed in lost) / len(kept)
        above = [name for feed in kept for name in way_up(known, feed.breaker)]
        for name in above:
            added[name] = added.get(name, 0.0) + moved
        if any(feed.pdu not in watts for feed in lost):
            blind.update(above)
        carried = _carried(kept, watts, moved) if told else None
        if carried is None and not doubtful:
            unknown.append(rack.rack)
        elif carried is False:
            over.append(rack.rack)
    return _Racks(
        count=racks, dark=dark, over=over, unknown=unknown, added=added, blind=frozenset(blind)
    )


def _carried(kept: Iterable[Feed], watts: Mapping[str, float], moved: float) -> bool | None:
    """Tell whether each feed carries so much more; None where a capacity is not known."""
    found = [
        watts[feed.pdu] + moved <= feed.capacity_watts if feed.capacity_watts else None
        for feed in kept
    ]
    return None if None in found else all(found)


# ------------------------------------------------------------------ loads


def _load(one: BreakerView) -> tuple[float, float] | None:
    """Return a breaker's power, at most, and its capacity; None where one is not known."""
    most = one.power_watts.get("upper")
    return (most, one.capacity_watts) if most is not None and one.capacity_watts else None


def _after(
    known: Known, lost_way: Container[str], added: Mapping[str, float]
) -> Iterator[AfterView]:
    """Yield the breakers that are over their capacity after a loss, the worst first."""
    found = []
    for name, watts in added.items():
        load = _load(known[name])
        if load is None:
            continue
        before, capacity = load
        # A breaker above both the lost feed and the other one carries the same as before.
        after = before if name in lost_way else before + watts
        if after > capacity:
            found.append(
                AfterView(
                    breaker=name, before_ratio=before / capacity, after_ratio=after / capacity
                )
            )
    yield from sorted(found, key=lambda each: -each.after_ratio)
