"""Feeds that are switched off lawfully while loads without a meter go up and down, by hand.

100 kW are IT's. The cooling, which has no meter, draws 22 kW by night and 40 at noon.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.agent.pue.test_at_rest import IT, live, result, stock
from tests.agent.pue.test_at_rest import it as it_load
from tests.agent.pue.test_falls import FEEDS, drawn, resting
from tests.support.ledger import bench, day

DAY = 24


def site(hour: int) -> float:
    """Return what comes in, in kilowatts."""
    return 100 + 22 + 18 * max(0.0, math.sin(math.pi * (hour % DAY - 6) / 12))


@pytest.mark.parametrize(("feeds", "back"), [(10, None), (4, 9), (8, None)])
def test_the_cooling_draws_less_by_night(tmp_path: Path, feeds: int, back: int | None) -> None:
    """One of equal feeds is off since 10:00, for nine hours or for good; the others take over."""
    count, off = 8 * DAY, 4 * DAY + 10

    def is_off(hour: int) -> bool:
        return hour >= off and (back is None or hour < off + back)

    names = [f"main-{n}" for n in range(feeds)]
    listed = [f"{{meter: {name}, point: utility}}" for name in names]
    with bench(tmp_path, stock(*listed, IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        for name in names:
            shares = {h: feeds - is_off(h) for h in range(count)}
            own = {
                h: 0.0 if is_off(h) and name == "main-0" else site(h) / shares[h] for h in shares
            }
            b.put(name, {day(h): kw for h, kw in own.items()})
        found = b.between(day(), day(count))
    truth = sum(map(site, range(count))) / (100 * count)
    assert (found.pue, found.coverage) == (pytest.approx(truth), 1.0)


@pytest.mark.parametrize("fans", [0.0, 5.0])
def test_fans_start_as_the_chillers_stop(tmp_path: Path, fans: float) -> None:
    """Chillers of 20 kW stop with their feed; on another feed fans start, a quarter of that."""
    count, off = 6 * DAY, 3 * DAY
    chiller = "{meter: chiller, point: cooling}"
    with bench(tmp_path, stock(*FEEDS[:2], IT, chiller), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        for name in ("main-0", "chiller"):
            b.put(name, {day(h): 20.0 if h < off else 0.0 for h in range(count)})
        b.put("main-1", {day(h): 110.0 if h < off else 110.0 + fans for h in range(count)})
        found = b.between(day(), day(count))
    assert (found.pue, found.coverage) == (pytest.approx((130 + 110 + fans) / 200), 1.0)


@pytest.mark.parametrize("noon", [None, 9])
def test_the_sun_sets_on_files_of_hours(tmp_path: Path, noon: int | None) -> None:
    """From the fourth day on it is known when. Cells that die at noon are dead to the end."""
    count = 12 * DAY
    dies = count if noon is None else noon * DAY + 12

    def sun(hour: int) -> float:
        return 30 * max(0.0, math.sin(math.pi * (hour % DAY - 6) / 12))

    cells = "{meter: cells, point: renewable}"
    with bench(tmp_path, stock(FEEDS[0], cells, IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        b.put("main-0", {day(h): site(h) - sun(h) for h in range(count)})
        b.put("cells", {day(h): sun(h) if h < dies else 0.0 for h in range(count)})
        found = b.between(day(4 * DAY), day(min(dies, count)))
        late = b.between(day(10 * DAY), day(count))
    assert found.coverage == 1.0
    assert late.coverage == (1.0 if noon is None else 0.0)


def test_a_meter_that_flaps_before_it_dies(tmp_path: Path) -> None:
    """Dead from minute 75, it counts from 120 to 135, and then no more: 1.300, and not 0.975."""

    def flaps(minute: int) -> float:
        return 32.5 if minute < 75 or 120 <= minute < 135 else 0

    usual = [drawn(f"main-{n}", "utility", lambda _: 32.5) for n in (1, 2, 3)]
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        live(b, drawn("main-0", "utility", flaps), *usual, it_load)
        assert result(b).pue == pytest.approx(1.3, abs=0.003)
        assert 75 / 300 <= result(b).coverage <= 90 / 300
        assert resting(b) == {"main-0"}
