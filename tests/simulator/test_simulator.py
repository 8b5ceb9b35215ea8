"""The simulated site as a whole: its meters, the files for an agent, and its past."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.config import load
from agent.inventory.load import load_inventory
from collectors.base import BadReply, Context, Place, Unreachable
from collectors.facility.modbus import KIND
from collectors.facility.modbus.collector import ModbusCollector
from collectors.strict import read
from simulator.config import Wanted, write_config
from simulator.history import write_history, write_recent
from simulator.model import Model
from simulator.simulator import Simulator, month_begin
from simulator.site import build_site
from tests.collectors.facility.modbus.kit import impatient
from tests.support import free_ports

NOW = dt.datetime(2026, 7, 15, 12, 34, 56, tzinfo=dt.UTC).timestamp()


@asynccontextmanager
async def site(racks: int = 2, **options: object) -> AsyncIterator[Simulator]:
    simulator = Simulator(build_site("guian", racks), clock=lambda: NOW, **options)
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


@asynccontextmanager
async def reading(simulator: Simulator) -> AsyncIterator[dict[str, ModbusCollector]]:
    """Our collector of every meter, by the meter's name."""
    devices = "".join(
        f'  - {{address: "{simulator.addresses[m.name]}", unit: {m.unit}, '
        f"profile: eastron-sdm630, meter: {m.name}, "
        f"point: {m.meter.point}}}\n"
        for m in simulator.meters.values()
    )
    config = read(
        "modbus.yaml", KIND.Config, text=f"timeout: 2m\nrequest_timeout: 2m\ndevices:\n{devices}"
    )
    made = KIND.build(config, Context(place=Place(hub="guian", site="s"), node="n"))
    try:
        yield {one.device: one for one in made}
    finally:
        for one in made:
            await one.aclose()


async def test_every_meter_shows_what_the_model_says() -> None:
    """Modbus and the packaged profile give the model's power and energy within the resolution."""
    async with site() as simulator, reading(simulator) as meters:
        assert {m.meter.point for m in simulator.meters.values()} == {
            "utility",
            "renewable",
            "ups_output",
            "cooling",
            "lighting",
        }
        for name, meter in meters.items():
            got = {series.metric.name: value for series, value in await meter.collect()}
            truth = simulator.meters[name].meter.power
            assert got["power_watts"] == pytest.approx(truth.power(NOW), rel=1e-6)
            assert got["energy_joules_total"] == pytest.approx(
                truth.energy(month_begin(NOW), NOW), rel=1e-6
            )
            assert len([1 for series, _ in await meter.collect() if series.label("phase")]) == 9


async def test_the_meters_agree_with_each_other_and_give_the_model_s_pue() -> None:
    """Utility and solar energy divided by the PDUs' energy of an hour is the model's PUE."""
    async with site() as simulator:
        since, until = NOW - 6 * 3600, NOW - 5 * 3600
        incoming = [simulator.meters["utility-1"], simulator.meters["solar-1"]]
        pdus = simulator.pdus.values()
        facility, sun = (
            sum(m.counted(until) - m.counted(since) for m in some)
            for some in (incoming, incoming[1:])
        )
        assert 0.02 < sun / facility < 0.25
        it = sum(p.counted(until) - p.counted(since) for p in pdus)
        assert facility / it == pytest.approx(simulator.model.pue(since, until), rel=1e-6)


async def test_a_silent_meter_and_one_that_talks_nonsense_are_told_apart() -> None:
    """Behind one gateway, the one is unreachable, the other a bad reply, and the third reads on."""
    async with site() as simulator, reading(simulator) as meters:
        units = [simulator.meters[name].unit for name in ("cooling-1", "cooling-2")]
        simulator.set_fault("cooling-1", "silent")
        simulator.set_fault("cooling-2", "garbage")
        with impatient(meters["cooling-1"]._unit.link, *units):
            with pytest.raises(Unreachable):
                await meters["cooling-1"].collect()
            with pytest.raises((BadReply, Unreachable)):
                await meters["cooling-2"].collect()
            assert len(await meters["utility-1"].collect()) > 10
        simulator.set_fault("cooling-1", None)
        assert len(await meters["cooling-1"].collect()) > 10


async def test_ports_may_be_chosen() -> None:
    """With a first port, devices take it and those after it, so that a restart finds them again."""
    port = free_ports(20)
    for _ in range(2):
        async with site(1, port=port) as simulator:
            assert simulator.addresses["A01-A"] == f"127.0.0.1:{port}"
            assert simulator.addresses["utility-1"] == f"127.0.0.1:{port + 2}"


async def test_the_written_config_and_inventory_are_what_an_agent_takes(tmp_path: Path) -> None:
    """The config names every device, the inventory every rack, and both say: simulated."""
    async with site(30) as simulator:
        path = write_config(
            simulator,
            tmp_path,
            Wanted(
                listen="127.0.0.1:1234",
                influxdb="http://127.0.0.1:8428",
                history="http://127.0.0.1:8429",
                host=True,
            ),
        )
        config = load(path)
        inventory = load_inventory(tmp_path / "inventory.yaml", "guian", timezone="Asia/Shanghai")
        assert config.file.simulated
        assert config.outputs.http.listen == "127.0.0.1:1234"
        assert config.file.history is not None
        assert config.file.history.url == "http://127.0.0.1:8429"
        sections = {section.kind.name: section.config for section in config.sections}
        assert {d.name: (d.kind, d.address) for d in sections["snmp"].devices} == {
            **{name: ("pdu", simulator.addresses[name]) for name in simulator.pdus},
            **{ups.name: ("ups", simulator.addresses[ups.name]) for ups in simulator.model.ups},
            **{
                cooler.name: ("cooling", simulator.addresses[cooler.name])
                for cooler in simulator.model.coolers
            },
            **{
                switch.name: ("ats", simulator.addresses[switch.name])
                for switch in simulator.model.switches
            },
        }
        assert [cooler.row for cooler in simulator.model.coolers] == ["A", "B", "C"]
        assert {d.meter: d.point for d in sections["modbus"].devices} == {
            meter.name: meter.point for meter in simulator.model.meters
        }
        assert "host" in sections
    assert set(inventory.racks) == {rack.name for rack in simulator.site.racks}
    assert set(inventory.pdus) == set(simulator.pdus)
    assert inventory.racks["C06"].row == "C"
    assert inventory.breakers["busbar-1-b"].supply == "ups-b"
    assert inventory.supplies["ups-b"].upstream == "ats-b"
    assert inventory.supplies["ats-b"].inputs == {"1": "main-board", "2": "generator-2"}
    (only,) = inventory.sites.values()
    assert (only.site, only.scopes) == ("huawei-guian-1-simulated", ("huawei",))
    assert "Simulated" in only.name
    assert (tmp_path / "community").stat().st_mode & 0o077 == 0


def test_the_past_ends_where_the_registers_go_on(tmp_path: Path) -> None:
    """The hours of a month add up to what each register counted in it."""
    model = Model(build_site("guian", 2))
    path = tmp_path / "past.csv"
    begin = month_begin(NOW)
    rows = write_history(model, path, begin, NOW, pdus_since=begin + 86400)
    sums: dict[str, float] = defaultdict(float)
    with path.open() as file:
        lines = list(csv.DictReader(file))
    for line in lines:
        sums[line["meter"]] += float(line["energy_kwh"])
    assert rows == len(lines)
    whole = NOW // 3600 * 3600
    assert dt.datetime.fromisoformat(lines[0]["time"]).timestamp() == begin
    assert dt.datetime.fromisoformat(lines[-1]["time"]).timestamp() == whole - 3600
    for meter in model.meters:
        assert sums[meter.name] == pytest.approx(meter.power.energy(begin, whole) / 3.6e6, rel=1e-6)
    for _, pdu in model.site.pdus():
        assert sums[pdu.name] == pytest.approx(
            pdu.power.energy(begin + 86400, whole) / 3.6e6, rel=1e-6
        )


def test_the_last_hour_comes_in_small_steps(tmp_path: Path) -> None:
    """What is left of the present hour, in five minutes each, up to the last that is over."""
    model = Model(build_site("guian", 1))
    assert (
        write_recent(model, tmp_path / "r.csv", NOW) == 6 * 9
    )  # 34 minutes; seven meters and two PDUs
    times = [line.split(",")[0] for line in (tmp_path / "r.csv").read_text().splitlines()[1:]]
    assert (times[0], times[-1]) == ("2026-07-15T20:00:00+08:00", "2026-07-15T20:25:00+08:00")
