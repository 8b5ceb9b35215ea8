"""Dead meters of many side by side, by hand: 130 kW come in by four feeds, and 100 kW are IT's.

A feed that dies after 100 of 300 minutes leaves 20 of 60 cells, at a PUE of 1.300. Without it,
97.5 kW come in, which is less than IT draws, but within what meters may be wrong by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.pue.collector import PueCollector
from agent.pue.summing import HourSummer
from collectors.catalogue.site import SITE_POWER
from tests.agent.pue.test_at_rest import (
    ALL,
    DIES,
    HOURS,
    IT,
    LEFT,
    Told,
    figures,
    it,
    live,
    result,
    stock,
)
from tests.support.ledger import SITE, Bench, Pages, bench, day, energy, inventory, power

FEEDS = [f"{{meter: main-{n}, point: utility}}" for n in range(4)]
KWH = 3.6e6


def drawn(name: str, point: str, kw: Callable[[int], float]) -> Told:
    """Return what a meter tells whose power goes by the minute, of register and power."""
    counted = [0.0]
    for minute in range(60 * HOURS + 1):
        counted.append(counted[-1] + kw(minute) / 60)
    return lambda minute: [
        energy(name, (1000 + counted[minute]) * KWH, point),
        power(name, 1000 * kw(max(0, minute - 1)), point),
    ]


def step(before: float, after: float) -> Callable[[int], float]:
    """Go from one power to another after 100 minutes."""
    return lambda minute: before if minute < DIES else after


def feeds(*kilowatts: Callable[[int], float]) -> list[Told]:
    return [drawn(f"main-{n}", "utility", kw) for n, kw in enumerate(kilowatts)]


def resting(b: Bench) -> set[str]:
    return {meter for (_, meter, _), is_resting in b.pue.resting().items() if is_resting}


def test_one_of_four_feeds_dies(tmp_path: Path) -> None:
    """Nothing took its 32.5 kW over, and IT still draws 100 kW: 1.300, and not 0.975."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        live(b, *feeds(step(32.5, 0), *[step(32.5, 32.5)] * 3), it)
        assert figures(b) == LEFT
        assert resting(b) == {"main-0"}
        assert any("main-0 (40 at_rest)" in note for note in result(b).notes)


@pytest.mark.parametrize("carried", [10.0, 16.0, 65.0])
def test_a_feed_of_a_larger_plant_dies(tmp_path: Path, carried: float) -> None:
    """Of 195 kW, so that the others still count far more than IT: 1.950, whatever it carried."""
    rest = (195 - carried) / 3
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        live(b, *feeds(step(carried, 0), *[step(rest, rest)] * 3), it)
        assert figures(b) == (pytest.approx(1.95), LEFT[1])
        assert resting(b) == {"main-0"}


def test_the_other_feeds_take_over(tmp_path: Path) -> None:
    """Each of three carries 32.5 / 3 kW more: the feed was switched off."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        live(b, *feeds(step(32.5, 0), *[step(32.5, 130 / 3)] * 3), it)
        assert figures(b) == ALL
        assert resting(b) == set()


def test_a_hall_is_switched_off(tmp_path: Path) -> None:
    """IT falls by 25 kW and all by 32.5: (100 · 130 + 200 · 97.5) / (100 · 100 + 200 · 75)."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        hall = drawn("it", "it_input", step(100, 75))
        live(b, *feeds(step(32.5, 0), *[step(32.5, 32.5)] * 3), hall)
        assert figures(b) == (pytest.approx(1.3, abs=0.003), 1.0)
        assert resting(b) == set()


def test_metered_chillers_that_stop_explain_a_feed_of_their_own(tmp_path: Path) -> None:
    """Free cooling: the chillers' 20 kW and the feed's are the same: 110 / 100 from then on."""
    chiller = "{meter: chiller, point: cooling}"
    with bench(tmp_path, stock(*FEEDS[:2], IT, chiller)) as b:
        cooling = drawn("chiller", "cooling", step(20, 0))
        live(b, *feeds(step(20, 0), step(110, 110)), it, cooling)
        assert figures(b) == (pytest.approx((130 + 2 * 110) / 300, abs=0.003), 1.0)
        assert resting(b) == set()


def test_a_chillers_feed_goes_down_slowly(tmp_path: Path) -> None:
    """It carried 30 kW, for two hours 8 kW, then nothing: the cold season has come."""

    def slowly(minute: int) -> float:
        return 30 if minute < 120 else 8 if minute < 240 else 0

    with bench(tmp_path, stock(*FEEDS[:2], IT)) as b:
        live(b, *feeds(slowly, step(100, 100)), it)
        assert result(b).coverage == 1.0
        assert resting(b) == set()


@pytest.mark.parametrize(("comes_in", "is_dead"), [(130, True), (80, False)])
def test_an_it_branch_falls(tmp_path: Path, comes_in: float, is_dead: bool) -> None:
    """One of two branches of 50 kW stops, and what comes in falls with it or does not."""
    branches = [f"{{meter: it-{n}, point: it_input}}" for n in "ab"]
    with bench(tmp_path, stock(FEEDS[0], *branches)) as b:
        live(
            b,
            *feeds(step(130, comes_in)),
            drawn("it-a", "it_input", step(50, 50)),
            drawn("it-b", "it_input", step(50, 0)),
        )
        assert (result(b).coverage == 1.0) != is_dead
        assert resting(b) == ({"it-b"} if is_dead else set())
        if is_dead:
            assert figures(b) == LEFT


@pytest.mark.parametrize(("ups", "is_dead"), [(120, True), (100, False)])
def test_fans_behind_the_it_meter_stop(tmp_path: Path, ups: float, is_dead: bool) -> None:
    """Their 20 kW are subtracted from the UPS's 120: IT is 100 kW, and PUE 1.300."""
    meters = ("{meter: ups, point: ups_output}", "{meter: fans, point: cooling, behind: ups}")
    text = stock(FEEDS[0], *meters).replace("timezone", "it_point: ups_output, timezone")
    with bench(tmp_path, text) as b:
        live(
            b,
            *feeds(step(130, 130 if is_dead else 110)),
            drawn("ups", "ups_output", step(120, ups)),
            drawn("fans", "cooling", step(20, 0)),
        )
        assert (result(b).coverage == 1.0) != is_dead
        assert resting(b) == ({"fans"} if is_dead else set())
        if is_dead:
            assert figures(b) == LEFT


def days(b: Bench, count: int, **kilowatts: Callable[[int], float]) -> tuple[float | None, float]:
    """Import hours of some days; return PUE and coverage over all of them."""
    for meter, kw in kilowatts.items():
        b.put(meter.replace("_", "-"), {day(h): kw(h // 24) for h in range(24 * count)})
    found = b.between(day(), day(24 * count))
    return found.pue, found.coverage


@pytest.mark.parametrize(("others", "coverage"), [(32.5, 10 / 60), (130 / 3, 1.0)])
def test_a_fall_of_long_ago_is_remembered(tmp_path: Path, others: float, coverage: float) -> None:
    """A feed falls on the tenth of sixty days. It stays dead, or switched off, to the last."""

    def fell(before: float, after: float) -> Callable[[int], float]:
        return lambda number: before if number < 10 else after

    with bench(tmp_path, stock(*FEEDS, IT), now=day(24 * 60).timestamp()) as b:
        main = {f"main_{n}": fell(32.5, others) for n in range(1, 4)}
        found = days(b, 60, main_0=fell(32.5, 0), **main, it=lambda _: 100.0)
    assert found == (pytest.approx(1.3), pytest.approx(coverage, abs=0.001))


def test_a_feed_that_rests_on_one_day_after_another(tmp_path: Path) -> None:
    """Its chillers rest on three of ten days: so they may when they stop on the eleventh."""

    def chillers(number: int) -> float:
        return 0.0 if number in (3, 5, 7) or number > 10 else 30.0

    with bench(tmp_path, stock(*FEEDS[:2], IT), now=day(24 * 20).timestamp()) as b:
        days(b, 20, main_0=chillers, main_1=lambda _: 100.0, it=lambda _: 100.0)
        late = b.between(day(24 * 11), day(24 * 20))
    assert (late.pue, late.coverage) == (pytest.approx(1.0), 1.0)


def test_what_is_known_later_of_the_others_judges_the_hours_after_again(tmp_path: Path) -> None:
    """By other files others took over, then not, and at last only since the hour before."""
    noon = range(12, 24)
    with bench(tmp_path, stock(*FEEDS[:2], IT), now=day(24).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(24)})
        b.put("main-0", {day(h): 0.0 if h in noon else 65.0 for h in range(24)})
        b.put("main-1", {day(h): 104.0 for h in range(24)})
        assert b.between(day(), day(24)).coverage == 0.5
        b.put("main-1", {day(h): 169.0 for h in noon})
        assert b.between(day(), day(24)).coverage == 1.0
        b.put("main-1", {day(h): 104.0 for h in (12, 13)})
        assert b.between(day(), day(24)).coverage == 0.5
        b.put("main-1", {day(11): 39.0})
        assert b.between(day(), day(24)).coverage == 1.0


def test_a_feed_that_dies_beside_a_silent_one_and_chillers(tmp_path: Path) -> None:
    """Cooling that falls silent at the same time hides nothing."""
    chiller = "{meter: chiller, point: cooling}"
    with bench(tmp_path, stock(*FEEDS, IT, chiller)) as b:
        cooling = drawn("chiller", "cooling", step(20, 20))
        live(
            b,
            *feeds(step(32.5, 0), *[step(32.5, 32.5)] * 3),
            it,
            lambda minute: cooling(minute) if minute < DIES else [],
        )
        assert figures(b) == LEFT
        assert resting(b) == {"main-0"}


def test_a_ledger_that_knows_little_of_a_feed_says_nothing(tmp_path: Path) -> None:
    """A feed that never counted rests; one that was heard for twenty minutes is not judged."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        live(b, *feeds(step(0, 0), *[step(130 / 3, 130 / 3)] * 3), it)
        assert figures(b) == ALL
        assert resting(b) == set()


@pytest.mark.parametrize(("others", "powers"), [(32.5, {"it"}), (130 / 3, {"facility", "it"})])
def test_the_power_now_lacks_a_dead_feed(tmp_path: Path, others: float, powers: set[str]) -> None:
    """97.5 kW are not what the site draws, so it is not told; 130 kW by three feeds are."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        told = feeds(step(32.5, 0), *[step(32.5, others)] * 3)
        live(b, *told, it)
        values = [one for meter in told for one in meter(60 * HOURS)]
        now = Pages(*values, power("it", 1e5, "it_input"))
        collector = PueCollector(inventory(stock(*FEEDS, IT)), now, b.book, "guian", clock=b.clock)
        found = {
            series.label("boundary"): value
            for series, value in asyncio.run(collector.collect())
            if series.metric is SITE_POWER
        }
    assert found.keys() == powers
    assert found.get("facility", 130e3) == pytest.approx(130e3)


def reads_of_the_last_hour(b: Bench, monkeypatch: pytest.MonkeyPatch, end: int) -> int:
    """Sum the hour before a time again; return how often hours of meters are read for that."""
    read = []
    told = HourSummer._told

    def counted(*args: object) -> object:
        read.append(args)
        return told(*args)  # type: ignore[arg-type] # as they came

    monkeypatch.setattr(HourSummer, "_told", counted)
    b.pue.hours.sum_again(SITE, end - HOUR_MS, end)
    b.pue.sum_up()
    return len(read)


@pytest.mark.parametrize("count", [3, 9])
def test_meters_that_fell_together_are_judged_by_hours_that_are_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """However many meters of twelve are switched off, the hours about the fall are read as often.

    Twelve kilowatts fall to 12 less `count`, at IT and at the utility alike: none is dead.
    """
    racks = [f"{{meter: it-{n}, point: it_input}}" for n in range(12)]
    with bench(tmp_path, stock("{meter: main-0, point: utility}", *racks)) as b:
        parts = [step(1, 0 if n < count else 1) for n in range(12)]
        own = [drawn(f"it-{n}", "it_input", kw) for n, kw in enumerate(parts)]
        live(b, drawn("main-0", "utility", step(15.6, 15.6 - 1.3 * count)), *own)
        assert resting(b) == set()
        assert 0 < reads_of_the_last_hour(b, monkeypatch, round(result(b).end * 1000)) <= 8
