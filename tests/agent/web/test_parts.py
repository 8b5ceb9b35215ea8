"""/metrics in parts, for several scrapers, and a scrape that is given up."""

from __future__ import annotations

import asyncio

import pytest

from agent.part import Part, kind_of
from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.parts import asked_part
from agent.web.shared import PART_BYTES, SharedPages, Wanted
from collectors.base import Batch, Metric, Series
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from collectors.catalogue.facility import PDU_POWER, PDU_UP
from collectors.catalogue.rack import RACK_USED
from tests.agent.web.serving import request, serving


def of(metric: Metric, **values: str) -> Series:
    return metric.series(*(values.get(label, "") for label in metric.labels))


def hub(pdus: int = 60) -> Snapshot:
    """A snapshot of some PDUs, of their status, and of a source of all racks."""
    snapshot = Snapshot()
    for n in range(pdus):
        name = f"p{n}"
        found: tuple[tuple[str, list[Series]], ...] = (
            ("snmp", [of(PDU_POWER, pdu=name, feed=feed) for feed in "AB"]),
            ("snmp:status", [of(PDU_UP, pdu=name), COLLECTOR_SUCCESS.series("snmp", name)]),
        )
        for collector, series in found:
            readings = [(one, 1.0) for one in series]
            snapshot.update(
                Batch(collector=collector, device=name, time=0.0, lifetime=9e9, readings=readings)
            )
    racks = [(of(RACK_USED, rack=f"r{n}"), 1.0) for n in range(20)]
    snapshot.update(Batch(collector="racks", device="", time=0.0, lifetime=9e9, readings=racks))
    return snapshot


def lines(snapshot: Snapshot, part: Part) -> list[str]:
    page = b"".join(exposition.pieces(snapshot, part=part)).decode()
    return [line for line in page.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_each_series_is_in_exactly_one_shard(of: int) -> None:
    """60 PDUs of 4 series and 20 racks: 260 lines, however they are divided."""
    snapshot = hub()
    found = [lines(snapshot, Part(shard=n, of=of)) for n in range(1, of + 1)]
    assert sum(map(len, found)) == 260
    assert len({line for some in found for line in some}) == 260
    assert all(found)


def test_a_devices_series_stay_in_one_shard() -> None:
    """Both feeds of a PDU come in the same scrape, so a sum over them has one time."""
    for n in (1, 2):
        some = [line for line in lines(hub(), Part(shard=n, of=2)) if "power_watts" in line]
        feeds = {feed: {x.split(",")[-2] for x in some if f'feed="{feed}"' in x} for feed in "AB"}
        assert feeds["A"] == feeds["B"]


def test_kinds_divide_the_page() -> None:
    """PDUs, and all without PDUs: 60 x 3 lines, and 60 of the agent with 20 of racks."""
    snapshot = hub()
    pdus = lines(snapshot, asked_part([("kind", "pdu")]))
    rest = lines(snapshot, asked_part([("without", "pdu")]))
    assert (len(pdus), len(rest)) == (180, 80)
    assert all(line.startswith("dc_pdu_") for line in pdus)
    both = lines(snapshot, asked_part([("kind", "pdu,rack"), ("kind", "none")]))
    assert len(both) == 200


@pytest.mark.parametrize(
    ("metric", "kind"), [(PDU_POWER, "pdu"), (RACK_USED, "rack"), (COLLECTOR_SUCCESS, "hubgauge")]
)
def test_the_kind_of_a_metric(metric: Metric, kind: str) -> None:
    """It is the word behind `dc`, else the first one."""
    assert kind_of(metric) == kind


@pytest.mark.parametrize(
    "query", ["shard=0/2", "shard=3/2", "shard=x", "shard=1/2&shard=2/2", "knid=pdu", "shard=1/99"]
)
async def test_a_query_that_names_no_part_is_told(query: str) -> None:
    """The whole page in its place would be scraped by each of several scrapers."""
    async with serving() as port:
        status, _, body = await request(port, f"/metrics?{query}")
    assert status == 400
    assert body.count(b"\n") == 1


async def test_shards_are_served() -> None:
    """What stands in one source is in one of the two shards, with its HELP and TYPE."""
    async with serving() as port:
        found = [(await request(port, f"/metrics?shard={n}/2"))[2] for n in (1, 2)]
        whole = (await request(port, "/metrics?kind=t"))[2]
    assert sorted(map(len, found)) == [0, len(whole)]


async def test_a_scrape_that_is_given_up_is_not_made_to_its_end() -> None:
    """Nobody waits for it any more. Who comes later gets a whole page."""
    snapshot = hub(2500)
    shared = SharedPages(snapshot)
    gone = [False, False]
    scrapes = [asyncio.create_task(shared.page(Wanted(), lambda n=n: gone[n])) for n in range(2)]
    await asyncio.sleep(0)
    gone[0] = True  # one of two has left: it is made for the other
    first = [await one for one in scrapes]
    assert first[0] is first[1]
    assert first[0].length > 8 * PART_BYTES
    del shared, first
    shared = SharedPages(snapshot)
    given_up = await shared.page(Wanted(), lambda: True)
    assert given_up.length == 0
    assert (await shared.page(Wanted())).length > 8 * PART_BYTES
