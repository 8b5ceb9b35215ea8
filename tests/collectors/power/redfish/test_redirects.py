"""Redirects and links: followed on the same host only."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web

from collectors.base import BadReply
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
    SESSIONS,
    Service,
    reading,
    serving,
    values,
)

pytestmark = pytest.mark.usefixtures("nothing_is_told")


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
