"""The stages of a site's power as the panel shows them: losses, shares and the lengths of bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.views.power import CHAIN, PowerStageView
from collectors.catalogue.limits import INCOMING

_FLOW: Final = ("facility", "utility", *CHAIN)
"""Stages that carry all the power of the stages after them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStageView:
    """A stage as the panel shows it, beside the whole facility and the stage before it."""

    stage: PowerStageView
    loss_ratio: float | None
    """Share of the stage before that is lost on the way: input less output, over input."""
    share_ratio: float | None
    """Share of the facility's power."""
    bar_ratio: float | None
    """Share of the largest stage: the length of the bar. None from the first stage of `_FLOW` on
    whose power is not known."""
    within: bool
    """Whether the stage is one of several supplies, listed below the facility's total."""


def shown(found: Sequence[PowerStageView]) -> list[ShownStageView]:
    """Return the stages to show, with their losses and shares."""
    kept = _without_repeats(found)
    most = max((stage.watts or 0.0 for stage in kept), default=0.0) or 1.0
    whole = next((stage.watts for stage in kept if _is_whole(stage)), None)
    total = any(stage.point == "facility" for stage in kept)
    rows, before, behind_unknown = [], None, False
    for stage in kept:
        behind_unknown = behind_unknown or (stage.watts is None and stage.point in _FLOW)
        rows.append(
            ShownStageView(
                stage=stage,
                loss_ratio=_loss(before, stage),
                share_ratio=stage.watts / whole if stage.watts is not None and whole else None,
                bar_ratio=None if behind_unknown else (stage.watts or 0.0) / most,
                within=total and stage.point in INCOMING,
            )
        )
        if stage.point in CHAIN:
            before = stage
    return rows


def _without_repeats(found: Sequence[PowerStageView]) -> list[PowerStageView]:
    """Leave out stages that repeat another one.

    They are a single supply beside the facility's total, and IT beside the stage it is metered at.
    """
    points = {stage.point for stage in found}
    repeated = {"it"} if points & set(CHAIN) else set()
    supplies = points.intersection(INCOMING)
    if "facility" in points and len(supplies) == 1:
        repeated |= supplies
    return [stage for stage in found if stage.point not in repeated]


def _is_whole(stage: PowerStageView) -> bool:
    """Tell whether a stage is the facility's whole power."""
    return stage.point in ("facility", "utility") and stage.complete and bool(stage.watts)


def _loss(before: PowerStageView | None, stage: PowerStageView) -> float | None:
    """Return the share that is lost between two stages of the chain.

    None if either stage is only partly metered. None also if the output is the larger one: then the
    meters disagree, and nothing can be said of the loss.
    """
    if before is None or stage.point not in CHAIN or not (before.complete and stage.complete):
        return None
    if before.watts is None or stage.watts is None or before.watts <= stage.watts:
        return None
    return (before.watts - stage.watts) / before.watts
