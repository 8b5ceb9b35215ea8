"""How often forecasts hold, on many draws of laws whose further course is known.

`held` is how often the true value lay in the forecast's range, which should hold four times in
five. `said` is how often a goal was called on track, `right` how often it was then reached, and
`could be` how often goals were reached at all.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from bench import Row
from tests.support.forecasts import Drawn, draw, other_settings, settings

DRAWS: Final = 8
"""Of each law, history and horizon."""
SEED: Final = "published"
"""Draws by other seeds have helped to make the forecasts; those of this one have not."""


def main(*, smoke: bool = False) -> list[Row]:
    """Print a line for each law; return the shares that held."""
    rows = []
    few = 1 if smoke else None
    for setting in (*settings(), *other_settings()):
        kind = "twelve months" if setting.annual else "stock"
        print(f"{kind:<14} held  below  above  width | on track: said, right, could be | ms")
        for name, law in setting.laws.items():
            began = time.process_time()
            found = [
                draw(setting, law, history, ahead, f"{name} {history} {ahead} {number} {SEED}")
                for history in setting.histories[:few]
                for ahead in setting.horizons[:few]
                for number in range(few or DRAWS)
            ]
            used = (time.process_time() - began) / len(found)
            rows += _summary(f"{kind}, {name}", name, found, used)
    return rows


def _summary(what: str, name: str, found: Sequence[Drawn], used: float) -> list[Row]:
    told = [one for one in found if one.held is not None]
    said = [one for one in found if one.on_track]
    held = sum(bool(one.held) for one in told) / max(1, len(told))
    below = sum(one.below for one in told) / max(1, len(told))
    right = sum(one.reached for one in said) / max(1, len(said))
    width = sorted(one.width for one in told)[len(told) // 2] if told else 0.0
    print(
        f"  {name:<14} {held:5.1%} {below:5.1%}  {1 - held - below:5.1%} {width:6.2f}"
        f" | {len(said) / len(found):5.1%} {right:6.1%}"
        f" {sum(one.reached for one in found) / len(found):6.1%} | {used * 1000:.0f}"
        f"  ({len(told)} of {len(found)} told)",
        flush=True,
    )
    return [
        Row(what=f"{what}: the range held", value=100 * held, unit="%"),
        Row(what=f"{what}: on track and reached", value=100 * right, unit="%"),
    ]
