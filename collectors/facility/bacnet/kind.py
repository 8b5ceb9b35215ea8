"""BACnet/IP devices, read only: controllers of cooling plants, meters and UPSs with a BACnet card.

See docs/bacnet.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from collectors.base import (
    Collector,
    ConfigError,
    Context,
    Metric,
    Schedule,
    Series,
)
from collectors.catalogue import devices
from collectors.facility.bacnet.config import Config, Device
from collectors.facility.bacnet.profile import (
    Point,
    load_profile,
)
from collectors.facility.profile import metric_named

_MAY_BE_EMPTY: Final = frozenset({"hub", "site", "row", "rack", "feed", "phase", "battery"})


class Bacnet:
    """The kind of collector that the config section `bacnet` names."""

    name: str = "bacnet"
    Config: type = Config
    metrics: Sequence[Metric] = devices.METRICS
    packages: Mapping[str, str] = MappingProxyType({"bacpypes3": "bacnet"})

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector for each device. All of them share one socket.

        Raises ConfigError or Problems.
        """
        assert isinstance(config, Config)
        if not config.devices:
            return []
        from collectors.facility.bacnet.client import Client
        from collectors.facility.bacnet.collector import BacnetCollector

        client = Client(config.listen, config.request_timeout)
        made: dict[str, Collector] = {}
        taken: dict[Series, str] = {}
        for number, device in enumerate(config.devices):
            key = f"collectors.bacnet.devices[{number}]"
            if device.name in made:
                raise ConfigError(f"{device.name!r} is given twice", key=key)
            if device.instance is not None and "/" not in config.listen:
                raise ConfigError(
                    "to find a device by Who-Is, listen needs the address of this machine with"
                    " its network, such as 10.0.4.5/24:47808",
                    key=f"{key}.instance",
                )
            series = _series_of(config, device, key, context)
            for point, one in series:
                if one in taken:
                    raise ConfigError(
                        f"{point.metric} is given twice with these labels (also {taken[one]})",
                        key=key,
                    )
                taken[one] = device.name
            schedule = Schedule(
                interval=device.interval or config.interval,
                timeout=device.timeout or config.timeout,
            )
            made[device.name] = BacnetCollector(device, series, client, schedule)
        return list(made.values())


def _series_of(
    config: Config, device: Device, key: str, context: Context
) -> list[tuple[Point, Series]]:
    """Return every point of a device with its series; raises ConfigError for a missing label."""
    from collectors.facility.bacnet.client import check_property

    points = [(point, f"{key}.points[{number}]") for number, point in enumerate(device.points)]
    if device.profile:
        try:
            points += [
                (point, f"{key}.profile")
                for point in load_profile(device.profile, config.profiles_dir).points
            ]
        except ConfigError as error:
            raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
    found = []
    for point, where in points:
        wrong = check_property(point.property)
        if wrong:
            raise ConfigError(
                f"{point.property}: {wrong}",
                key=f"{where}.property" if point in device.points else where,
            )
        metric = metric_named(point.metric)
        labels = _labels(device, point, context)
        lacking = [
            name for name in metric.labels if not labels.get(name) and name not in _MAY_BE_EMPTY
        ]
        if lacking:
            hint = "name it by cooling" if lacking[0] == "unit" else f"name the {lacking[0]}"
            raise ConfigError(
                f"{point.metric} needs the label {lacking[0]}: {hint}, or give it in the point's"
                " labels",
                key=where,
            )
        found.append((point, metric.series(*(labels.get(name, "") for name in metric.labels))))
    return found


def _labels(device: Device, point: Point, context: Context) -> dict[str, str]:
    place = context.place_of(point.labels.get("rack", device.rack))
    return {
        "hub": place.hub,
        "site": place.site,
        "row": place.row,
        "rack": place.rack,
        "feed": device.feed,
        "unit": device.cooling,
        "meter": device.meter,
        "point": device.point or "",
        "ups": device.ups,
        "pdu": device.pdu,
        "ats": device.ats,
        "dcplant": device.dcplant,
        "generator": device.generator,
        "sensor": device.sensor,
        "device": device.name,
        **point.labels,
    }


KIND: Final = Bacnet()
