"""Modbus devices: one collector for each device, one connection for each address.

Each model of device has one YAML file in `profiles/`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.base import Collector, ConfigError, Context, Metric, Schedule
from collectors.catalogue import devices
from collectors.facility.modbus.collector import ModbusCollector
from collectors.facility.modbus.config import Config, Device
from collectors.facility.modbus.link import Link
from collectors.facility.modbus.plan import plan_of
from collectors.facility.modbus.profile import load_profile
from collectors.facility.naming import Naming

if TYPE_CHECKING:
    import ssl

    from collectors.facility.modbus.frame import Framing
    from collectors.facility.modbus.plan import Plan
    from collectors.facility.modbus.profile import Profile


def naming_of(device: Device, context: Context) -> Naming:
    """Return the label values of a device that come from the config."""
    place = context.place_of(device.rack)
    labels = {
        "hub": place.hub,
        "site": place.site,
        "row": device.row or place.row,
        "rack": place.rack,
        "feed": device.feed,
        "point": device.point or "",
    }
    return Naming(name=device.name, labels=labels)


_Section = Config


class Modbus:
    """The kind of collector that the config section `modbus` names."""

    name: str = "modbus"
    Config: type = Config
    metrics: Sequence[Metric] = devices.METRICS

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector for each device. Devices at one address share one connection.

        Raises ConfigError or Problems.
        """
        assert isinstance(config, Config)
        links: dict[tuple[str, int], tuple[Device, Link]] = {}
        profiles: dict[str, Profile] = {}
        plans: dict[tuple[object, ...], Plan] = {}
        made: dict[tuple[str, str], Collector] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.modbus.devices[{number}]"
            if (device.kind, device.name) in made:
                raise ConfigError(f"{device.name!r} is given twice", key=f"{key}.{device.kind}")
            try:
                profile = profiles.get(device.profile) or load_profile(
                    device.profile, config.profiles_dir
                )
            except ConfigError as error:
                raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
            profiles[device.profile] = profile
            if profile.kind != device.kind:
                raise ConfigError(
                    f"{device.profile} is the profile of a {profile.kind}: give the device's name"
                    f" under {profile.kind}",
                    key=key,
                )
            made[device.kind, device.name] = ModbusCollector(
                _plan(device, profile, plans, key),
                _link(device, links, config.request_timeout, key),
                naming_of(device, context),
                Schedule(
                    interval=device.interval or config.interval,
                    timeout=device.timeout or config.timeout,
                ),
                unit=device.unit,
                rating_watts=device.rating_watts,
                monotonic=context.monotonic,
            )
        return list(made.values())

    def endpoints(self, config: object) -> list[str]:
        """Return the address of each device: one connection serves all devices behind it."""
        assert isinstance(config, Config)
        return ["{}:{}".format(*device.endpoint) for device in config.devices]

    def part(self, config: object, numbers: Sequence[int]) -> _Section:
        """Return the section with some of its devices."""
        assert isinstance(config, Config)
        return replace(config, devices=[config.devices[number] for number in numbers])


def _plan(
    device: Device, profile: Profile, plans: dict[tuple[object, ...], Plan], key: str
) -> Plan:
    known = (device.profile, *sorted(device.ratios.items()))
    if known not in plans:
        try:
            plans[known] = plan_of(profile, device.ratios)
        except ValueError as error:
            raise ConfigError(str(error), key=f"{key}.ratios") from None
    return plans[known]


def _link(
    device: Device,
    links: dict[tuple[str, int], tuple[Device, Link]],
    request_timeout: float,
    key: str,
) -> Link:
    """Return the connection to a device's address. It is made once for each address."""
    host, port = device.endpoint
    if (host, port) not in links:
        framing: Framing = "rtu" if device.transport == "rtu_over_tcp" else "tcp"
        tls = _tls_of(device, key) if device.tls else None
        name = device.tls.server_name if device.tls else ""
        link = Link(
            host, port, request_timeout=request_timeout, framing=framing, tls=tls, server_name=name
        )
        links[host, port] = device, link
    first, link = links[host, port]
    if (first.transport, first.tls) != (device.transport, device.tls):
        raise ConfigError(
            f"{first.name} has the same address, but another transport or tls",
            key=f"{key}.transport",
        )
    link.pause = max(link.pause, device.pause or 0.0)
    return link


def _tls_of(device: Device, key: str) -> ssl.SSLContext:
    from collectors.certificates import show, trusting

    assert device.tls is not None
    context = trusting(device.tls.ca_file, f"{key}.tls.ca_file")
    if device.tls.cert_file is not None:
        show(context, device.tls.cert_file, device.tls.key_file, f"{key}.tls")
    return context


KIND: Final = Modbus()
