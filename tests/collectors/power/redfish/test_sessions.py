"""Sessions and logins: opened once, renewed, refused, shared and deleted."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from collectors.base import Refused, Unreachable
from tests.collectors.power.redfish.sections import READ, link, section, server
from tests.collectors.power.redfish.services import (
    SESSIONS,
    Service,
    account_files,
    build,
    reading,
    serving,
    values,
)
from tests.support import HANGS

pytestmark = pytest.mark.usefixtures("nothing_is_told")


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
            async with asyncio.timeout(HANGS):
                while f"POST {SESSIONS}" not in service.asked:
                    before = collector.link.http.answers
                    try:  # the root had answered
                        assert await values(collector) == {"dc_node_up": 1.0}
                    except Unreachable:  # a busy machine may be late even with the root
                        assert collector.link.http.answers == before
            proceed.set()
        assert service.made == 1
        assert not service.sessions
