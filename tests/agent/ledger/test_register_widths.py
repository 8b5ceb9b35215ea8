"""Registers that begin again at 0: the devices' profiles know how wide they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from agent.app import App
from agent.ledger.register_widths import register_widths
from collectors.base import Collector, Reading, Schedule, Series
from collectors.facility.snmp.collector import SnmpCollector
from tests.support.ledger import HOUR, T0, Clock, batch, energy, inventory, ledger, pdu_energy

WH = 3600.0
SPAN = 2**32 * WH
"""A register of 32 bits that counts watt-hours."""

STOCK = (
    "sites: [{site: huawei-guian-1}]\n"
    "racks: [{rack: A07, site: huawei-guian-1, feeds:"
    " {A: {pdu: A07-A, capacity_watts: 7360}, B: {pdu: A07-B/2}}}]\n"
    "meters: [{meter: narrow, point: utility, wrap_joules: 1000}]"
)


@dataclass
class Device:
    """A device as far as its registers matter; it knows none until it is discovered."""

    device: str
    register_rollovers: Mapping[Series, float] = field(default_factory=dict)
    linked_names: tuple[str, ...] = ()
    name: ClassVar[str] = "snmp"
    schedule: Schedule = field(
        default_factory=lambda: Schedule(interval=60.0, timeout=1.0, max_samples=1)
    )

    def collect(self) -> list[Reading]:
        return []


class Plain:
    """A collector that knows nothing of registers."""

    name: ClassVar[str] = "cpu"
    device = "A07-A"
    schedule = Schedule(interval=60.0, timeout=1.0, max_samples=1)

    def collect(self) -> list[Reading]:
        return []


def around(pdu: str, *, used: float = 500.0) -> list[Reading]:
    """Return a register 100 Wh before its end, and after `used` Wh have passed since."""
    return [pdu_energy(pdu, SPAN - 100 * WH), pdu_energy(pdu, (used - 100) * WH)]


def test_a_register_that_wraps_between_two_readings_is_exact(tmp_path: Path) -> None:
    """A register of 32 bits wraps at 2^32 Wh, and 500 Wh across the wrap are all counted."""
    before, after = around("A07-A")
    book = ledger(tmp_path, Clock(T0 + HOUR), inventory(STOCK))
    book.register_width = {before[0]: SPAN}.get
    book.accept(batch(T0, before))
    book.accept(batch(T0 + 600, after))
    book.flush()
    assert book.energy("A07-A", T0, T0 + HOUR) == pytest.approx((500 * WH, 600.0))
    assert book.energy("A07-A", T0, T0 + 300) == pytest.approx((250 * WH, 300.0))
    assert (book.counts["wrap"], book.counts["reset"]) == (1, 0)
    book.close()


@pytest.mark.parametrize("known", [False, True])
def test_the_same_fall_without_a_width_is_a_reset(tmp_path: Path, known: bool) -> None:
    """Where nobody knows the width, the fall counts nothing."""
    before, after = around("A07-A")
    book = ledger(tmp_path, Clock(T0 + HOUR), inventory(STOCK))
    book.register_width = (lambda _: None) if known else None
    book.accept(batch(T0, before))
    book.accept(batch(T0 + 600, after))
    book.flush()
    assert book.energy("A07-A", T0, T0 + HOUR) == (0.0, 0.0)
    assert (book.counts["wrap"], book.counts["reset"]) == (0, 1)
    book.close()


def test_a_width_that_is_learned_later_counts(tmp_path: Path) -> None:
    """A device is asked for the width again until it knows it, and then the width is kept."""
    before, after = around("A07-A")
    widths: dict[Series, float] = {}
    book = ledger(tmp_path, Clock(T0 + HOUR), inventory(STOCK))
    book.register_width = widths.get
    book.accept(batch(T0, before))
    book.flush()
    widths[before[0]] = SPAN
    book.accept(batch(T0 + 600, after))
    book.flush()
    widths.clear()
    book.accept(batch(T0 + 660, (after[0], after[1] + 10 * WH)))
    book.flush()
    assert book.energy("A07-A", T0, T0 + HOUR) == pytest.approx((510 * WH, 660.0))
    book.close()


def test_a_wrap_beyond_the_rating_is_a_reset(tmp_path: Path) -> None:
    """A fall from the middle is no wrap: the PDU's feed could not have carried that much."""
    series, _ = pdu_energy("A07-A", 0.0)
    book = ledger(tmp_path, Clock(T0 + HOUR), inventory(STOCK))
    book.register_width = {series: SPAN}.get
    book.accept(batch(T0, (series, SPAN / 2)))
    book.accept(batch(T0 + 600, (series, 5 * WH)))
    book.flush()
    assert book.energy("A07-A", T0, T0 + HOUR) == (0.0, 0.0)
    assert (book.counts["wrap"], book.counts["reset"]) == (0, 1)
    book.close()


def test_the_inventory_is_accepted_before_the_profile(tmp_path: Path) -> None:
    """Where the inventory states `wrap_joules`, no device is asked."""
    book = ledger(tmp_path, Clock(T0 + HOUR), inventory(STOCK))
    book.register_width = {energy("narrow", 0)[0]: SPAN}.get
    book.accept(batch(T0, energy("narrow", 990.0)))
    book.accept(batch(T0 + 600, energy("narrow", 20.0)))
    book.flush()
    assert book.energy("narrow", T0, T0 + HOUR, site="huawei-guian-1") == pytest.approx(
        (30.0, 600.0)
    )
    book.close()


def test_widths_are_found_by_the_name_of_the_device() -> None:
    """Meters, PDUs and units linked behind them are found by name; others have no width."""
    main, own, second, named = (
        energy("main", 0)[0],
        pdu_energy("A07-A", 0)[0],
        pdu_energy("A07-B/2", 0)[0],
        pdu_energy("C", 0)[0],
    )
    first = Device("A07-B", {second: 2.0, named: 3.0}, linked_names=("C",))
    devices: list[Collector] = [
        Device("main", {main: 1.0}),
        Plain(),
        Device("A07-A"),
        Device("A07-A", {own: 4.0}),
        first,
    ]
    width = register_widths(devices)
    assert [width(series) for series in (main, second, named, own)] == [1.0, 2.0, 3.0, 4.0]
    assert [width(pdu_energy(name, 0)[0]) for name in ("A07-B/3", "D", "D/2")] == [None, None, None]
    first.register_rollovers = {second: 5.0}
    assert (width(second), width(named)) == (5.0, None)


def test_an_agent_asks_the_devices_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent's ledger finds widths at its devices, also of units linked by another name."""
    (tmp_path / "inventory.yaml").write_text(STOCK)
    config = tmp_path / "config.yaml"
    config.write_text(
        "hub: guian\nsite: huawei-guian-1\n"
        f"state_dir: {tmp_path}/state\ninventory: inventory.yaml\n"
        "collectors:\n  snmp:\n    devices:\n"
        "    - {address: 127.0.0.1:1, pdu: A07-A, rack: A07, feed: A, profile: eaton-epdu,"
        " linked: {'2': {name: C}}}\n"
    )
    app = App(config)
    app.prepare()
    assert app.ledger is not None
    assert app.ledger.register_width is not None
    own, linked = pdu_energy("A07-A", 0)[0], pdu_energy("C", 0)[0]
    assert app.ledger.register_width(own) is None
    monkeypatch.setattr(
        SnmpCollector, "register_rollovers", property(lambda _: {own: SPAN, linked: SPAN / 10})
    )
    assert [
        app.ledger.register_width(series) for series in (own, linked, energy("main", 0)[0])
    ] == [
        SPAN,
        SPAN / 10,
        None,
    ]
    app.ledger.close()
