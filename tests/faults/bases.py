"""Every database that faults are tried on, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.faults.databases import (
    Base,
    LatePrometheus,
    NewBase,
    OldBase,
    RemotePrometheus,
    RemoteVictoria,
)
from tests.faults.second import SecondPrometheus

REMOTE: Final[dict[str, Callable[[Path], Base]]] = {
    "victoria-metrics-remote-write": RemoteVictoria,
    "prometheus-remote-write": RemotePrometheus,
    "late-prometheus-remote-write": LatePrometheus,
    "second-prometheus-remote-write": SecondPrometheus,
}
BASES: Final[dict[str, Callable[[Path], Base]]] = {
    "victoria-metrics": NewBase,
    "influxdb": OldBase,
    **REMOTE,
}
