"""The counters that an agent exposes, read by PromQL: they say what the definitions say."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.ledger.ledger import Ledger
from agent.pue.collector import PueCollector
from agent.snapshot import Snapshot
from dashboards import rule_files
from tests.dashboards.promtool import promtool
from tests.reference.model import CELL
from tests.reference.product import Order, arrivals, stock_text
from tests.reference.worlds import Device, Fault, Plan, Shape, World, build, referee
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
        hours=5, sun=Device(), sun_kw=150, exports=True, it_shape=Shape(name="step", swing=200)
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
    first = next(n for n, one in enumerate(samples) if one.it is not None)
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
        boundary: f'dc_site_energy_joules_total{{hub="guian", site="{SITE}", boundary="{boundary}"}}'
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
