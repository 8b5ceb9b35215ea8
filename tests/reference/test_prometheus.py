"""The counters that an agent exposes, read by PromQL: they say what the definitions say."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.ledger.ledger import Ledger
from agent.pue.collector import PueCollector
from agent.snapshot import Snapshot
from dashboards import rule_files
from tests.dashboards.promtool import promtool
from tests.reference.model import CELL, Duty
from tests.reference.product import SETTLED, Order, arrivals, stock_text
from tests.reference.shapes import Shape
from tests.reference.strategies import Drawing
from tests.reference.worlds import Device, Fault, Plan, World, build, referee
from tests.support.ledger import SITE, Clock, inventory

LAG = 2 * CELL
"""The counters are read for so long after the last reading."""

CASES = {
    "constant": Plan(hours=3),
    "silent": Plan(hours=4, feeds=(Device(faults=(Fault(sort="silent", minute=70, minutes=20),)),)),
    "reset": Plan(
        hours=4, branches=(Device(faults=(Fault(sort="reset", minute=95),)), Device(sort="power"))
    ),
    "sells": Plan(
        hours=4, sun=Device(), sun_kw=60, exports=True, it_shape=Shape(name="step", swing=200)
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The two counters of a site at one moment, and the end of the time that they count."""

    until: int
    facility: float | None
    it: float | None


def told(world: World) -> Iterator[Told]:
    """Let an agent hear a world, and read its counters every five minutes."""
    stock = inventory(stock_text(world))
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(world.start / 1000)
        book = Ledger(Path(folder) / "ledger.db", inventory=stock, clock=clock)
        collector = PueCollector(stock, Snapshot(), book, "guian", clock=clock)
        coming = arrivals(world, Order())
        for at in range(world.start + CELL, world.end + LAG, CELL):
            while coming and coming[0][0] <= at:
                clock.now = coming[0][0] / 1000
                book.accept(coming.pop(0)[1])
            clock.now = at / 1000
            found = {series.prefix: value for series, value in collector._readings({})}
            yield Told(
                until=min(at, world.end),
                facility=next((v for k, v in found.items() if _is(k, "facility")), None),
                it=next((v for k, v in found.items() if _is(k, "it")), None),
            )
        book.close()


def _is(prefix: str, boundary: str) -> bool:
    return prefix.startswith("dc_site_energy_joules_total{") and f'boundary="{boundary}"' in prefix


@pytest.mark.parametrize("name", CASES)
def test_counters_in_promql_rise_as_defined(name: str, tmp_path: Path) -> None:
    """Between two moments, a counter's rise is the energy of the cells that its boundary covers."""
    world = build(CASES[name])
    samples = list(told(world))
    first = 18  # by then each register has moved, and the counters have made up for it
    last = len(samples) - 1
    figures = referee(world)
    start, end = samples[first].until, samples[last].until
    cells = range(start, end, CELL)
    right = {
        "facility": sum(one.joules for cell in cells if (one := figures.facility(cell))),
        "it": sum(one.joules for cell in cells if (one := figures.it(cell))),
    }
    assert all(right.values())
    rule_files.write(tmp_path, load_registry())
    series = {
        boundary: (
            f'dc_site_energy_joules_total{{hub="guian", site="{SITE}", boundary="{boundary}"}}'
        )
        for boundary in ("facility", "it")
    }
    rise = {key: f"({one} - {one} offset {(last - first) * 5}m)" for key, one in series.items()}
    wanted = {rise[key]: float(joules) for key, joules in right.items()}
    test = {
        "interval": "5m",
        "input_series": [
            {"series": one, "values": " ".join(_value(getattr(s, key)) for s in samples)}
            for key, one in series.items()
        ],
        "promql_expr_test": [
            {
                "expr": f"abs({expr} - {value!r}) < bool 100",
                "eval_time": f"{last * 5}m",
                "exp_samples": [
                    {"labels": f'{{hub="guian", site="{SITE}", boundary="{key}"}}', "value": 1}
                ],
            }
            for key, (expr, value) in zip(series, wanted.items(), strict=True)
        ],
    }
    (tmp_path / "case.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "5m", "tests": [test]})
    )
    result = promtool(tmp_path, "test", "rules", "case.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def _value(value: float | None) -> str:
    return "_" if value is None else repr(value)


# Hubs of made-up sites: what their agents expose of the year, summed by the rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A site of a hub: what its agent exposes, and the right sums over its covered cells."""

    series: tuple[tuple[str, float], ...]
    facility: Fraction
    it: Fraction
    cells: int


def member(hub: str, number: int, world: World) -> Member:
    """Let an agent hear a world, and take what it exposes once all of it is summed."""
    stock = inventory(stock_text(world))
    figures = referee(world)
    cells = figures.counts(world.start, world.end)
    assert set(cells.values()) <= {Duty.MUST}
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock(world.start / 1000)
        book = Ledger(Path(folder) / "ledger.db", inventory=stock, clock=clock)
        for at, one in arrivals(world, Order()):
            clock.now = at / 1000
            book.accept(one)
        clock.now = (world.end + SETTLED) / 1000
        collector = PueCollector(stock, Snapshot(), book, hub, clock=clock)
        found = [(series.prefix.rstrip(), value) for series, value in collector._readings({})]
        book.close()
    return Member(
        series=tuple(
            (text.replace(f'site="{SITE}"', f'site="s{number}",instance="g{number}"'), value)
            for text, value in found
            if 'window="12mo"' in text
        ),
        facility=sum((m.joules for c in cells if (m := figures.facility(c))), Fraction(0)),
        it=sum((m.joules for c in cells if (m := figures.it(c))), Fraction(0)),
        cells=len(cells),
    )


def _settled(draw: Drawing) -> World:
    """Return a made-up site whose right sums are one number.

    Each of its cells has to count, and what was used in it is known to the cell: a register that
    was silent, or is coarse, tells that of a longer time only.
    """
    while True:
        world = build(draw.plan())
        figures = referee(world)
        cells = figures.counts(world.start, world.end)
        told = [one(at) for at in cells for one in (figures.facility, figures.it)]
        is_exact = not any(one.spans for one in told if one is not None)
        if is_exact and set(cells.values()) <= {Duty.MUST}:
            return world


def test_hub_of_made_up_sites(tmp_path: Path) -> None:
    """What agents expose of sites with silences makes the hub's PUE and coverage as defined.

    A site counts by its mean power over its covered cells. A year has 105 120 cells.
    """
    chance = Random(3)
    draw = Drawing(chance.choice, kinds=("silent",), late=False, exports=False, stores=False)
    series, values, covered = [], {}, {}
    for hub in ("ha", "hb", "hc"):
        members = [member(hub, n, _settled(draw)) for n in range(chance.choice((2, 3)))]
        series += [one for each in members for one in each.series]
        whole = sum(one.it / one.cells for one in members)
        labels = f'{{hub="{hub}",kpi="pue",scope="hub"}}'
        values[labels] = float(sum(one.facility / one.cells for one in members) / whole)
        covered[labels] = float(sum(one.it for one in members) / whole / 105_120)
    rule_files.write(tmp_path, load_registry())
    test = {
        "interval": "1m",
        "input_series": [{"series": text, "values": f"{value!r}x5"} for text, value in series],
        "promql_expr_test": [
            {
                "expr": f"round({metric} * 1e{digits})",
                "eval_time": "4m",
                "exp_samples": [
                    {"labels": labels, "value": round(value * 10**digits)}
                    for labels, value in right.items()
                ],
            }
            for metric, digits, right in (
                ('hub:dc_kpi:value{kpi="pue"}', 6, values),
                ('hub:dc_kpi_coverage_ratio:min{kpi="pue"}', 9, covered),
            )
        ],
    }
    (tmp_path / "hubs.yml").write_text(
        yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [test]})
    )
    result = promtool(tmp_path, "test", "rules", "hubs.yml")
    assert result.returncode == 0, result.stdout + result.stderr
