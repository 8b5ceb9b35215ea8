"""Run a simulated site: SNMP agents, meters, controllers, peers of links, exporters of chips."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import itertools
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from simulator.controllers import simulated_controllers
from simulator.device import simulated_cooler, simulated_pdu, simulated_switch, simulated_ups
from simulator.link_peer import simulated_links
from simulator.modbus_meters import MeterServer, SimulatedMeter
from simulator.model import Model
from simulator.redfish import RedfishServers
from simulator.responder import Responder, SharedResponder
from simulator.site import UTC_OFFSET

if TYPE_CHECKING:
    from simulator.device import SnmpDevice
    from simulator.faults import Fault, PlannedFault
    from simulator.npu_exporter import NpuExporters
    from simulator.site import Site

T = TypeVar("T")

_FIRST_SPREAD: Final = ipaddress.IPv4Address("127.1.0.1")
_FIRST_PLANT: Final = ipaddress.IPv4Address("127.128.0.1")
_SPARE_DESCRIPTORS: Final = 64
_WARMER_AT_B: Final = 0.4  # degrees between the two sensors of a rack
_PEAK_SHARE: Final = 2.5  # of the mean load of the racks: no meter ever sees more
_GATEWAY_POINTS: Final = ("utility", "cooling", "lighting", "renewable")


class Simulator:
    """The devices of one simulated site.

    With `port` 0 every device takes a free port. Else PDUs take ports from `port` on, meters the
    ones after, then UPSs and coolers, then management controllers; peers and exporters always take
    free ones. `controllers` is the number of nodes with a management controller. With `spread`
    every PDU has an address of its own (127.1.0.1 and up), UPSs and coolers too, and all of these
    share one port, as in a real network.
    """

    def __init__(
        self,
        site: Site,
        *,
        listen: str = "127.0.0.1",
        port: int = 0,
        spread: bool = False,
        controllers: int = 0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.site, self.model = site, Model(site)
        self._listen, self._port, self._spread, self._clock = listen, port, spread, clock
        since = month_begin(clock())
        self.pdus = {
            pdu.name: simulated_pdu(
                rack, pdu, clock=clock, since=since, warmer=_WARMER_AT_B if pdu.feed == "B" else 0.0
            )
            for rack, pdu in site.pdus()
        }
        made = (
            *(
                simulated_ups(ups, make, clock=clock, since=since)
                for ups, make in _dealt(self.model.ups, site.makes.ups)
            ),
            *(
                simulated_switch(switch, make, clock=clock, since=since)
                for switch, make in _dealt(self.model.switches, site.makes.ats)
            ),
            *(
                simulated_cooler(cooler, make, clock=clock, since=since)
                for cooler, make in _dealt(self.model.coolers, site.makes.cooling)
            ),
        )
        self.plant: Mapping[str, SnmpDevice] = {device.name: device for device in made}
        on_gateway = [meter for meter in self.model.meters if meter.point in _GATEWAY_POINTS]
        alone = [meter for meter in self.model.meters if meter.point not in _GATEWAY_POINTS]
        makes = dict(_dealt([meter.name for meter in self.model.meters], site.makes.meter))
        peak = _PEAK_SHARE * self.model.it.level
        self._servers = [
            MeterServer(
                [
                    SimulatedMeter(
                        meter, makes[meter.name], unit=unit, clock=clock, since=since, peak=peak
                    )
                    for unit, meter in enumerate(group, 1)
                ]
            )
            for group in (on_gateway, *([meter] for meter in alone))
        ]
        self.meters = {
            meter.name: meter for server in self._servers for meter in server.meters.values()
        }
        self.controllers = simulated_controllers(site, controllers, clock=clock, since=since)
        self.links = simulated_links(site.seed)
        self._redfish = RedfishServers(tuple(self.controllers.values()))
        self._responders: list[Responder] = []
        self._addresses: dict[str, str] = {}
        self._planned: list[asyncio.TimerHandle] = []
        self.chips: NpuExporters | None = None
        """Exporters of the nodes' chips; set it before the start if they are wanted."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """`host:port` of every device by its name, once started."""
        return self._addresses

    @property
    def answered(self) -> int:
        """SNMP requests answered since the start."""
        return sum(responder.answered for responder in self._responders)

    async def start(self) -> None:
        """Listen on every address; raises OSError where one is taken."""
        loop = asyncio.get_running_loop()
        try:
            if self._spread:
                port = self._start_spread()
            else:
                _allow_descriptors(len(self.pdus) + len(self.plant) + _SPARE_DESCRIPTORS)
                port = self._start_apart(self.pdus.values(), self._port)
            for server in self._servers:
                address = await server.start((self._listen, port if self._port else 0))
                self._addresses |= {
                    meter.name: _joined(address) for meter in server.meters.values()
                }
                port += 1
            if not self._spread:
                port = self._start_apart(self.plant.values(), port if self._port else 0)
            nodes = await self._redfish.start(self._listen, port if self._port else 0)
            self._addresses |= {name: _joined(address) for name, address in nodes.items()}
            for peer in self.links.values():
                await peer.start(self._listen)
            if self.chips is not None:
                await self.chips.start(self._listen)
        except BaseException:
            await self.stop()
            raise
        for responder in self._responders:
            responder.start(loop)

    def _start_spread(self) -> int:
        """Give every device an address of its own, all on one port and one socket.

        Returns the port after it.
        """
        hosts: dict[str, SnmpDevice] = {
            str(_FIRST_SPREAD + n): pdu for n, pdu in enumerate(self.pdus.values())
        }
        hosts |= {str(_FIRST_PLANT + n): device for n, device in enumerate(self.plant.values())}
        responder = SharedResponder(hosts, self._port)
        self._responders.append(responder)
        self._addresses |= {
            device.name: f"{host}:{responder.port}" for host, device in hosts.items()
        }
        return self._port + 1

    def _start_apart(self, devices: Iterable[SnmpDevice], port: int) -> int:
        """Give every device a port of its own; returns the port after the last."""
        for device in devices:
            responder = Responder(device, (self._listen, port))
            self._responders.append(responder)
            self._addresses[device.name] = _joined((self._listen, responder.port))
            port += 1 if port else 0
        return port

    async def stop(self) -> None:
        """Close everything."""
        for handle in self._planned:
            handle.cancel()
        for responder in self._responders:
            responder.close()
        self._responders.clear()
        for peer in self.links.values():
            peer.close()
        for server in self._servers:
            await server.stop()
        if self.chips is not None:
            await self.chips.stop()
        await self._redfish.stop()

    def set_fault(self, device: str, fault: Fault | None, amount: float | None = None) -> None:
        """Give a device a fault, or take it away.

        Raises KeyError for a device that is not there.
        """
        found = (
            self.pdus.get(device)
            or self.plant.get(device)
            or self.controllers.get(device)
            or self.links.get(device)
            or self.meters[device]
        )
        now = self._clock()
        found.health.set(fault, amount, now=now, counted=found.counted(now))

    def plan(self, faults: Sequence[PlannedFault]) -> None:
        """Start and end faults at their seconds of the run.

        Raises KeyError for a device that is not there.
        """
        loop = asyncio.get_running_loop()
        for fault in faults:
            if not any(
                fault.device in known
                for known in (self.pdus, self.plant, self.controllers, self.links, self.meters)
            ):
                raise KeyError(fault.device)
            self._planned.append(
                loop.call_later(
                    fault.since, self.set_fault, fault.device, fault.fault, fault.amount
                )
            )
            if fault.until is not None:
                self._planned.append(
                    loop.call_later(fault.until, self.set_fault, fault.device, None)
                )


def _dealt(devices: Sequence[T], makes: Sequence[str]) -> Iterator[tuple[T, str]]:
    """Yield each device with its make, using the makes in turn."""
    return zip(devices, itertools.cycle(makes))


def month_begin(at: float) -> float:
    """Return the beginning of a time's month at the site, when the registers start to count."""
    zone = dt.timezone(dt.timedelta(seconds=UTC_OFFSET))
    return (
        dt.datetime.fromtimestamp(at, zone)
        .replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        .timestamp()
    )


def _joined(address: tuple[str, int]) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _allow_descriptors(count: int) -> None:
    """Raise this process's limit of open files as far as it is allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
