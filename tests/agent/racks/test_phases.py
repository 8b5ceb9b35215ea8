"""Phases: imbalance of PDUs and breakers, and the current on each phase of a breaker."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.racks.phases import PhaseCollector, imbalance
from collectors.catalogue.facility import PDU_PHASE_CURRENT
from tests.support.ledger import SITE, Pages, inventory

HEAD = (
    f"sites: [{{site: {SITE}}}]\nbreakers:\n- {{breaker: main, site: {SITE}, rated_amperes: 250}}\n"
)
HEAD += f"- {{breaker: bus, site: {SITE}, rated_amperes: 100, upstream: main}}\nracks:\n"


def rack(pdu: str, extra: str = "", state: str = "in_service") -> str:
    return (
        f"- {{rack: r{pdu}, site: {SITE}, row: A, state: {state}, feeds: {{A: {{pdu: {pdu},"
        f" breaker: bus{extra}}}}}}}\n"
    )


def collect(racks: str, **currents: tuple[float, ...]) -> dict[str, float]:
    heard = [
        (PDU_PHASE_CURRENT.series("guian", SITE, "A", f"r{pdu}", pdu, "A", f"L{phase}"), amperes)
        for pdu, values in currents.items()
        for phase, amperes in enumerate(values, start=1)
    ]
    found = asyncio.run(PhaseCollector(inventory(HEAD + racks), Pages(*heard), "guian").collect())
    return {series.prefix.strip(): value for series, value in found}


def of(name: str, extra: str = "", which: str = "bus") -> str:
    return f'dc_breaker_{name}{{hub="guian",site="{SITE}",breaker="{which}"{extra}}}'


def amperes(found: dict[str, float], which: str = "bus") -> list[float | None]:
    return [found.get(of("phase_current_amperes", f',phase="L{n}"', which)) for n in (1, 2, 3)]


def least(found: dict[str, float]) -> list[float | None]:
    return [found.get(of("phase_load_ratio", f',phase="L{n}",bound="lower"')) for n in (1, 2, 3)]


def pdu(name: str) -> str:
    rack = f'hub="guian",site="{SITE}",row="A",rack="r{name}"'
    return f'dc_pdu_phase_imbalance_ratio{{{rack},pdu="{name}",feed="A"}}'


def test_imbalance_is_the_largest_deviation_over_the_mean() -> None:
    """10, 10 and 16 A have a mean of 12 and an imbalance of a third."""
    assert collect(rack("p"), p=(10.0, 10.0, 16.0))[pdu("p")] == pytest.approx(1 / 3)


def test_no_imbalance_at_low_load_or_of_one_phase() -> None:
    """A PDU at low load, by its rating or by two amperes, has no imbalance; nor has one phase."""
    assert pdu("p") not in collect(rack("p"), p=(0.0, 0.0, 5.0))
    rated = rack("p", ", capacity_watts: 22080")  # 32 A a phase
    assert pdu("p") not in collect(rated, p=(1.0, 1.0, 7.0))
    assert pdu("p") in collect(rated, p=(1.0, 1.0, 8.0))
    assert pdu("p") not in collect(rack("p"), p=(12.0,))


def test_a_breaker_s_phases_are_sums_over_its_pdus() -> None:
    """PDUs add up phase by phase, turned as stated, and so do the breakers that they are behind."""
    found = collect(
        rack("p") + rack("q", ", phase: L2") + rack("s", ", phase: L3"),
        p=(10.0, 11.0, 12.0),
        q=(1.0, 2.0, 3.0),
        s=(5.0,),
    )
    assert amperes(found) == amperes(found, which="main") == [10 + 3, 11 + 1, 12 + 2 + 5]
    assert found[of("phase_load_ratio", ',phase="L3",bound="lower"')] == pytest.approx(0.19)
    assert found[of("phase_imbalance_ratio")] == pytest.approx((19 - 44 / 3) / (44 / 3))
    assert of("phase_imbalance_ratio", which="main") not in found  # 14.7 A of 250


def test_what_is_not_known_of_the_phases_leaves_a_lower_bound() -> None:
    """A silent PDU, or a single-phase one of unknown phase, leaves only the lower bound."""
    for missing in (rack("q"), rack("s")):
        found = collect(rack("p") + missing, p=(30.0, 31.0, 32.0), s=(5.0,))
        assert least(found) == [0.3, 0.31, 0.32]
        assert amperes(found) == amperes(found, which="main") == [None] * 3
        assert of("phase_imbalance_ratio") not in found
    assert amperes(collect(rack("p") + rack("q", state="planned"), p=(30.0, 31.0, 32.0))) == [
        30.0,
        31.0,
        32.0,
    ]


def test_the_neutral_of_a_single_phase_pdu_is_no_phase() -> None:
    """A PDU that reports L1 and its neutral has a single phase: here the breaker's L3."""
    heard = [
        (PDU_PHASE_CURRENT.series("guian", SITE, "A", "rs", "s", "A", phase), 5.0)
        for phase in ("L1", "N")
    ]
    stock = inventory(HEAD + rack("s", ", phase: L3"))
    readings = asyncio.run(PhaseCollector(stock, Pages(*heard), "guian").collect())
    found = {series.prefix.strip(): value for series, value in readings}
    assert amperes(found) == [0.0, 0.0, 5.0]


def test_nobody_knows_the_phase_of_a_single_phase_breaker() -> None:
    """Behind a three-phase breaker, its current is missing on some phase: bounds, no imbalance."""
    breakers = HEAD.replace(
        "racks:\n",
        f"- {{breaker: one, site: {SITE}, rated_amperes: 20, phases: 1, upstream: bus}}\nracks:\n",
    )
    racks = rack("p") + rack("s").replace("breaker: bus", "breaker: one")
    heard = [
        (PDU_PHASE_CURRENT.series("guian", SITE, "A", f"r{pdu}", pdu, "A", phase), value)
        for pdu, phase, value in (
            ("p", "L1", 30.0),
            ("p", "L2", 31.0),
            ("p", "L3", 32.0),
            ("s", "L1", 5.0),
        )
    ]
    stock = inventory(breakers + racks)
    readings = asyncio.run(PhaseCollector(stock, Pages(*heard), "guian").collect())
    found = {series.prefix.strip(): value for series, value in readings}
    assert found[of("phase_current_amperes", ',phase="L1"', "one")] == 5.0
    assert least(found) == [0.3, 0.31, 0.32]
    assert amperes(found) == [None] * 3
    assert of("phase_imbalance_ratio") not in found


@given(st.lists(st.floats(0, 1000), min_size=3, max_size=3), st.floats(0.1, 100))
def test_imbalance_lies_between_even_and_one_phase_alone(
    currents: list[float], factor: float
) -> None:
    """It is 0 for equal currents, 2 for one phase alone, and the same for any multiple."""
    one, two, three = currents
    found = imbalance((one, two, three), 1e-6)
    if found is not None:
        assert 0 <= found <= 2 + 1e-9
        scaled = imbalance((one * factor, two * factor, three * factor), 0.0)
        assert scaled == pytest.approx(found, abs=1e-9)
    assert imbalance((7.0, 7.0, 7.0), 1.0) == 0
    assert imbalance((7.0, 0.0, 0.0), 1.0) == pytest.approx(2)
