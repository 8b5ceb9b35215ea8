"""Finds and loads device profiles: one YAML file for each model of device, for all protocols.

The file's name without `.yaml` is the profile's name. Its key `protocol` selects the model that
reads it (`snmp`: `collectors.facility.snmp.profile`, `modbus`:
`collectors.facility.modbus.profile`, `bacnet`: `collectors.facility.bacnet.profile`). Profiles come
with the package and from the operator's own folder (`profiles_dir`). A file in this folder replaces
a packaged one with the same name. A mistake in a profile gives a message of one line, with the
file and the line.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, TypeVar

import yaml

from collectors.base import ConfigError, Metric
from collectors.strict import Document, Problems, nearest

T = TypeVar("T")
Protocol = Literal["snmp", "modbus", "bacnet"]

PACKAGED: Final = Path(__file__).parent / "profiles"
_PROTOCOLS: Final = ("snmp", "modbus", "bacnet")


def paths(folder: Path | None = None) -> dict[str, Path]:
    """Return the file of every profile by its name. The operator's `folder` comes first.

    Raises ConfigError if the folder does not exist.
    """
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"no such folder: {folder}", key="profiles_dir")
    found: dict[str, Path] = {}
    for place in (PACKAGED, folder):
        if place is not None:
            found |= {path.stem: path for path in sorted(place.glob("*.yaml"))}
    return dict(sorted(found.items()))


def load(name: str, protocol: Protocol, model: type[T], folder: Path | None = None) -> T:
    """Load the profile called `name` as `model`.

    Raises:
        ConfigError: there is no such profile, or it has another protocol.
        Problems: the file has mistakes, each with file and line.
    """
    known = paths(folder)
    if name not in known:
        raise ConfigError(f"no such profile: {name!r}{nearest(name, known)}", key="profile")
    document = Document(known[name])
    spoken = protocol_of(document)
    if spoken != protocol:
        raise ConfigError(
            f"{name} is a profile of the protocol {spoken}, not {protocol}", key="profile"
        )
    return document.build(model)


def load_all(
    protocol: Protocol, model: type[T], folder: Path | None = None
) -> Iterator[tuple[str, T]]:
    """Yield every profile of one protocol with its name, sorted by name.

    Raises Problems for a profile with mistakes.
    """
    for name, path in paths(folder).items():
        document = Document(path)
        if protocol_of(document) == protocol:
            yield name, document.build(model)


def protocol_of(document: Document) -> Protocol:
    """Return the protocol that a profile names.

    Raises Problems if it names no protocol or an unknown one.
    """
    nodes = document.root.value if isinstance(document.root, yaml.MappingNode) else ()
    for key_node, value_node in nodes:
        if key_node.value == "protocol":
            if value_node.value in _PROTOCOLS:
                protocol: Protocol = value_node.value
                return protocol
            document.fail(
                value_node,
                "protocol",
                f"expected one of {', '.join(_PROTOCOLS)}, got {value_node.value!r}",
            )
            raise Problems(document.errors)
    document.fail(document.root, "protocol", f"missing; expected one of {', '.join(_PROTOCOLS)}")
    raise Problems(document.errors)


def metric_named(full_name: str) -> Metric:
    """Return the facility metric with this full name from the catalogue.

    Raises ValueError, which suggests the nearest name.
    """
    known = _facility_metrics()
    if full_name not in known:
        message = f"unknown metric {full_name!r}{nearest(full_name, known)}"
        raise ValueError(message)
    return known[full_name]


@functools.cache
def _facility_metrics() -> dict[str, Metric]:
    from collectors.catalogue import devices

    return {metric.full_name: metric for metric in devices.METRICS}
