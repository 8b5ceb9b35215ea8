"""Energy that leaves a site: it is metered from the first reading of an export register on."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.inventory.load import load_inventory
from agent.ledger.energy import HOUR_MS, HourCells
from agent.ledger.ledger import Ledger
from agent.pue.pue import Pue
from collectors.base import Batch
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Clock,
    batch,
    energy,
    exported,
    import_hours,
    inventory,
    ledger,
    power,
)

STOCK = (
    f"sites: [{{site: {SITE}}}]\n"
    "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]"
)
KWH = 3.6e6


class Site:
    """A ledger with a day of bills before T0: 150 kWh come in each hour, and IT takes 100."""

    def __init__(self, path: Path, text: str = STOCK) -> None:
        self.clock, self.stock = Clock(T0), inventory(text)
        self.book: Ledger = ledger(path, self.clock, self.stock)
        self.pue = Pue(self.book, self.stock, clock=self.clock)
        for meter, kwh in (("main", 150.0), ("it", 100.0)):
            hours = range(round(T0 * 1000) - 24 * HOUR_MS, round(T0 * 1000), HOUR_MS)
            import_hours(
                self.book, SITE, meter, {hour: HourCells.uniform(kwh * KWH) for hour in hours}
            )

    def hear(self, *batches: Batch) -> None:
        for one in batches:
            self.book.accept(one)
            self.clock.now = max(self.clock.now, one.time)
        self.book.flush()
        self.pue.refresh()

    def ratio(self, start: float, end: float) -> tuple[float | None, float]:
        self.pue.refresh()
        found = self.pue.between(SITE, T0 + start * HOUR, T0 + end * HOUR)
        return found.pue, found.coverage


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.book.close()


def live(
    hours: float, *, sold: float | None, since: float = 0.0, meter: str = "main"
) -> Iterator[Batch]:
    """Read 150 kW coming in, 100 kW of IT and `sold` kW leaving, every minute of some hours."""
    for minute in range(round(since * 60), round((since + hours) * 60) + 1):
        seconds = 60.0 * minute
        out = [] if sold is None else [exported(meter, 5e9 + sold * 1e3 * seconds)]
        yield batch(
            T0 + seconds,
            energy(meter, 7e9 + 150e3 * seconds),
            energy("it", 1e5 * seconds, "it_input"),
            *out,
        )


def test_an_export_register_that_reads_0_takes_no_past_away(site: Site) -> None:
    """An export register that stays at its first value leaves the bills before it covered."""
    assert site.ratio(-24, 0) == (pytest.approx(1.5), 1.0)
    site.hear(*live(3, sold=0.0))
    assert site.pue.boundary(SITE).places["export"]
    assert site.ratio(-24, 0) == (pytest.approx(1.5), 1.0)
    assert site.ratio(-24, 3) == (pytest.approx(1.5), 1.0)


def test_what_is_sold_is_taken_off_from_the_first_reading_on(site: Site) -> None:
    """Of 150 kW that come in 30 leave: 1.2 from the first reading on, and 1.5 before it."""
    site.hear(*live(3, sold=30.0))
    assert site.ratio(0, 3) == (pytest.approx(1.2), 1.0)
    assert site.ratio(-3, 0) == (pytest.approx(1.5), 1.0)
    assert site.ratio(-3, 3) == (pytest.approx(1.35), 1.0)


def test_an_hour_of_silent_export_is_missing(site: Site) -> None:
    """Where what comes in is heard and what leaves is not, the cells are not covered."""
    site.hear(*live(2, sold=30.0), *live(1, sold=None, since=2 + 1 / 60))
    assert site.ratio(2, 3) == (None, 0.0)
    assert site.ratio(0, 3) == (pytest.approx(1.2), pytest.approx(2 / 3))


def test_an_earlier_reading_of_the_export_register_comes_late(site: Site) -> None:
    """A late reading at one says that export was metered since; a reset before two hid how much.

    So the hour from one to two is covered at first, and missing after the late reading.
    """
    sold = [exported("main", 5e9 + 30e3 * 60 * minute) for minute in range(61)]
    site.hear(*live(3, sold=None))
    site.hear(*(batch(T0 + 2 * HOUR + 60 * n, each) for n, each in enumerate(sold)))
    assert site.ratio(1, 2) == (pytest.approx(1.5), 1.0)
    site.hear(batch(T0 + HOUR, exported("main", 9e9)))
    assert site.ratio(1, 2) == (None, 0.0)
    assert site.ratio(0, 1) == (pytest.approx(1.5), 1.0)
    assert site.ratio(2, 3) == (pytest.approx(1.2), 1.0)


def test_a_silence_of_both_is_bridged_by_both_registers(site: Site) -> None:
    """After a silence of the whole meter both registers tell the energy of the gap."""
    site.hear(*live(1, sold=30.0))
    site.hear(*live(1, sold=30.0, since=4))
    assert site.ratio(0, 5) == (pytest.approx(1.2), 1.0)


def test_an_export_register_that_is_heard_later(site: Site) -> None:
    """An export register that is first read at half past one costs no cell of either half."""
    site.hear(*live(1.5, sold=None), *live(1.5, sold=30.0, since=1.5))
    assert site.ratio(0, 1.5) == (pytest.approx(1.5), 1.0)
    assert site.ratio(1.5, 3) == (pytest.approx(1.2), 1.0)
    assert site.ratio(-24, 3)[1] == 1.0


def test_summing_the_past_anew_changes_nothing(site: Site) -> None:
    """Summing bills and readings again gives the same sums, also after a restart."""
    site.hear(*live(2, sold=30.0), *live(1, sold=None, since=2 + 1 / 60))
    spans = [(-24, 0), (-24, 3), (0, 3), (1.25, 2.5), (2, 3)]
    before = [site.ratio(*span) for span in spans]
    hours = site.pue.hours.hours(SITE, 0, 1 << 60)
    for _ in range(2):
        site.pue.hours.sum_again(
            SITE, round(T0 * 1000) - 25 * HOUR_MS, round(T0 * 1000) + 4 * HOUR_MS
        )
        assert [site.ratio(*span) for span in spans] == before
        assert site.pue.hours.hours(SITE, 0, 1 << 60) == hours
        site.pue = Pue(site.book, site.stock, clock=site.clock)


def test_late_and_shuffled_readings_give_the_same_sums(tmp_path: Path) -> None:
    """The earliest reading of an export register decides, in whatever order readings come."""
    found = []
    for number in range(3):
        site = Site(tmp_path / str(number))
        batches = [*live(1.2, sold=None), *live(1.5, sold=30.0, since=1.2 + 1 / 60)]
        if number:
            random.Random(number).shuffle(batches)
        for one in batches:
            site.hear(one)
        found.append(
            [site.pue.hours.hours(SITE, 0, 1 << 60), site.ratio(0, 2.5), site.ratio(-24, 2.5)]
        )
        site.book.close()
    assert found[0] == found[1] == found[2]
    assert found[0][1][1] > 0.95


def test_bills_for_what_was_silent_do_not_say_what_was_sold(site: Site) -> None:
    """A bill after the first reading covers only hours in which the export was read, too."""
    site.hear(*live(2, sold=30.0))
    import_hours(
        site.book, SITE, "main", {round(T0 * 1000) + 5 * HOUR_MS: HourCells.uniform(150 * KWH)}
    )
    import_hours(
        site.book, SITE, "it", {round(T0 * 1000) + 5 * HOUR_MS: HourCells.uniform(100 * KWH)}
    )
    assert site.ratio(5, 6) == (None, 0.0)
    site.hear(
        *live(1, sold=30.0, since=6)
    )  # both registers bridge the gap; the bill stays, and what was sold is known
    assert site.ratio(5, 6) == (pytest.approx(1.2), 1.0)


def test_a_meter_exchanged_for_one_that_knows_no_export(tmp_path: Path) -> None:
    """A new meter needs no export register because the old one had one."""
    text = STOCK.replace("{meter: main,", "{meter: main-2, replaces: main,")
    site = Site(tmp_path, text)
    site.hear(*live(2.5, sold=30.0), *live(1.5, sold=None, since=2.5, meter="main-2"))
    assert site.ratio(0, 2.5) == (pytest.approx(1.2), 1.0)
    assert site.ratio(2.5, 4) == (pytest.approx(1.5), 1.0)
    site.pue.hours.sum_again(SITE, round(T0 * 1000), round(T0 * 1000) + 4 * HOUR_MS)
    assert site.ratio(1, 4) == (pytest.approx(1.35), 1.0)
    site.book.close()


def test_a_meter_exchanged_for_one_that_counts_both_ways(tmp_path: Path) -> None:
    """A new meter's export register changes nothing of the hours of the old meter."""
    text = STOCK.replace("{meter: main,", "{meter: main-2, replaces: main,")
    site = Site(tmp_path, text)
    site.hear(*live(2, sold=None), *live(2, sold=30.0, since=2, meter="main-2"))
    assert site.ratio(-24, 2) == (pytest.approx(1.5), 1.0)
    assert site.ratio(2, 4) == (pytest.approx(1.2), 1.0)
    site.book.close()


def test_the_first_minutes_with_an_export_register(site: Site) -> None:
    """Before whole cells are covered, what leaves is subtracted over the shared time."""
    site.clock.now = T0 + 48 * HOUR
    site.hear(*live(0.1, sold=30.0, since=48))
    assert site.pue.result(SITE, "1h").pue == pytest.approx(1.2)


def test_power_of_hours_before_the_export_was_metered(site: Site) -> None:
    """The power trend subtracts what leaves from the first reading on, and not before."""
    site.hear(*live(3, sold=30.0))
    site.clock.now += 600
    trend = {round((p.time - T0) / HOUR): p.facility_watts for p in site.pue.power_trend(SITE, 20)}
    assert (trend[-2], trend[1]) == (pytest.approx(150e3), pytest.approx(120e3))


def test_only_power_is_known_of_what_comes_in(tmp_path: Path) -> None:
    """A meter with power and an export register has its trapezoids less the register's energy."""
    stock = load_inventory(
        tmp_path / "inventory.yaml", "guian", timezone="Asia/Shanghai", text=STOCK
    )
    clock = Clock()
    book = ledger(tmp_path, clock, stock)
    pue = Pue(book, stock, clock=clock)
    for minute in range(121):
        clock.now = T0 + 60 * minute
        book.accept(
            batch(
                clock.now,
                power("main", 150e3),
                power("it", 100e3, "it_input"),
                exported("main", 30e3 * 60 * minute),
            )
        )
    book.flush()
    pue.refresh()
    result = pue.between(SITE, T0, T0 + 2 * HOUR)
    assert (result.pue, result.coverage) == (pytest.approx(1.2), 1.0)
    book.close()
