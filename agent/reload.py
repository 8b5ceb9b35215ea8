"""The result of a reload, and the memory that it frees."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields

from agent.sections import Outputs
from agent.selfmetrics import SelfMetrics

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    """How a reload went. `wrong`: what is wrong with the new config; the old one then stays.

    `left` are the keys whose new values take effect at the next start only. `lost` says what is
    wrong with files of devices that are not in force as they stand.
    """

    wrong: str = ""
    left: Sequence[str] = ()
    lost: Sequence[str] = ()

    def __str__(self) -> str:
        if self.wrong:
            return self.wrong
        left = f"{', '.join(self.left)}: restart the agent for them"
        said = f"reloaded, but for {left}" if self.left else "reloaded"
        return "\n".join([said, *self.lost])


def changed_outputs(old: Outputs, new: Outputs) -> list[str]:
    """Return the keys under `outputs` that differ."""
    found = [
        f"outputs.http.{one.name}"
        for one in fields(old.http)
        if getattr(old.http, one.name) != getattr(new.http, one.name)
    ]
    before, after = ({one.name: one.config for one in each.sinks} for each in (old, new))
    names = sorted(before.keys() | after.keys())
    return found + [f"outputs.{name}" for name in names if before.get(name) != after.get(name)]


def free_what_was_replaced() -> None:
    """Collect the garbage of a load, then keep what is loaded out of later collections.

    What an earlier load kept out is looked at again, because some of it was replaced. That closes
    its files, too. At a whole hub's size a full collection takes a second, so later ones leave out
    what is loaded.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def refused(wrong: str, metrics: SelfMetrics) -> Reloaded:
    """Log and show what is wrong with a new config."""
    metrics.reload_success.set(0)
    for line in wrong.splitlines():
        log.error("reload: %s; the old config stays", line)
    return Reloaded(wrong=wrong)


def mark_loaded(metrics: SelfMetrics, *, whole: bool) -> None:
    """Show that the config is the one in force, since when, and whether with all its files."""
    metrics.reload_success.set(whole)
    metrics.reload_time.set(time.time())
