"""Promises for the pages and the API: every hub's, and those that are missed or at risk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.hubs.text import Text
from agent.targets.measured import measure
from agent.targets.model import Evidence, Key, State
from agent.targets.scoreboard import scoreboard
from agent.targets.views import HubView, TargetView
from agent.targets.wording import OVER_LIMIT
from agent.web.view import BoardView
from agent.web.views.standing import StandingView

DANGER: Final[tuple[State, ...]] = ("missed", "at_risk")
COUNTED: Final[tuple[State, ...]] = (
    "missed",
    "at_risk",
    "expired_unreported",
    "unknown",
    "on_track",
    "met",
)
"""States of a target, the gravest first. `stated_only` is the state of an observation."""
_ORDER: Final[tuple[State, ...]] = (
    "missed",
    "at_risk",
    "on_track",
    "met",
    "unknown",
    "expired_unreported",
    "stated_only",
)
"""How a hub's promises are sorted: those that can still be judged before those that cannot."""


def read(view: BoardView) -> list[HubView]:
    """Return every hub's part of the scoreboard, as `/api/hubs` gives it."""
    return scoreboard(view.registry, evidence(view), view.now())


def evidence(view: BoardView) -> Mapping[Key, Sequence[Evidence]]:
    """Return the evidence that the scoreboard judges by.

    It is the evidence of the targets' collector in its last round, so that page and series agree.
    Before its first round, and on an agent without this collector, it is read from the snapshot.
    """
    known = view.evidence() if view.evidence is not None else {}
    if known:
        return known
    return measure(view.registry, view.snapshot, view.hub, view.now(), inventory=view.inventory)


@dataclass(frozen=True, slots=True, kw_only=True)
class InDangerView:
    """A promise that is missed or at risk, with the hub that made it."""

    hub: HubView
    target: TargetView


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyView:
    """How many targets are in one state."""

    state: State
    count: int
    over_limit: int = 0
    """How many of them are beyond their limit now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatesView:
    """How many targets are in each state that a page counts, the gravest first."""

    tally: tuple[TallyView, ...]

    @property
    def stated(self) -> int:
        """All targets."""
        return sum(one.count for one in self.tally)

    def count(self, *states: State) -> int:
        """Return how many targets are in one of some states."""
        return sum(one.count for one in self.tally if one.state in states)

    @property
    def listed(self) -> list[TallyView]:
        """The states that a line names: those of any target, and those it names even at 0."""
        return [one for one in self.tally if one.count or one.state in _ALWAYS_TOLD]

    @property
    def worst(self) -> State:
        """The gravest state of any target, which marks the line; `unknown` without targets."""
        return next((one.state for one in self.tally if one.count), "unknown")


_ALWAYS_TOLD: Final[tuple[State, ...]] = ("at_risk", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadlineView:
    """The first lines of a page: the states of its promises, and the state of its sites.

    Each line has a colour of its own. National policy is not counted among the promises.
    """

    promises: StatesView
    """The targets of the agent's own hub, or of the hub that the page is about."""
    danger: tuple[InDangerView, ...]
    """Those that are missed or at risk, the missed ones first."""
    others: StatesView | None
    """The targets of all other hubs; None where they are not shown."""
    standing: StandingView | None
    """The state of the sites; None on the page of a hub that this agent does not measure."""


def headline(
    hubs: Sequence[HubView],
    *,
    others: Sequence[HubView] = (),
    standing: StandingView | None = None,
) -> HeadlineView:
    """Return the first lines of a page: how the promises of some hubs stand, and the sites."""
    danger = [
        InDangerView(hub=hub, target=target)
        for hub in hubs
        for target in hub.targets
        if target.state in DANGER
    ]
    danger.sort(key=lambda one: DANGER.index(one.target.state))
    return HeadlineView(
        promises=_states(hubs),
        danger=tuple(danger),
        others=_states(others) if others else None,
        standing=standing,
    )


def _states(hubs: Sequence[HubView]) -> StatesView:
    targets = [target for hub in hubs for target in hub.targets if target.kind != "observation"]
    counts = {state: sum(target.state == state for target in targets) for state in COUNTED}
    over = sum(target.state_name == OVER_LIMIT for target in targets)
    return StatesView(
        tally=tuple(
            TallyView(state=state, count=count, over_limit=over if state == "at_risk" else 0)
            for state, count in counts.items()
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A hub's card: its promises and, apart from them, its observations."""

    hub: HubView
    own: bool
    """Whether it is the agent's own hub."""
    parent: Text | None

    @property
    def promises(self) -> list[TargetView]:
        """The targets, those that can be judged first."""
        targets = [target for target in self.hub.targets if target.kind != "observation"]
        return sorted(targets, key=lambda target: _ORDER.index(target.state))

    @property
    def observations(self) -> list[TargetView]:
        """Published figures that are no promise."""
        return [target for target in self.hub.targets if target.kind == "observation"]


def card(hub: HubView, hubs: Iterable[HubView], *, own: bool) -> CardView:
    """Return the card of one hub; `hubs` are all of them, its parent among them."""
    parent = next((one.name for one in hubs if one.hub == hub.parent), None)
    return CardView(hub=hub, own=own, parent=parent)


def is_measured(target: TargetView) -> bool:
    """Tell whether a target has a measured value.

    "At least 0" does not count as one: this agent may not see the sites that have more.
    """
    nothing = target.value_at_least and not target.value
    return target.value_kind in ("measured", "derived") and target.value is not None and not nothing
