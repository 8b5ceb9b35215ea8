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
from collectors.facility.custom_metric import CustomMetric
from collectors.strict import Document, Problems, nearest

T = TypeVar("T")
Protocol = Literal["snmp", "modbus", "bacnet"]

PACKAGED: Final = Path(__file__).parent / "profiles"
_PROTOCOLS: Final = ("snmp", "modbus", "bacnet")
_SHOWN: Final = 200
_CUSTOM: Final[dict[str, Metric]] = {}
"""The metrics that loaded profiles have declared, by full name."""


def paths(folder: Path | None = None) -> dict[str, Path]:
    """Return the file of every profile by its name. The operator's `folder` comes first.

    Raises ConfigError if the folder does not exist or cannot be read.
    """
    found: dict[str, Path] = {}
    for place in (PACKAGED, folder):
        if place is not None:
            found |= {path.stem: path for path in _files_in(place)}
    return dict(sorted(found.items()))


def _files_in(folder: Path) -> list[Path]:
    """Return a folder's YAML files in any order; raises ConfigError where it cannot be read."""
    try:
        files = list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(f"no such folder: {folder}", key="profiles_dir") from None
    except OSError as error:  # it may not be entered, its disk fails, its name is too long
        reason = error.strerror or str(error)
        message = f"cannot be read ({reason}): {str(folder)[:_SHOWN]}"
        raise ConfigError(message, key="profiles_dir") from None
    return [one for one in files if one.suffix == ".yaml" and not one.name.startswith(".")]


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
    return _build(document, model)


def load_all(
    protocol: Protocol, model: type[T], folder: Path | None = None
) -> Iterator[tuple[str, T]]:
    """Yield every profile of one protocol with its name, sorted by name.

    Raises Problems for a profile with mistakes.
    """
    for name, path in paths(folder).items():
        document = Document(path)
        if protocol_of(document) == protocol:
            yield name, _build(document, model)


def _build(document: Document, model: type[T]) -> T:
    """Build a profile. The metrics that it declares are known before its readings name them."""
    assert isinstance(document.root, yaml.MappingNode)
    nodes = {str(key.value): value for key, value in document.pairs(document.root)}
    if "metrics" in nodes:
        found = document.convert(nodes["metrics"], dict[str, CustomMetric], "metrics")
        if document.errors:
            raise Problems(document.errors)
        for name, custom in found.items():
            try:
                _declare(custom.declared(name))
            except ValueError as error:
                document.fail(nodes["metrics"], f"metrics.{name}", str(error))
        if document.errors:
            raise Problems(document.errors)
    return document.build(model)


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
    """Return the metric with this full name, of the catalogue's devices or of a profile's own.

    Raises ValueError, which suggests the nearest name.
    """
    known = _facility_metrics()
    found = known.get(full_name) or _CUSTOM.get(full_name)
    if found is None:
        message = f"unknown metric {full_name!r}{nearest(full_name, {*known, *_CUSTOM})}"
        raise ValueError(message)
    return found


def _declare(metric: Metric) -> None:
    """Make a profile's own metric known; the same declaration gives the same metric."""
    known = _CUSTOM.get(metric.full_name)
    if known is None or (known.type, known.help, known.labels) != (
        metric.type,
        metric.help,
        metric.labels,
    ):
        _CUSTOM[metric.full_name] = metric


@functools.cache
def _facility_metrics() -> dict[str, Metric]:
    from collectors.catalogue import devices

    return {metric.full_name: metric for metric in devices.METRICS}
