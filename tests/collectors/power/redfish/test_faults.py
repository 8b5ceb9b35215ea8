"""Faults of a Redfish service: slow, hostile and unclear answers."""

from __future__ import annotations

import asyncio
import gzip
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collectors.base import BadReply, CollectError, Unreachable
from collectors.power.redfish.body import MAX_BODY
from tests.collectors.power.redfish.sections import (
    AIR,
    CHASSIS,
    METRICS,
    READ,
    link,
    section,
    server,
)
from tests.collectors.power.redfish.services import (
    PASSWORD,
    USER,
    Service,
    reading,
    serving,
    values,
)
from tests.support import HANGS, not_late

pytestmark = pytest.mark.usefixtures("nothing_is_told")


async def drip(request: web.Request) -> web.StreamResponse:
    """Answer a byte every now and then."""
    answer = web.StreamResponse()
    await answer.prepare(request)
    while True:
        await answer.write(b" ")
        await asyncio.sleep(0.1)


async def test_the_total_deadline_holds_against_a_byte_at_a_time(tmp_path: Path) -> None:
    """A service that keeps sending a little ends with the round; what was read before counts."""
    service = Service(server())
    async with (
        serving(service),
        reading(tmp_path, section(tmp_path, service, device=", timeout: 2s")) as collector,
    ):
        async with asyncio.timeout(HANGS):
            while collector.plan is None:
                await not_late(collector.collect)
        service.replies = {AIR: drip}
        assert await not_late(partial(values, collector)) == {
            "dc_node_up": 1.0,
            "dc_node_power_watts": 500.0,
        }
        assert collector.dropped == {"unread": 1}
        service.replies = {METRICS: drip}
        # Of the request or, where the machine was busy, of the round.
        with pytest.raises(Unreachable, match=r"no answer within (1\.8|2) s"):
            await asyncio.wait_for(collector.collect(), HANGS)


async def test_an_address_that_never_answers_is_unreachable(tmp_path: Path) -> None:
    """A port that accepts and stays silent, and one where nobody listens, are each one line."""
    writers: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: writers.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    async with (
        silent,
        reading(
            tmp_path,
            section(
                tmp_path, Service({}, origin=f"http://127.0.0.1:{port}"), device=", timeout: 300ms"
            ),
        ) as collector,
    ):
        with pytest.raises(Unreachable, match=r"no answer within 0\.(27|3) s"):
            await collector.collect()
    for writer in writers:
        writer.close()
    async with reading(
        tmp_path, section(tmp_path, Service({}, origin=f"http://127.0.0.1:{port}"))
    ) as collector:
        with pytest.raises(Unreachable, match="cannot connect"):
            await collector.collect()
        assert [series.metric.full_name for series in collector.up_series] == ["dc_node_up"]


def body(content: bytes, status: int = 200, **headers: str) -> Any:
    async def answer(_: web.Request) -> web.Response:
        names = {key.replace("_", "-"): value for key, value in headers.items()}
        return web.Response(
            status=status, body=content, headers=names, content_type="application/json"
        )

    return answer


HOSTILE = {
    "a gzip bomb": body(gzip.compress(b" " * 200 * 2**20, 9), Content_Encoding="gzip"),
    "cut gzip": body(
        gzip.compress(json.dumps({"PowerWatts": {"Reading": 1}}).encode())[:-12],
        Content_Encoding="gzip",
    ),
    "not gzip": body(b"{}", Content_Encoding="gzip"),
    "an unknown packing": body(b"{}", Content_Encoding="br"),
    "a huge body": body(b'{"a": "' + b"x" * MAX_BODY + b'"}'),
    "deep": body(b"[" * 30_000 + b"]" * 30_000),
    "many values": body(b"[" + b"0," * 100_000 + b"0]"),
    "no JSON": body(b"<html>"),
    "no object": body(b"[1]"),
    "not a number": body(b'{"PowerWatts": {"Reading": NaN}}'),
    "a long number": body(b'{"PowerWatts": {"Reading": ' + b"9" * 5000 + b"}}"),
    "nothing": body(b""),
    "an error": body(b"{}", status=500),
    "busy": body(b"{}", status=503, Retry_After="60"),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_answer_costs_itself_alone(tmp_path: Path, answer: Any) -> None:
    """The document is not read, the others are, and the device is up."""
    service = Service(server())
    async with serving(service), reading(tmp_path, section(tmp_path, service)) as collector:
        await collector.collect()
        service.replies = {METRICS: answer}
        got = await values(collector)
        assert got == {
            "dc_node_up": 1.0,
            "dc_node_inlet_temperature_celsius": 23.0,
            "dc_node_reading_missing": 1.0,
        }


async def test_a_service_that_speaks_no_http_is_a_bad_reply(tmp_path: Path) -> None:
    """Something else on the port is told apart from nobody there."""

    async def other(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-dropbear\r\n\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(other, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        async with reading(
            tmp_path, section(tmp_path, Service({}, origin=f"http://127.0.0.1:{port}"))
        ) as collector:
            with pytest.raises(CollectError, match="not HTTP"):
                await collector.collect()


async def test_an_expand_that_is_offered_but_fails_is_done_without(tmp_path: Path) -> None:
    """If $expand is answered by 400, members are read one by one and $expand is not tried again."""
    service = Service(server())

    async def collection(request: web.Request) -> web.StreamResponse:
        return (
            web.json_response({}, status=400)
            if request.query
            else web.json_response(service.documents["/redfish/v1/Chassis"])
        )

    service.replies = {"/redfish/v1/Chassis": collection}
    async with serving(service), reading(tmp_path, section(tmp_path, service)) as collector:
        assert await values(collector) == READ
        assert collector.link.expand == ""


async def test_a_service_that_says_nothing_changed_is_not_looked_through_again(
    tmp_path: Path,
) -> None:
    """With ETags a refresh costs a few 304s, readings are always fetched, changes are noticed."""
    documents = server()
    service = Service(documents, etags=True)
    more = "allow_http: true\nrefresh: 1ms\n"
    async with (
        serving(service),
        reading(tmp_path, section(tmp_path, service, more=more)) as collector,
    ):
        await collector.collect()
        plan = collector.plan
        service.forget()
        documents[METRICS]["PowerWatts"]["Reading"] = 501
        # The refresh runs beside the rounds; when a second one is under way, the first has ended.
        async with asyncio.timeout(HANGS):
            while service.asked.count(f"GET {CHASSIS}/ThermalSubsystem") < 2:
                assert (await values(collector))["dc_node_power_watts"] == 501
                await asyncio.sleep(0.01)
        assert collector.plan is plan
        assert "GET /redfish/v1/" not in service.forget()
        documents[CHASSIS] = {
            key: value for key, value in documents[CHASSIS].items() if key != "ThermalSubsystem"
        }
        async with asyncio.timeout(HANGS):
            while collector.plan is plan:
                await collector.collect()
                await asyncio.sleep(0.01)
        assert await values(collector) == {"dc_node_up": 1.0, "dc_node_power_watts": 501.0}


async def test_a_collection_whose_pages_go_in_circles_ends(tmp_path: Path) -> None:
    """Pages are followed, each once."""
    documents = server()
    documents["/redfish/v1/Chassis"] |= {"Members@odata.nextLink": "/redfish/v1/Chassis?$skip=1"}
    async with (
        serving(Service(documents)) as service,
        reading(tmp_path, section(tmp_path, service)) as collector,
    ):
        assert await values(collector) == READ


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (", id: Blade7", "it has no chassis Blade7; it has 1"),
        (", id: '7'", "it has no PDU 7; it has 1, 2"),
        ("", "it has several PDUs; choose one by `id`; it has 1, 2"),
    ],
)
async def test_a_device_that_is_not_clear_is_told(tmp_path: Path, device: str, said: str) -> None:
    """What was asked for is not there, or not one: the error names what is."""
    documents = server()
    service = Service(documents)
    text = "pdu" if "PDU" in said else "node"
    documents["/redfish/v1"]["PowerEquipment"] = link("/redfish/v1/PowerEquipment")
    documents["/redfish/v1/PowerEquipment"] = {
        "RackPDUs": link("/redfish/v1/PowerEquipment/RackPDUs")
    }
    documents["/redfish/v1/PowerEquipment/RackPDUs"] = {
        "Members": [{"Id": "1", "Name": "x"}, {"Id": "2", "Name": "y"}]
    }
    async with (
        serving(service),
        reading(
            tmp_path, section(tmp_path, service, device=device).replace("node: n1", f"{text}: n1")
        ) as collector,
    ):
        with pytest.raises(BadReply, match=said):
            await collector.collect()


def test_the_account_is_not_in_what_is_printed() -> None:
    """A password is not part of an account's text form."""
    from collectors.power.redfish.replies import Account

    assert PASSWORD not in repr(Account(username=USER, password=PASSWORD))


@pytest.mark.parametrize(
    ("air", "reason"), [(214.0, "out_of_bounds"), (-80.0, "out_of_bounds"), (65535.0, "sentinel")]
)
async def test_a_reading_that_cannot_be_is_none(tmp_path: Path, air: float, reason: str) -> None:
    """An inlet of 214 C is no reading, and the node's power stays."""
    documents = server()
    documents[AIR] |= {"TemperatureSummaryCelsius": {"Intake": {"Reading": air}}}
    service = Service(documents)
    async with (
        serving(service),
        reading(tmp_path, section(tmp_path, service)) as collector,
    ):
        assert await asyncio.wait_for(values(collector), HANGS) == {
            "dc_node_up": 1.0,
            "dc_node_power_watts": 500.0,
        }
        assert collector.dropped == {reason: 1}
