"""Which gateway's energies count at a site, if several gateways report them.

Both energies of a site's PUE come from one gateway. A gateway that meters IT at another point has a
PUE of another category. It must not take over when the gateway at the deeper point falls silent, or
the site would look better.
"""

from __future__ import annotations

import re
from typing import Final

from agent.targets.kpis import YEAR_COVERED, YEAR_PUE
from agent.targets.measure import Match, Part
from collectors.catalogue import recorded
from collectors.catalogue.limits import NEEDED_SECONDS
from dashboards.promql import of

SOURCE: Final = "hub, site, instance"
"""The labels that tell one gateway of a site from another."""
MEMORY: Final = "7d"
"""How far back a rule looks for its own earlier values. Rules that were not evaluated for longer
forget these."""
_STAYS: Final = 0.01
"""Another gateway replaces the present one only if its coverage (0 to 1) is higher by this much."""
_DEEPER: Final = {"3": "", "2": "3", "1": "2|3"}
"""By category of ISO/IEC 30134-2: the deeper categories."""


def chosen_source(*, by_rules: bool = False) -> str:
    """Return the one gateway of each site whose energies count: the one that covers the year best.

    Of two with the same coverage, the one with the higher PUE is chosen. One without a valid PUE is
    chosen only if there is no other. A rule also keeps its last choice unless another gateway's
    coverage is better by one percent, so that a curve does not jump between two gateways.
    """
    covered = f"max by ({SOURCE}) ({selector(YEAR_COVERED)})"
    every = f"max by ({SOURCE}) ({selector(YEAR_PUE)})"
    none = f"{every} * 0"
    if by_rules:
        pue = f"({_not_shallower(every)})"
        rank = f"({pue} / 1e4 + ({covered} or {none}) or ({covered} unless {every}) - 1)"
        rank += f" + ({_STAYS} * {recorded.SOURCE} or {covered} * 0 or {none})"
    else:  # short: a panel repeats it, and VictoriaMetrics takes no query above 16 KiB
        rank = f"({covered} or {none}) + ({every} / 1e4 or {covered} * 0 - 1)"
    return f"topk by (hub, site) (1, {rank})"


def remembered_category() -> str:
    """Return when each gateway was last chosen with a PUE of a category."""
    each = f"{SOURCE}, category"
    now = f"max by ({each}) ({selector(YEAR_PUE)} and on ({SOURCE}) {recorded.SOURCE})"
    return (
        f"{now} * 0 + time() or max by ({each}) (last_over_time({recorded.PUE_CATEGORY}[{MEMORY}]))"
    )


def _not_shallower(every: str) -> str:
    """Return the PUEs of gateways that may be chosen for their site.

    A PUE is left out if a gateway with a deeper category was chosen within the month and is silent
    now.
    """
    found = []
    for category, deeper in _DEEPER.items():
        own = Match(label="category", values=(category,))
        part = Part(metric=YEAR_PUE.metric, where=(own, *YEAR_PUE.where))
        text = f"max by ({SOURCE}) ({selector(part)})"
        if deeper:
            known = f'{recorded.PUE_CATEGORY}{{category=~"{deeper}"}} > time() - {NEEDED_SECONDS}'
            text += f" unless on (hub, site) ({known} unless on ({SOURCE}) {every})"
        found.append(text)
    known = "|".join(_DEEPER)
    other = of(YEAR_PUE.metric, f'category!~"{known}"', *map(matcher, YEAR_PUE.where), scope="hub")
    return " or ".join((*found, f"max by ({SOURCE}) ({other})"))


def selector(part: Part) -> str:
    """Return the selector of a part's series."""
    return of(part.metric, *map(matcher, part.where), scope="hub")


def matcher(match: Match) -> str:
    """Write a match in PromQL, as a regular expression only if it needs one."""
    if not match.any_case and not match.beginning and len(match.values) == 1:
        return f'{match.label}="{match.values[0]}"'
    anyhow = "(?i)" if match.any_case else ""
    values = "|".join(map(re.escape, match.values)).replace("\\", "\\\\")
    return f'{match.label}=~"{anyhow}{values}{".*" if match.beginning else ""}"'
