"""What the collector of PUE yields."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.pue.collector import PueCollector
from tests.support.ledger import (
    HEAD,
    SITE,
    T0,
    Clock,
    Pages,
    batch,
    energy,
    exported,
    inventory,
    ledger,
    power,
)

TWO = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
    " {meter: it, point: it_input, accuracy_class: 1}]"
)
THREE = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: a, point: it_input},"
    " {meter: b, point: it_input}, {meter: c, point: it_input}]"
)


def collected(collector: PueCollector) -> dict[str, float]:
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def test_collector_tells_every_window(tmp_path: Path) -> None:
    """The collector yields PUE with all it rests on, and stores PUE in the history."""
    clock, stock = Clock(), inventory(TWO)
    book = ledger(tmp_path, clock, stock)
    main, it = power("main", 1500.0), power("it", 1000.0, "it_input")
    for _ in range(130):
        book.accept(batch(clock.now, main, it))
        clock.now += 60
    collector = PueCollector(
        stock, Pages(main, it), book, "guian", targets={SITE: 1.2}, clock=clock
    )
    found = collected(collector)
    where = f'hub="guian",site="{SITE}"'
    assert found[f'dc_site_pue_ratio{{{where},category="3",window="1h"}}'] == pytest.approx(1.5)
    assert found[f'dc_site_pue_coverage_ratio{{{where},window="1h"}}'] == 1.0
    assert found[f'dc_site_pue_state{{{where},window="1h",state="valid"}}'] == 1.0
    assert found[f'dc_site_pue_state{{{where},window="1d",state="low_coverage"}}'] == 1.0
    assert found[f'dc_site_power_watts{{{where},boundary="facility"}}'] == 1500.0
    assert found[f'dc_site_power_watts{{{where},boundary="it"}}'] == 1000.0
    energies = [
        found[f'dc_site_window_energy_joules{{{where},boundary="{b}",window="1h"}}']
        for b in ("facility", "it")
    ]
    assert energies == pytest.approx([5.4e6, 3.6e6])
    assert found[f'dc_site_energy_joules_total{{{where},boundary="it"}}'] > 7e6
    assert found[f"dc_site_pue_required_ratio{{{where}}}"] < 1.2
    assert len(book.history("pue:1h", "guian", SITE)) == 1
    book.close()


def test_power_of_a_boundary_with_a_silent_meter_is_not_told(tmp_path: Path) -> None:
    """Power at a boundary is given only where every meter of it answers."""
    clock, stock = Clock(), inventory(THREE)
    book = ledger(tmp_path, clock, stock)
    collector = PueCollector(
        stock, Pages(power("main", 1440e3), power("a", 4e5, "it_input")), book, "guian", clock=clock
    )
    found = collected(collector)
    powers = {name for name in found if name.startswith("dc_site_power_watts")}
    assert powers == {f'dc_site_power_watts{{hub="guian",site="{SITE}",boundary="facility"}}'}
    assert not any(name.startswith("dc_site_pue_ratio") for name in found)
    book.close()


def test_the_power_now_is_the_data_centre_s(tmp_path: Path) -> None:
    """Of 1300 W an office takes 100 W; the meter's export register adds nothing to its power."""
    text = TWO[:-1] + ", {meter: office, point: utility, behind: main, subtract: true}]"
    clock, stock = Clock(), inventory(text)
    book = ledger(tmp_path, clock, stock)
    for second in (0, 60):
        book.accept(batch(T0 + second, energy("main", 1e3), exported("main", 1e3)))
    now = power("main", 1300.0), power("office", 100.0), power("it", 1000.0, "it_input")
    clock.now += 60
    found = collected(PueCollector(stock, Pages(*now), book, "guian", clock=clock))
    where = f'hub="guian",site="{SITE}"'
    assert found[f'dc_site_power_watts{{{where},boundary="facility"}}'] == 1200.0
    assert found[f'dc_site_power_watts{{{where},boundary="it"}}'] == 1000.0
    book.close()


def test_a_register_that_is_stuck_is_told_with_its_meter(tmp_path: Path) -> None:
    """1 while it stands still though power is drawn, 0 once it counts again; no series before."""
    clock, stock = Clock(), inventory(TWO)
    book = ledger(tmp_path, clock, stock)
    collector = PueCollector(stock, Pages(), book, "guian", clock=clock)
    told = []
    for minute in range(400):
        counted = minute if minute < 100 else max(100, minute - 150)
        book.accept(batch(clock.now, energy("main", 1e9 + counted * 6e6), power("main", 1e5)))
        clock.now += 60
        if minute % 100 == 99:
            told.append(
                {key: value for key, value in collected(collector).items() if "stuck" in key}
            )
    series = f'dc_meter_register_stuck{{hub="guian",site="{SITE}",meter="main",point="utility"}}'
    assert told == [{}, {series: 1.0}, {series: 0.0}, {series: 0.0}]
