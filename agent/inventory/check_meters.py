"""The boundary of a site, as the inventory declares it, is checked for energy that would count twice.

A meter `behind` another measures energy that has gone through that one already. Whether that is a mistake depends on where
the two count; the mistakes are found when the file is read, and each is told with its line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from agent.inventory.model import IT_POINTS, NOT_IT
from collectors.catalogue.limits import INCOMING
from collectors.strict import nearest

if TYPE_CHECKING:
    from agent.inventory.model import Meter

    Key = tuple[str, str]
    Fail = Callable[[int, str, str], None]


def upstream(meter: Meter, meters: Mapping[Key, Meter]) -> Iterator[Meter]:
    """Yield the meters that a meter's energy has gone through before, the nearest first; a circle ends where it closes."""
    seen = {meter.meter}
    while meter.behind and meter.behind not in seen:
        found = meters.get((meter.site, meter.behind))
        if found is None:
            return
        seen.add(found.meter)
        meter = found
        yield found


def check_behind(meters: Mapping[Key, Meter], lines: Mapping[Key, int], fail: Fail) -> None:
    """Tell of every meter of this file (those with a line) whose energy would count twice, by `fail(line, key, message)`."""
    for key, meter in meters.items():
        if meter.behind and key in lines:
            for message in _mistakes(meter, meters):
                fail(lines[key], "behind", f"{meter.meter}: {message}")
                break


def _mistakes(meter: Meter, meters: Mapping[Key, Meter]) -> Iterator[str]:
    if (meter.site, meter.behind) not in meters:
        near = nearest(meter.behind, [name for site, name in meters if site == meter.site])
        yield f"unknown meter {meter.behind!r} at site {meter.site}{near}"
        return
    above = list(upstream(meter, meters))
    if above[-1].behind in {meter.meter, *(one.meter for one in above)}:
        yield f"{above[-1].meter} is behind {above[-1].behind}, which is a circle"
    elif not meter.subtract:
        yield from filter(None, (_twice(meter, one) for one in above if not one.subtract))
    elif all(one.point != meter.point for one in above):
        yield f"subtract: nothing it is behind counts at {meter.point}, so there is nothing to take it off"


def _twice(meter: Meter, above: Meter) -> str:
    """Say why a meter cannot count where it does, beside one that its energy has gone through before; empty where it can."""
    if above.point == meter.point:
        return (
            f"{above.meter} counts the same energy at {above.point} already; it would count twice."
            " Give it a point of its own, or subtract: true"
        )
    if meter.factor is not None and meter.point in NOT_IT and above.point in INCOMING:
        return f"with a factor it counts as bought beside {above.meter}, behind which it is; it would count twice"
    if meter.point in INCOMING and above.point not in INCOMING:
        return f"what comes in at {meter.point} cannot be behind {above.meter}, a meter of {above.point}"
    if (
        meter.point in IT_POINTS
        and above.point in IT_POINTS
        and IT_POINTS.index(above.point) < IT_POINTS.index(meter.point)
    ):
        return f"{meter.point} is upstream of {above.point}, so it cannot be behind {above.meter}"
    return ""
