"""SNMP devices: PDUs, UPSs, cooling and monitoring units, versions 1, 2c and 3.

The meaning of a device's objects is in its profile (`collectors/facility/profiles`), never here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from collectors.base import ConfigError, Context, Metric, Schedule
from collectors.catalogue import devices
from collectors.facility.snmp.about import About, Shared
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import SnmpConfig, naming_of, secrets_of
from collectors.facility.snmp.credentials import split_address
from collectors.facility.snmp.depths import Depths
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.memory import DeviceMemory
from collectors.kept_sockets import kept_sockets
from collectors.strict import Problems, nearest, note_name, under

if TYPE_CHECKING:
    from collectors.facility.snmp.config import DeviceConfig
    from collectors.facility.snmp.credentials import Secrets
    from collectors.facility.snmp.detail import Depth


class _Kind:
    """The kind `snmp`: one collector for each device in the config."""

    name: Final = "snmp"
    Config: Final = SnmpConfig
    packages: Final = {"gufo.snmp": "gateway"}

    @property
    def metrics(self) -> Sequence[Metric]:
        """The metrics that a profile may use."""
        return devices.METRICS

    def build(self, config: object, context: Context) -> list[SnmpCollector]:
        """Make the collectors; raises Problems with the mistakes of all devices."""
        assert isinstance(config, SnmpConfig)
        details = config.detail if isinstance(config.detail, dict) else {}
        library = Library(config.profiles_dir, details)
        if config.profiles_dir is not None or any(
            device.profile == "auto" for device in config.devices
        ):
            _read_all(library)
        shared = Shared(
            library=library,
            memory=DeviceMemory(context.state_dir, library),
            places=context.places,
            refresh=config.refresh,
        )
        made, errors = [], _unknown_names(details, library)
        depths = Depths(config, library)
        # Each file with a secret is read once, also if many devices use it.
        known: dict[tuple[object, ...], Secrets] = {}
        seen: dict[str, int] = {}
        kept = _keep_sockets(config, kept_sockets(context.processes, context.proc))
        for number, device in enumerate(config.devices):
            key = f"collectors.snmp.devices[{number}]"
            try:
                note_name(seen, device.name, number, key)
                secrets = _secrets(config, device, key, known)
                one = self._device(config, device, context, shared, secrets, depths.of(device))
                one.keeps_socket = number in kept
                made.append(one)
            except ConfigError as error:
                errors.append(under(error, key))
            except Problems as problems:
                errors += problems.errors
        if errors:
            raise Problems(errors)
        return made

    def endpoints(self, config: object) -> list[str]:
        """Return the address of each device."""
        assert isinstance(config, SnmpConfig)
        return ["{}:{}".format(*split_address(device.address)) for device in config.devices]

    def part(self, config: object, numbers: Sequence[int]) -> SnmpConfig:
        """Return the section with some of its devices, with the detail that all of them give."""
        assert isinstance(config, SnmpConfig)
        details = dict(config.detail) if isinstance(config.detail, dict) else {}
        depths = Depths(config, Library(config.profiles_dir, details))
        details.update(depths.kinds.items())
        return replace(
            config,
            detail=config.detail if isinstance(config.detail, str) else details,
            devices=[config.devices[number] for number in numbers],
        )

    @staticmethod
    def _device(
        config: SnmpConfig,
        device: DeviceConfig,
        context: Context,
        shared: Shared,
        secrets: Secrets,
        depth: Depth,
    ) -> SnmpCollector:
        timeout = device.timeout or config.timeout
        for name in device.also:
            # A wrong name is reported now, whatever profile the device gets.
            shared.library.named(name)
        about = About(
            config=device,
            schedule=Schedule(
                interval=device.interval or config.interval,
                timeout=timeout,
                max_samples=config.max_samples
                if device.max_samples is None
                else device.max_samples,
            ),
            secrets=secrets,
            naming=naming_of(device, context),
            depth=depth,
        )
        return SnmpCollector(about, shared)


def _keep_sockets(config: SnmpConfig, most: int) -> Collection[int]:
    """Return the numbers of the devices whose sockets stay open between two rounds.

    Those of version 3 come first, for to open one takes two requests there.
    """
    numbers = range(len(config.devices))
    if len(numbers) <= most:
        return numbers
    devices = config.devices
    first = sorted(numbers, key=lambda n: (devices[n].version or config.version) != "3")
    return frozenset(first[:most])


def _read_all(library: Library) -> None:
    """Read every profile now and not in the first round of a device.

    So a mistake in the operator's own profile is reported with the config. Raises Problems.
    """
    try:
        library.heads()
    except ConfigError as error:
        raise Problems([ConfigError(error.message, key=f"collectors.snmp.{error.key}")]) from None


def _unknown_names(details: Mapping[str, object], library: Library) -> list[ConfigError]:
    """Return the mistakes in the names for which a section gives a detail."""
    names = [name for name in details if name not in devices.KINDS]
    if not names:
        return []
    known = library.heads()
    return [
        ConfigError(
            "neither a kind of device nor an SNMP profile"
            + nearest(name, [*devices.KINDS, *known]),
            key=f"collectors.snmp.detail.{name}",
        )
        for name in names
        if name not in known
    ]


def _secrets(
    config: SnmpConfig, device: DeviceConfig, key: str, known: dict[tuple[object, ...], Secrets]
) -> Secrets:
    about = (
        device.version or config.version,
        device.community_file or config.community_file,
        device.user or config.user,
    )
    if about not in known:
        known[about] = secrets_of(config, device, key)
    return known[about]


KIND: Final = _Kind()
