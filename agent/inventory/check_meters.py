"""Check the meters of an inventory for energy that would count twice, and for wrong replacements.

A meter `behind` another measures energy that has gone through that one already. Whether that is a
mistake depends on the points at which the two count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from agent.inventory.model import IT_POINTS, NOT_IT, Meter
from agent.inventory.model.service import is_after
from collectors.catalogue.limits import INCOMING
from collectors.strict import nearest

MeterKey = tuple[str, str]
"""The site and the name of a meter."""
Meters = Mapping[MeterKey, Meter]
Lines = Mapping[MeterKey, int]
"""The lines of the meters that the file states; the base's meters have none."""
Fail = Callable[[int, str, str], None]
"""Called with line, key and message."""


def upstream(meter: Meter, meters: Meters) -> Iterator[Meter]:
    """Yield the meters upstream of a meter, the nearest first; in a circle, each meter once."""
    seen = {meter.meter}
    while meter.behind and meter.behind not in seen:
        found = meters.get((meter.site, meter.behind))
        if found is None:
            return
        seen.add(found.meter)
        meter = found
        yield found


def check_behind(meters: Meters, lines: Lines, fail: Fail) -> None:
    """Report each meter of the file whose `behind` is wrong.

    It is wrong if it names no meter, closes a circle, makes energy count twice, or leaves nothing
    to subtract from.
    """
    for key, meter in meters.items():
        if meter.behind and key in lines:
            message = next(_mistakes(meter, meters), None)
            if message is not None:
                fail(lines[key], "behind", f"{meter.meter}: {message}")


def _mistakes(meter: Meter, meters: Meters) -> Iterator[str]:
    if (meter.site, meter.behind) not in meters:
        near = nearest(meter.behind, [name for site, name in meters if site == meter.site])
        yield f"unknown meter {meter.behind!r} at site {meter.site}{near}"
        return
    above = list(upstream(meter, meters))
    if above[-1].behind in {meter.meter, *(one.meter for one in above)}:
        yield f"{above[-1].meter} is behind {above[-1].behind}, which is a circle"
    elif not meter.subtract:
        yield from filter(None, (_counts_twice(meter, one) for one in above if not one.subtract))
    elif all(one.point != meter.point for one in above):
        yield (
            f"subtract: no meter upstream of it counts at {meter.point},"
            " so there is nothing to subtract it from"
        )


def _counts_twice(meter: Meter, above: Meter) -> str:
    """Say why a meter cannot count at its point beside one upstream of it; empty where it can."""
    if above.point == meter.point:
        return (
            f"{above.meter} counts the same energy at {above.point} already; it would count twice."
            " Give it a point of its own, or subtract: true"
        )
    if meter.factor is not None and meter.point in NOT_IT and above.point in INCOMING:
        return (
            f"with a factor it counts as bought energy beside {above.meter}, which is upstream"
            " of it; it would count twice"
        )
    if meter.point in INCOMING and above.point not in INCOMING:
        return (
            f"what comes in at {meter.point} cannot be behind {above.meter},"
            f" a meter of {above.point}"
        )
    if (
        meter.point in IT_POINTS
        and above.point in IT_POINTS
        and IT_POINTS.index(above.point) < IT_POINTS.index(meter.point)
    ):
        return f"{meter.point} is upstream of {above.point}, so it cannot be behind {above.meter}"
    return ""


def check_replacements(meters: Meters, lines: Lines, fail: Fail) -> None:
    """Report each `replaces` of the file that is wrong.

    A meter is replaced at most once, by a meter at the same point that is in service later, and
    never by itself through a circle. A meter that the inventory no longer lists may be replaced.
    """
    replaced: dict[MeterKey, str] = {}
    for name, meter in meters.items():
        if not meter.replaces:
            continue
        old = (meter.site, meter.replaces)
        message = ""
        if old in replaced:
            message = f"{meter.replaces} is already replaced by {replaced[old]}"
        elif old in meters and meters[old].point != meter.point:
            message = f"{meter.replaces} is at point {meters[old].point}, not {meter.point}"
        elif old in meters and not is_after(meter.since, meters[old].since):
            message = f"{meter.replaces} is in service since {meters[old].since} only"
        if message and name in lines:
            fail(lines[name], "replaces", message)
        replaced[old] = meter.meter
    for name in meters:
        if _in_circle(name, meters):
            fail(lines.get(name, 0), "replaces", f"{name[1]} replaces itself in a circle")
            return


def _in_circle(name: MeterKey, meters: Meters) -> bool:
    """Tell whether following `replaces` from a meter comes back to a meter already seen."""
    seen = {name}
    meter = meters[name]
    while meter.replaces and (before := (meter.site, meter.replaces)) in meters:
        if before in seen:
            return True
        seen.add(before)
        meter = meters[before]
    return False
