"""What would make a PUE better than the truth though every reading is accepted, by hand.

A utility meter draws 130 kW and IT 100 kW, so PUE is 1.300.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.messages.catalogue import words
from agent.messages.notes import note_text
from agent.pue.model import PueResult
from collectors.base import Reading
from tests.agent.pue.two_meters import stock
from tests.support.ledger import (
    SITE,
    T0,
    Bench,
    batch,
    bench,
    day,
    energy,
    exported,
)

SUN = "{meter: pv, point: renewable, accuracy_class: 0.5}"


def _with_battery(*more: str) -> str:
    return stock(*more).replace("timezone", "battery: true, timezone")


def _told(b: Bench, days: int, main: dict[int, float], it: dict[int, float]) -> PueResult:
    """Count 130 and 100 kWh in each hour of some days, but for the hours that say otherwise."""
    for meter, usual, others in (("main", 130.0, main), ("it", 100.0, it)):
        b.put(meter, {day(h): others.get(h, usual) for h in range(24 * days)})
    return b.between(day(), day(24 * days))


def _is_within(result: PueResult, truth: float) -> bool:
    assert result.pue is not None
    assert result.uncertainty is not None
    return abs(result.pue - truth) <= result.uncertainty * result.pue


def test_two_meters_that_were_swapped_for_half_a_day(tmp_path: Path) -> None:
    """Their names were swapped from noon on: 2760 of 2760 kWh, and 1.300 in the other half."""
    noon = range(12, 24)
    with bench(tmp_path, stock(), now=day(24).timestamp()) as b:
        result = _told(b, 1, dict.fromkeys(noon, 100.0), dict.fromkeys(noon, 130.0))
    assert result.pue == pytest.approx(1.0)
    assert _is_within(result, 1.3)
    note = next(one for one in result.notes if "swapped" in one)
    assert "50.0%" in note
    assert "1.300" in note
    assert "对调" in note_text(note, words("zh"))


def test_a_transformer_s_ratio_that_changed(tmp_path: Path) -> None:
    """IT's meter counts twice for two of thirty days: 130 · 30 / (100 · 32) = 1.219."""
    twice = dict.fromkeys(range(250, 298), 200.0)
    with bench(tmp_path, stock(), now=day(24 * 30).timestamp()) as b:
        result = _told(b, 30, {}, twice)
    assert result.pue == pytest.approx(1.21875)
    assert _is_within(result, 1.3)
    assert any("of the rest is 1.300" in one for one in result.notes)


@pytest.mark.parametrize("kwh", [0.0, 0.001])
def test_a_supply_that_tells_nothing_for_two_days(tmp_path: Path, kwh: float) -> None:
    """Two of thirty days at 0 and 100 kWh: it stands at 0 and cannot, so 28 days are covered."""
    silent = dict.fromkeys(range(240, 288), kwh)
    with bench(tmp_path, stock(), now=day(24 * 30).timestamp()) as b:
        result = _told(b, 30, silent, {})
    assert (result.pue, result.coverage) == (pytest.approx(1.3), pytest.approx(28 / 30))
    assert any("main (576 at_rest)" in one for one in result.notes)


def test_a_supply_that_tells_a_little_for_two_days(tmp_path: Path) -> None:
    """Two of thirty days at 1 and 100 kWh: (130 · 28 + 2) / 3000 = 1.2140 is stated for 1.300.

    1.300 is 1.300 / 1.2140 - 1 = 7.1 % above it.
    """
    little = dict.fromkeys(range(240, 288), 1.0)
    with bench(tmp_path, stock(), now=day(24 * 30).timestamp()) as b:
        result = _told(b, 30, little, {})
    assert result.pue == pytest.approx((130 * 28 + 2) / 3000)
    assert result.uncertainty is not None
    assert result.uncertainty >= 1.3 / ((130 * 28 + 2) / 3000) - 1 - 1e-4
    assert any("of the rest is 1.300" in one for one in result.notes)


def test_a_battery_of_a_site_with_the_sun_gives_at_night(tmp_path: Path) -> None:
    """The sun gives 200 kW for twelve hours and stores 90 of them: PUE is 1.35 and not in doubt."""
    with bench(tmp_path, _with_battery(SUN), now=day(24).timestamp()) as b:
        b.put("pv", {day(h): 200.0 if h < 12 else 0.0 for h in range(24)})
        night = dict.fromkeys(range(12, 24), 40.0)
        result = _told(b, 1, {**dict.fromkeys(range(12), 30.0), **night}, {})
    assert result.pue == pytest.approx((12 * 230 + 12 * 40) / 2400)
    assert result.uncertainty is not None
    assert result.uncertainty < 0.009  # classes alone
    assert not any("swapped" in one for one in result.notes)


@pytest.mark.parametrize(("kwh", "is_doubted"), [(300.0, True), (140.0, False)])
def test_a_battery_does_not_let_it_leap(tmp_path: Path, kwh: float, is_doubted: bool) -> None:
    """IT's meter counts 300 kWh in two of 24 hours beside 110 kWh and 20 of the sun: 3120 / 2800.

    With 140 kWh, a battery may have given beside a load that is somewhat higher: 3120 / 2480.
    """
    with bench(tmp_path, _with_battery(SUN), now=day(24).timestamp()) as b:
        b.put("pv", {day(h): 20.0 for h in range(24)})
        main = dict.fromkeys(range(24), 110.0)
        result = _told(b, 1, main, dict.fromkeys((10, 11), kwh))
    assert result.pue == pytest.approx(3120 / (2200 + 2 * kwh))
    assert result.uncertainty is not None
    assert _is_within(result, 1.3) is is_doubted
    assert any("swapped" in one for one in result.notes) is is_doubted


def test_an_honest_low_pue_is_as_sure_as_before(tmp_path: Path) -> None:
    """1.02, with hours that go up and down by 2 % because their registers count in steps."""
    with bench(tmp_path, stock(), now=day(24).timestamp()) as b:
        result = _told(b, 1, {h: 102.0 + 2 * (-1) ** h for h in range(24)}, {})
    assert result.pue == pytest.approx(1.02)
    assert result.uncertainty == pytest.approx(0.0082, abs=0.0005)
    assert not any("swapped" in one for one in result.notes)


HOURS = 8
KWH = 3.6e6
Told = Callable[[int], list[Reading]]


def _main(kwh: float) -> Reading:
    return energy("main", (1000 + kwh) * KWH)


def _it(minute: int) -> Reading:
    return energy("it", (500 + 100 * minute / 60) * KWH, "it_input")


def _heard(path: Path, told: Told) -> PueResult:
    """Let a gateway read something each minute for eight hours; return the PUE of them."""
    with bench(path, stock()) as b:
        for minute in range(HOURS * 60 + 1):
            b.clock.now = T0 + minute * 60
            b.book.accept(batch(b.clock.now, *told(minute)))
        b.clock.now += 1200
        b.book.flush()
        while not b.pue.refresh():
            pass
        return b.pue.between(SITE, T0, T0 + HOURS * 3600)


def test_a_supply_s_transformer_of_half_the_ratio_for_two_hours(tmp_path: Path) -> None:
    """130 · 7 / 800 = 1.1375 is stated for 1.300; the hours at its ends are wrong in part."""

    def drawn(minute: int) -> float:
        return 130 / 60 * (minute - (min(max(minute - 200, 0), 120)) / 2)

    result = _heard(tmp_path, lambda m: [_main(drawn(m)), _it(m)])
    assert result.pue == pytest.approx(1.1375)
    assert _is_within(result, 1.3)


@pytest.mark.parametrize("silent", [5, 30, 90])
def test_a_meter_exchanged_for_one_that_shows_the_same(tmp_path: Path, silent: int) -> None:
    """What flows while it is exchanged is lost: the figure is too good, and says how sure it is."""

    def told(minute: int) -> list[Reading]:
        if 200 <= minute < 200 + silent:
            return [_it(minute)]
        return [_main(130 / 60 * (minute - (silent if minute >= 200 else 0))), _it(minute)]

    result = _heard(tmp_path, told)
    assert result.pue is None or _is_within(result, 1.3)


@pytest.mark.parametrize("begin", [0.0, 1000.0])
def test_an_export_register_that_counts_down_makes_no_figure(tmp_path: Path, begin: float) -> None:
    """Whether it shows less than 0 or falls, nobody knows what left, so nothing is covered."""
    result = _heard(
        tmp_path,
        lambda m: [
            _main(130 * m / 60),
            exported("main", (begin - 10 * m / 60 - 1) * KWH),
            _it(m),
        ],
    )
    assert (result.state, result.coverage) == ("no_data", 0.0)


def test_two_meters_under_one_name(tmp_path: Path) -> None:
    """One of 130 kW and one of 39 kW answer in turn: no figure, rather than one of their mean."""

    def told(minute: int) -> list[Reading]:
        other = minute % 2 == 0
        kwh = 900 + 39 * minute / 60 if other else 500 + 130 * minute / 60
        return [energy("main", kwh * KWH), _it(minute)]

    assert _heard(tmp_path, told).pue is None


def test_a_register_that_is_scaled_anew(tmp_path: Path) -> None:
    """The supply's register shows half of all from 200 minutes on: (433 + 303) / 800 is no PUE."""
    result = _heard(
        tmp_path,
        lambda m: [
            energy("main", (1000 + 130 * m / 60) * (0.5 if m >= 200 else 1.0) * KWH),
            _it(m),
        ],
    )
    assert (result.state, result.pue) == ("inconsistent", None)
    assert any("swapped" in note for note in result.notes)
