"""Faults of a service: TLS, logins, sessions, redirects, slow and hostile answers."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collectors.base import BadReply, CollectError, ConfigError, Refused, Unreachable
from collectors.power.redfish.body import MAX_BODY
from collectors.strict import Problems
from tests.collectors.power.redfish.services import (
    EXPAND,
    PASSWORD,
    SESSIONS,
    USER,
    Documents,
    Service,
    account_files,
    build,
    certificates,
    reading,
    serving,
    values,
)
from tests.support import HANGS

CHASSIS = "/redfish/v1/Chassis/1"
METRICS = f"{CHASSIS}/EnvironmentMetrics"
AIR = f"{CHASSIS}/ThermalSubsystem/ThermalMetrics"


def link(path: str) -> dict[str, str]:
    return {"@odata.id": path}


def server(watts: float = 500) -> Documents:
    """A small server of the new schemas."""
    documents: Documents = {
        "/redfish/v1": {
            "Chassis": link("/redfish/v1/Chassis"),
            "ProtocolFeaturesSupported": EXPAND,
            "Links": {"Sessions": link(SESSIONS)},
        },
        "/redfish/v1/Chassis": {"Members": [link(CHASSIS)]},
        CHASSIS: {
            "Id": "1",
            "EnvironmentMetrics": link(METRICS),
            "ThermalSubsystem": link(f"{CHASSIS}/ThermalSubsystem"),
        },
        METRICS: {"PowerWatts": {"Reading": watts}},
        f"{CHASSIS}/ThermalSubsystem": {"ThermalMetrics": link(AIR)},
        AIR: {"TemperatureSummaryCelsius": {"Intake": {"Reading": 23}}},
    }
    return {path: {"@odata.id": path} | document for path, document in documents.items()}


def section(
    folder: Path, service: Service, *, device: str = "", more: str = "allow_http: true\n"
) -> str:
    """Return a config section that reads a service as node n1."""
    return (
        f"{account_files(folder)}{more}devices:\n"
        f'  - {{address: "{service.origin}", node: n1{device}}}\n'
    )


READ = {"dc_node_up": 1.0, "dc_node_power_watts": 500.0, "dc_node_inlet_temperature_celsius": 23.0}


@pytest.fixture(autouse=True)
def nothing_is_told(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Iterator[None]:
    """Whatever happens, no secret is in the log or on the screen."""
    caplog.set_level(logging.DEBUG)
    yield
    out = "".join(capfd.readouterr()) + caplog.text
    assert not [word for word in (PASSWORD, "token-", "Basic ") if word in out]


async def test_a_certificate_for_another_address_is_not_accepted(tmp_path: Path) -> None:
    """A certificate of another host ends the round before anything is sent."""
    async with serving(Service(server()), certificates(tmp_path, "127.0.0.2")) as service:
        async with reading(
            tmp_path, section(tmp_path, service, more="ca_file: ca.pem\n")
        ) as collector:
            with pytest.raises(Unreachable, match=r"(?i)TLS: ip address mismatch"):
                await collector.collect()
        assert not service.asked


async def test_an_unknown_authority_is_not_accepted(tmp_path: Path) -> None:
    """Without the CA's file a certificate of one's own authority is as good as none."""
    async with serving(Service(server()), certificates(tmp_path)) as service:
        async with reading(tmp_path, section(tmp_path, service, more="")) as collector:
            with pytest.raises(Unreachable, match="TLS: unable to get local issuer certificate"):
                await collector.collect()
        assert not service.asked


async def test_a_fingerprint_stands_for_an_authority(tmp_path: Path) -> None:
    """A self-signed certificate is accepted by its fingerprint; any other ends before the login."""
    made = certificates(tmp_path)
    async with serving(Service(server()), made) as service:
        async with reading(
            tmp_path,
            section(
                tmp_path, service, device=f", certificate_sha256: '{made.fingerprint}'", more=""
            ),
        ) as collector:
            assert await values(collector) == READ
        service.forget()
        async with reading(
            tmp_path,
            section(tmp_path, service, device=f", certificate_sha256: '{'ab' * 32}'", more=""),
        ) as collector:
            with pytest.raises(Unreachable, match="fingerprint"):
                await collector.collect()
        assert not service.asked


async def test_verification_is_off_only_when_asked_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With tls_verify off any certificate is accepted, and one line is logged for all devices."""
    async with (
        serving(Service(server()), certificates(tmp_path, "127.0.0.2")) as service,
        reading(tmp_path, section(tmp_path, service, more="tls_verify: false\n")) as collector,
    ):
        assert await values(collector) == READ
    assert [one.message for one in caplog.records if one.levelno >= logging.WARNING] == [
        (
            "redfish: tls_verify is off: any host that answers at 1 addresses gets the account's"
            " password"
        )
    ]


async def test_plain_http_is_refused_unless_allowed(tmp_path: Path) -> None:
    """An address of http:// is a mistake in the config until allow_http says that it is meant."""
    with pytest.raises(Problems, match=r"devices\[0\]\.address: http:// shows the password"):
        build(tmp_path, section(tmp_path, Service({}, origin="http://127.0.0.1:1"), more=""))


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("devices: [{address: 'https://h/path'}]", "address: expected an address such as"),
        ("devices: [{address: 'h:99999'}]", "address: expected an address such as"),
        ("devices: [{address: h, node: a, pdu: b}]", "expected one of node, pdu"),
        (
            "devices: [{address: h, certificate_sha256: abc}]",
            "certificate_sha256: expected the 64 hexadecimal digits",
        ),
        (
            "username_file: username\ndevices: [{address: h}]",
            "username_file and password_file belong together",
        ),
        ("ca_file: username\ndevices: [{address: h}]", "holds no certificates"),
        ("ca_file: nowhere\ndevices: [{address: h}]", "cannot be read: No such file"),
        (
            "username_file: username\npassword_file: nowhere\ndevices: [{address: h}]",
            "nowhere: .*password_file: cannot be read",
        ),
        (
            "devices: [{address: h, node: a}, {address: i, node: a}]",
            r"devices\[1\]: 'a' is already the name of devices\[0\]",
        ),
        ("read: [everything]\ndevices: []", "expected one of temperature, fans"),
    ],
)
def test_mistakes_in_the_config_are_named(tmp_path: Path, config: str, said: str) -> None:
    """Each is told before anything is asked, with its key."""
    account_files(tmp_path)
    with pytest.raises((Problems, ConfigError), match=said):
        build(tmp_path, config + "\n")


async def test_a_session_is_opened_once_and_deleted_in_the_end(tmp_path: Path) -> None:
    """Rounds share one session, and when the collector goes, the service has none left."""
    async with serving(Service(server())) as service:
        async with reading(tmp_path, section(tmp_path, service)) as collector:
            for _ in range(3):
                assert await values(collector) == READ
            assert list(service.sessions) == ["token-1"]
        assert not service.sessions
        assert service.asked[-1] == f"DELETE {SESSIONS}/1"


async def test_an_expired_session_is_renewed_once(tmp_path: Path) -> None:
    """A round that finds its session gone logs in anew and goes on; there is still only one."""
    async with serving(Service(server())) as service:
        async with reading(tmp_path, section(tmp_path, service)) as collector:
            await collector.collect()
            service.sessions.clear()
            assert await values(collector) == READ
            assert list(service.sessions) == ["token-2"]
        assert not service.sessions


async def test_a_service_that_never_accepts_its_own_sessions_is_not_asked_for_ever(
    tmp_path: Path,
) -> None:
    """After one renewal it is refused: a login a request at most, and the last session is ended."""
    service = Service(server())

    async def deny(_: web.Request) -> web.Response:
        return web.json_response({}, status=401)

    service.replies = {"/redfish/v1/Chassis": deny}
    async with serving(service), reading(tmp_path, section(tmp_path, service)) as collector:
        with pytest.raises(Refused, match="the account may not read /redfish/v1/Chassis"):
            await collector.collect()
        assert service.made <= 4  # with $expand and without


async def test_a_refused_login_is_not_repeated_every_round(tmp_path: Path) -> None:
    """A wrong password is tried once, not once a round until the controller locks the account."""
    async with serving(Service(server())) as service:
        text = section(tmp_path, service)
        account_files(tmp_path, "wrong horse")
        async with reading(tmp_path, text) as collector:
            with pytest.raises(Refused, match=r"the login was refused \(HTTP 401\)"):
                await collector.collect()
            with pytest.raises(Refused, match="not tried again for 300 s"):
                await collector.collect()
        assert [one for one in service.asked if one.startswith("POST")] == [f"POST {SESSIONS}"]


async def test_basic_authentication_where_it_is_configured(tmp_path: Path) -> None:
    """With auth: basic no session is made, and every request but the root's carries the account."""
    service = Service(server(), login=False)
    async with (
        serving(service),
        reading(
            tmp_path, section(tmp_path, service, more="allow_http: true\nauth: basic\n")
        ) as collector,
    ):
        assert await values(collector) == READ
    assert service.made == 0
    assert set(service.secrets) == {"Basic bW9uaXRvcjpjb3JyZWN0IGhvcnNlOiBiYXR0ZXJ5IHN0YXBsZQ=="}


async def test_devices_at_one_address_share_one_session(tmp_path: Path) -> None:
    """Two blades behind one controller share a login, and their session ends with the last one."""
    documents = server()
    two = "/redfish/v1/Chassis/2"
    documents["/redfish/v1/Chassis"]["Members"].append(link(two))
    documents |= {
        two: link(two) | {"Id": "2", "EnvironmentMetrics": link(f"{two}/E")},
        f"{two}/E": {"PowerWatts": {"Reading": 7}},
    }
    async with serving(Service(documents)) as service:
        text = (
            section(tmp_path, service, device=", id: '1'")
            + f'  - {{address: "{service.origin}", node: n2, id: "2"}}\n'
        )
        one, other = build(tmp_path, text)
        got = await asyncio.gather(values(one), values(other))
        assert [each["dc_node_power_watts"] for each in got] == [500, 7]
        assert service.made == 1
        await one.aclose()
        assert len(service.sessions) == 1
        await other.aclose()
        assert not service.sessions


async def test_a_login_under_way_when_the_round_ends_is_not_lost(tmp_path: Path) -> None:
    """A slow login outlives its round: the next one uses it, or the end deletes it."""
    service, proceed = Service(server()), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        await proceed.wait()
        return await service._log_in(request)

    service.replies = {SESSIONS: slow}
    async with serving(service):
        async with reading(
            tmp_path, section(tmp_path, service, device=", timeout: 1s")
        ) as collector:
            assert await values(collector) == {"dc_node_up": 1.0}  # the root had answered
            proceed.set()
        assert service.made == 1
        assert not service.sessions


@pytest.mark.parametrize(
    "where",
    [
        "https://127.0.0.2:{port}/redfish/v1/Chassis",
        "//127.0.0.2:{port}/redfish/v1/x",
        "/elsewhere",
    ],
)
async def test_a_redirect_to_another_host_is_not_followed(tmp_path: Path, where: str) -> None:
    """Token and password are never sent to a second host, and the error says why."""
    thief = Service(server(), login=False)
    service = Service(server())
    async with serving(thief), serving(service):

        async def away(_: web.Request) -> web.Response:
            return web.Response(
                status=307,
                headers={
                    "Location": where.format(port=thief.origin.rpartition(":")[2]).replace(
                        "127.0.0.2", "127.0.0.1"
                    )
                },
            )

        for path in ("/redfish/v1/Chassis", SESSIONS):
            service.replies = {path: away}
            async with reading(tmp_path, section(tmp_path, service)) as collector:
                with pytest.raises(BadReply, match="it redirects to another host"):
                    await collector.collect()
    assert not thief.asked
    assert not thief.secrets


async def test_links_to_another_host_are_not_followed(tmp_path: Path) -> None:
    """A document's links that lead away from the service are no links."""
    thief = Service(server(watts=999), login=False)
    documents = server()
    service = Service(documents)
    async with serving(thief), serving(service):
        documents[CHASSIS]["EnvironmentMetrics"] = link(f"{thief.origin}{METRICS}")
        documents["/redfish/v1"]["Links"] = {"Sessions": link(f"{thief.origin}{SESSIONS}")}
        async with reading(tmp_path, section(tmp_path, service)) as collector:
            assert "dc_node_power_watts" not in await values(collector)
    assert not thief.asked


async def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path) -> None:
    """A redirect that adds a slash is followed; a service that redirects in circles is an error."""
    service = Service(server())

    async def slash(request: web.Request) -> web.StreamResponse:
        if not request.path.endswith("/"):
            return web.Response(status=308, headers={"Location": f"{METRICS}/"})
        return web.json_response(service.documents[METRICS])

    async def circle(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": AIR})

    service.replies = {METRICS: slash}
    async with serving(service), reading(tmp_path, section(tmp_path, service)) as collector:
        assert await values(collector) == READ
        service.replies[AIR] = circle
        assert "dc_node_inlet_temperature_celsius" not in await values(collector)
        assert collector.dropped == {"unread": 1}


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
        await collector.collect()
        service.replies = {AIR: drip}
        assert await asyncio.wait_for(values(collector), HANGS) == {
            "dc_node_up": 1.0,
            "dc_node_power_watts": 500.0,
        }
        assert collector.dropped == {"unread": 1}
        service.replies = {METRICS: drip}
        with pytest.raises(Unreachable, match=r"no answer within 1\.8 s"):
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
        with pytest.raises(Unreachable, match=r"no answer within 0\.27 s"):
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
        assert got == {"dc_node_up": 1.0, "dc_node_inlet_temperature_celsius": 23.0}


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
