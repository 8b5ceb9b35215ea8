"""A plant that speaks BACnet on loopback, and the collectors that read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bacpypes3.apdu import AbortPDU, RejectPDU
from bacpypes3.basetypes import StatusFlags
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.object import (  # not those of bacpypes3.local, which make their own status flags
    AnalogInputObject,
)
from bacpypes3.pdu import IPv4Address

from collectors.base import Context, Place
from collectors.facility.bacnet.collector import BacnetCollector
from collectors.facility.bacnet.config import Config
from collectors.facility.bacnet.kind import KIND
from collectors.strict import read
from tests.support import free_port

CONTEXT = Context(
    place=Place(hub="guian", site="s1"),
    node="gateway",
    racks={"A07": Place(hub="guian", site="s1", row="A", rack="A07")},
)


HEALTHY = StatusFlags([0, 0, 0, 0])


class Plant(NormalApplication):
    """A controller; counts what it is asked, and can be made old or narrow."""

    def __init__(
        self, port: int, *, multiple: bool = True, most: int = 1000, host: str = "127.0.0.1"
    ) -> None:
        device = DeviceObject(
            objectIdentifier=("device", 1001), objectName="plant", vendorIdentifier=999
        )
        super().__init__(device, IPv4Address(f"{host}:{port}"))
        self.multiple, self.most = multiple, most
        self.asked: list[str] = []
        self.silent = False

    async def indication(self, apdu: Any) -> None:
        self.asked.append(type(apdu).__name__)
        if not self.silent:
            await super().indication(apdu)

    async def do_ReadPropertyMultipleRequest(self, apdu: Any) -> None:  # noqa: N802 - the library's name
        properties = sum(len(spec.listOfPropertyReferences) for spec in apdu.listOfReadAccessSpecs)
        if not self.multiple:
            await self.response(RejectPDU(reason="unrecognized-service", context=apdu))
        elif properties > self.most:
            await self.response(
                AbortPDU(srv=True, reason="segmentation-not-supported", context=apdu)
            )
        else:
            await super().do_ReadPropertyMultipleRequest(apdu)


def analog(number: int, value: float, units: str, **options: Any) -> AnalogInputObject:
    options = {
        "statusFlags": HEALTHY,
        "eventState": "normal",
        "outOfService": False,
        "covIncrement": 1.0,
    } | options
    return AnalogInputObject(
        objectIdentifier=("analog-input", number),
        objectName=f"ai{number}",
        presentValue=value,
        units=units,
        **options,
    )


@asynccontextmanager
async def plant(*objects: Any, **options: Any) -> AsyncIterator[tuple[str, Plant]]:
    port = free_port()
    server = Plant(port, **options)
    for one in objects:
        server.add_object(one)
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        server.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def collectors(text: str, folder: Path | None = None) -> AsyncIterator[list[BacnetCollector]]:
    """Make the collectors of a section, which are patient unless it says otherwise."""
    said = {line.partition(":")[0] for line in text.splitlines()}
    patience = "".join(f"{key}: 2m\n" for key in ("timeout", "request_timeout") if key not in said)
    made = KIND.build(
        read((folder or CONTEXT.rootfs) / "f.yaml", Config, text=patience + text), CONTEXT
    )
    try:
        yield made
    finally:
        for one in made:
            await one.aclose()


@asynccontextmanager
async def chiller(*objects: Any) -> AsyncIterator[BacnetCollector]:
    """Serve the objects of a chiller, and make the collector that reads it."""
    async with (
        plant(*objects) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        yield one


async def values(one: BacnetCollector) -> dict[str, float]:
    return {
        series.prefix.strip().replace('hub="guian",site="s1",', ""): value
        for series, value in await one.collect()
    }


CHILLER = """
devices:
  - address: {address}
    cooling: chiller-1
    points:
      - {{object: "analog-input,1", metric: dc_cooling_supply_temperature_celsius}}
      - {{object: "analog-input,2", metric: dc_cooling_return_temperature_celsius}}
      - {{object: "analog-input,3", metric: dc_cooling_power_watts}}
      - {{object: "analog-input,4", metric: dc_cooling_capacity_watts}}
"""
