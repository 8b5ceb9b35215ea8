"""Which readings of power are accepted."""

from __future__ import annotations

import pytest

from agent.ledger.limits import Limits
from tests.support.registers import came, read


@pytest.mark.parametrize(("bad", "reason"), [(-5.0, "negative"), (65_535e3, "above_rating")])
def test_a_refused_power_leaves_a_hole(bad: float, reason: str) -> None:
    """100 kW each five minutes, two of five readings refused: only 100 kW, in two fifths."""
    watts = read(lambda m: bad if m // 5 % 5 in (1, 2) else 1e5, range(0, 1251, 5), 5)
    found = came(power=watts, limits=Limits(rating=4e5))
    assert found.minutes == 1250 * 2 / 5
    assert found.kwh == pytest.approx(100 * found.minutes / 60)
    assert found.refused == {reason: 100}


@pytest.mark.parametrize("watts", [65_535e3, 5e6])
@pytest.mark.parametrize("length", [1, 2])
def test_a_power_far_above_those_beside_it_leaves_a_hole(watts: float, length: int) -> None:
    """100 kW without a rating, and one or two wild readings: the minutes beside them are a hole."""
    found = came(power=read(lambda m: watts if 60 <= m < 60 + length else 1e5, range(121)))
    assert found.minutes == 120 - length - 1
    assert found.kwh == pytest.approx(100 * found.minutes / 60)
    assert found.refused == {"leap": length}


@pytest.mark.parametrize("length", [3, 60])
def test_a_power_that_lasts_is_accepted(length: int) -> None:
    """2 kW and then 100 kW for three minutes or longer: it is a load."""
    found = came(power=read(lambda m: 1e5 if 60 <= m < 60 + length else 2e3, range(181)))
    assert (found.minutes, found.refused) == (180, {})


@pytest.mark.parametrize(
    ("kind", "watts", "accepted"),
    [("pdu", 190e3, True), ("pdu", 210e3, False), ("meter", 4e8, True), ("meter", 6e8, False)],
)
def test_no_power_is_above_what_its_kind_draws(kind: str, watts: float, accepted: bool) -> None:
    """However long it lasts: above 200 kW of a PDU, and 500 MW of a meter, it is a hole."""
    energy = read(lambda m: watts if 60 <= m < 160 else 5e3, range(241))
    found = came(power=energy, limits=Limits.of_kind(kind))
    assert found.minutes == (240 if accepted else 139)
    assert found.refused == ({} if accepted else {"leap": 100})


def test_a_wild_power_is_not_accepted_before_others_follow() -> None:
    """The last reading is far above those before it; the next one tells that it is a load."""
    watts = read(lambda m: 1e5 if m >= 60 else 2e3, range(62))
    assert came(power=watts[:61]).refused == {"leap": 1}
    assert came(power=watts).minutes == 61
