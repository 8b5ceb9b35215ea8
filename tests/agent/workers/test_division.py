"""Which worker reads which device, and how many workers there are."""

from __future__ import annotations

import re

import pytest
from prometheus_client import CollectorRegistry

from agent.config import Built, load
from agent.hubs.loader import load_registry
from agent.loading import Loaded
from agent.selfmetrics import SelfMetrics
from agent.settings import AUTO_WORKERS, parse_workers, worker_processes
from agent.workers.crew import Crew, can_be_divided, divided
from agent.workers.job import Job, unpacked
from agent.workers.remote import Remote
from collectors.abilities import HasUpSeries
from collectors.base import CollectorKind, Context, Place
from collectors.facility.bacnet import KIND as BACNET
from collectors.facility.modbus import KIND as MODBUS
from collectors.facility.snmp import KIND as SNMP
from collectors.facility.snmp.depths import Depths
from collectors.facility.snmp.library import Library
from collectors.power.redfish import KIND as REDFISH
from collectors.strict import read

CONTEXT = Context(place=Place(hub="guian", site="s"), node="n")


def built(kind: CollectorKind, text: str) -> Built:
    config = read("config.yaml", kind.Config, text=text)
    return Built(kind=kind, config=config, collectors=kind.build(config, CONTEXT))


def meters(addresses: int, units: int = 4) -> Built:
    """Meters behind gateways: some units at each address."""
    lines = [
        f'  - {{address: "10.0.0.{address}", unit: {unit}, profile: eastron-sdm630,'
        f" meter: m{address}-{unit}, point: it_input}}"
        for address in range(1, addresses + 1)
        for unit in range(1, units + 1)
    ]
    return built(MODBUS, "\n".join(["devices:", *lines]))


def pdus(count: int, extra: str = "") -> Built:
    lines = [
        f'  - {{address: "10.{n >> 16}.{n >> 8 & 255}.{n & 255}", pdu: p{n}}}'
        for n in range(1, count + 1)
    ]
    return built(SNMP, "\n".join([extra, "devices:", *lines]))


def readers(section: Built, count: int) -> dict[str, int]:
    """Return the worker of each device, by its place among the parts."""
    parts = divided([section], count).parts
    return {one.device: n for n, part in enumerate(parts) for one in part.devices}


def test_all_devices_behind_a_gateway_are_read_by_one_worker() -> None:
    """A serial bus has one master: 30 addresses with 4 units each, among 3 workers."""
    of = readers(meters(30), 3)
    assert len(of) == 120
    assert set(of.values()) == {0, 1, 2}
    for address in range(1, 31):
        assert len({of[f"m{address}-{unit}"] for unit in range(1, 5)}) == 1


def test_another_device_moves_no_other() -> None:
    """A reload with 31 addresses leaves those of 30 where they are."""
    before, after = readers(meters(30), 3), readers(meters(31), 3)
    assert before.items() <= after.items()


def test_another_worker_takes_its_share_and_nothing_else_moves() -> None:
    """From 3 to 4 workers, some of 400 devices move, and all of them to the new one."""
    before, after = readers(pdus(400), 3), readers(pdus(400), 4)
    moved = {name for name in before if before[name] != after[name]}
    assert 50 < len(moved) < 150
    assert {after[name] for name in moved} == {3}


def test_the_stand_ins_keep_what_is_asked_of_collectors() -> None:
    """Name, device, schedule and up series are those of the collectors, in their order."""
    section = meters(5)
    found = divided([section], 2).collectors
    assert [(one.name, one.device) for one in found] == [
        (one.name, one.device) for one in section.collectors
    ]
    assert [one.schedule for one in found] == [one.schedule for one in section.collectors]
    ups = [tuple(one.up_series) for one in section.collectors if isinstance(one, HasUpSeries)]
    assert len(ups) == 20
    assert [tuple(one.up_series) for one in found if isinstance(one, HasUpSeries)] == ups


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", {"pdu": "phase"}),  # the default of more than 500 PDUs, though a part has 10
        ("detail: outlet", "outlet"),
        ("detail: {ups: inlet}", {"ups": "inlet", "pdu": "phase"}),
        ("detail: {pdu: outlet}", {"pdu": "outlet"}),
    ],
)
def test_a_part_is_read_as_in_the_whole(text: str, detail: object) -> None:
    """Of 501 PDUs, ten in a part."""
    part = SNMP.part(pdus(501, text).config, range(10))
    assert part.detail == detail
    assert len(part.devices) == 10
    kinds = Depths(part, Library(None, {})).kinds
    assert kinds == (detail if isinstance(detail, dict) else {})


def test_a_small_gateway_reads_outlets_in_every_part() -> None:
    """With 500 PDUs the default reads them, in a part of ten as well."""
    assert SNMP.part(pdus(500).config, range(10)).detail == {}


def test_devices_that_share_one_port_are_not_divided() -> None:
    """BACnet has one port for all devices of an agent."""
    assert not can_be_divided(Built(kind=BACNET, config=BACNET.Config(), collectors=()))


def test_a_device_that_did_not_answer_is_known_over_a_reload() -> None:
    """So no worker logs it again; of one that answered nothing is known yet."""
    section = meters(2)
    whole = Loaded(
        config=load("config.yaml", text="hub: guian\n"),
        inventory=None,
        collectors=section.collectors,
        sections=[section],
        context=CONTEXT,
        registry=load_registry,
    )
    crew = Crew(SelfMetrics(CollectorRegistry()))
    for _ in range(2):
        devices = crew.take(whole, 2).collectors
        by_name = {one.device: one for one in devices if isinstance(one, Remote)}
        silent, good = by_name["m1-1"], by_name["m1-2"]
        if silent.ok is None:
            silent.ok, silent.last_error, good.ok = False, "no answer", True
    assert (silent.ok, silent.last_error, good.ok) == (False, "no answer", None)


def test_a_job_arrives_as_it_was() -> None:
    """It makes the same collectors on the other side, by the sections' names."""
    redfish = built(REDFISH, 'allow_http: true\ndevices: [{address: "http://10.0.0.9", node: n9}]')
    sections = [(MODBUS.name, meters(2).config), (SNMP.name, pdus(3, "detail: inlet").config)]
    sections.append((REDFISH.name, redfish.config))
    job = Job(
        generation=7,
        sections=sections,
        context=CONTEXT,
        silent=frozenset({("snmp", "p2")}),
        log_level="info",
    )
    again = unpacked(job.packed())
    assert (again.generation, again.silent) == (7, job.silent)
    assert [one.device for one in again.collectors()] == [
        *(f"m{address}-{unit}" for address in (1, 2) for unit in (1, 2, 3, 4)),
        "p1",
        "p2",
        "p3",
        "n9",
    ]


@pytest.mark.parametrize(
    ("asked", "devices", "cores", "workers"),
    [
        (AUTO_WORKERS, 1000, 8, 1),
        (AUTO_WORKERS, 0, 8, 1),
        (AUTO_WORKERS, 1001, 8, 2),
        (AUTO_WORKERS, 1001, 1, 1),
        (AUTO_WORKERS, 7001, 200, 8),
        (AUTO_WORKERS, 50_000, 16, 16),
        (AUTO_WORKERS, 100_000, 200, 64),
        (1, 50_000, 8, 1),
        (3, 10, 8, 3),
    ],
)
def test_how_many_workers(
    monkeypatch: pytest.MonkeyPatch, asked: int, devices: int, cores: int, workers: int
) -> None:
    """As asked; by itself one for each 1 000 devices, no more than cores, at most 64."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)))
    assert worker_processes(asked, devices) == workers


@pytest.mark.parametrize(("text", "number"), [("auto", 0), ("1", 1), ("64", 64)])
def test_what_the_config_may_say(text: str, number: int) -> None:
    """`auto` or a number."""
    assert parse_workers(text) == number


@pytest.mark.parametrize("text", ["0", "65", "-1", "two", "1.5", "²"])
def test_what_the_config_may_not_say(text: str) -> None:
    """All else is a mistake."""
    with pytest.raises(ValueError, match=re.escape(text)):
        parse_workers(text)
