"""The kind `redfish`: a collector for each device, a connection for each address."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.base import ConfigError, Context, Metric, Schedule
from collectors.power.redfish.collector import RedfishCollector
from collectors.power.redfish.config import RedfishConfig, account_of, trust_of
from collectors.power.redfish.link import Link
from collectors.power.redfish.places import GROUPS
from collectors.strict import Problems, note_name, under

if TYPE_CHECKING:
    import ssl

    import aiohttp

    from collectors.power.redfish.config import DeviceConfig
    from collectors.power.redfish.replies import Account

log: Final = logging.getLogger(__name__)


class _Kind:
    """The kind `redfish`."""

    name: Final = "redfish"
    Config: Final = RedfishConfig
    packages: Final = {"aiohttp": "gateway"}

    @property
    def metrics(self) -> Sequence[Metric]:
        """The metrics that a service may give, and whether it answers."""
        from collectors.catalogue import facility, node

        return [*GROUPS, node.NODE_READING_MISSING, node.NODE_UP, facility.PDU_UP]

    def build(self, config: object, context: Context) -> list[RedfishCollector]:
        """Make the collectors; raises Problems with every device that cannot be made."""
        assert isinstance(config, RedfishConfig)
        makers = _Links(config)
        made: list[RedfishCollector] = []
        errors: list[ConfigError] = []
        seen: dict[str, int] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.redfish.devices[{number}]"
            try:
                note_name(seen, device.name, number, key)
                made.append(_collector(config, device, context, makers.of(device)))
            except ConfigError as error:
                errors.append(under(error, key))
        if errors:
            raise Problems(errors)
        unverified = (
            0 if config.tls_verify else sum(not one.certificate_sha256 for one in config.devices)
        )
        if unverified:
            log.warning(
                "redfish: tls_verify is off: any host that answers at %d addresses gets the"
                " account's password",
                unverified,
            )
        return made

    def endpoints(self, config: object) -> list[str]:
        """Return the service of each device: one session serves all devices behind it."""
        assert isinstance(config, RedfishConfig)
        return [device.origin for device in config.devices]

    def part(self, config: object, numbers: Sequence[int]) -> RedfishConfig:
        """Return the section with some of its devices."""
        assert isinstance(config, RedfishConfig)
        return replace(config, devices=[config.devices[number] for number in numbers])


class _Links:
    """Makes one connection for each address; files are read once for all devices."""

    def __init__(self, config: RedfishConfig) -> None:
        self._config = config
        self._links: dict[str, tuple[tuple[object, ...], Link]] = {}
        self._accounts: dict[object, Account | None] = {}
        self._trusts: dict[object, ssl.SSLContext | aiohttp.Fingerprint | None] = {}

    def of(self, device: DeviceConfig) -> Link:
        """Return the connection to a device's address; raises ConfigError."""
        who = (device.username_file, device.password_file)
        whom = (device.ca_file, device.certificate_sha256)
        if device.origin.startswith("http:") and not self._config.allow_http:
            raise ConfigError(
                "http:// shows the password to anyone on the network path; allow_http: true"
                " permits it",
                key="address",
            )
        if device.origin in self._links:
            about, link = self._links[device.origin]
            if about != (*who, *whom):
                raise ConfigError(
                    "another device at this address has another account or certificate",
                    key="address",
                )
            return link
        if who not in self._accounts:
            self._accounts[who] = account_of(self._config, device)
        if whom not in self._trusts:
            self._trusts[whom] = trust_of(self._config, device)
        link = Link(device.origin, self._accounts[who], self._trusts[whom])
        self._links[device.origin] = ((*who, *whom), link)
        return link


def _collector(
    config: RedfishConfig, device: DeviceConfig, context: Context, link: Link
) -> RedfishCollector:
    place = context.place_of(device.rack)
    labels = {
        "hub": place.hub,
        "site": place.site,
        "row": device.row or place.row,
        "rack": place.rack,
    }
    labels |= (
        {"pdu": device.pdu, "feed": device.feed}
        if device.pdu
        else {"node": device.name, "source": "redfish"}
    )
    return RedfishCollector(
        device=device.name,
        labels=labels,
        link=link,
        levels=config.read,
        wanted=device.id,
        refresh=config.refresh,
        schedule=Schedule(
            interval=device.interval or config.interval,
            timeout=device.timeout or config.timeout,
            max_samples=config.max_samples,
        ),
    )


KIND: Final = _Kind()
