"""Host collectors: the kernel's figures, with the names, labels, types and units of node_exporter.

Each subsystem has one file here and one folder of test cases. To add a subsystem, write its file
with a pure parser and a small class, and declare the class as `COLLECTOR` at the end. Nothing else
needs an edit: the package lists its own folder when a config has a section `host:`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, make_dataclass
from functools import cached_property
from importlib import import_module
from operator import getitem
from pkgutil import iter_modules
from types import GenericAlias
from typing import Any, Final, Literal, cast

from collectors.base import Collector, Context, Metric, Schedule
from collectors.catalogue import hardware, host, metrics_of
from collectors.host.declare import HostCollector, Options, OptionsT, Setup
from collectors.host.kernel import KernelFiles
from collectors.strict import Duration

_NOT_LINUX: Final = "portable"
"""The module that reads with psutil. It is loaded only on systems other than Linux."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSection:
    """The section `host:`. An empty section turns every host collector on."""

    interval: Duration = 15.0
    timeout: Duration = 10.0
    disable: Sequence[str] = ()

    def options(self, declared: HostCollector[OptionsT]) -> OptionsT:
        """Return the options under the key of one collector."""
        return cast("OptionsT", getattr(self, declared.name))


class HostKind:
    """The section `host:` of the config file. Its keys are the collectors found in `folders`."""

    name = "host"

    def __init__(self, package: str, folders: Iterable[str]) -> None:
        self._package: Final = package
        self._folders: Final = folders

    @cached_property
    def collectors(self) -> Mapping[str, HostCollector[Any]]:
        """Every declared collector by its name, sorted by name."""
        found: dict[str, HostCollector[Any]] = {}
        for module in iter_modules(self._folders):
            if module.name != _NOT_LINUX:
                declared = vars(import_module(f"{self._package}.{module.name}")).get("COLLECTOR")
                if isinstance(declared, HostCollector):
                    found[declared.name] = declared
        return dict(sorted(found.items()))

    @cached_property
    def Config(self) -> type[HostSection]:
        """The model of the section: one key for each collector, with its declared options."""
        names = getitem(cast("Any", Literal), tuple(self.collectors))
        disable: Any = field(default_factory=list, metadata={"help": "collectors not to run"})
        keys = [
            (one.name, one.options, field(default_factory=one.options))
            for one in self.collectors.values()
        ]
        made = make_dataclass(
            "HostConfig",
            [("disable", GenericAlias(list, (names,)), disable), *keys],
            bases=(HostSection,),
            frozen=True,
            slots=True,
            kw_only=True,
        )
        made.__doc__ = HostSection.__doc__
        return cast("type[HostSection]", made)

    @property
    def metrics(self) -> Sequence[Metric]:
        """The metrics that host collectors can emit.

        Fields that only a newer kernel has, and the metrics in *.prom files, are not among them.
        """
        return tuple(metrics_of(*host.SECTIONS, hardware))

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the collectors that are not disabled and that their options ask for."""
        section = cast("HostSection", config)
        if sys.platform != "linux":
            return [_portable(section, context)]
        files = KernelFiles()
        return [
            collector
            for name, declared in self.collectors.items()
            if name not in section.disable
            for collector in declared.build(
                context,
                section.options(declared),
                files,
                interval=section.interval,
                timeout=section.timeout,
            )
        ]


def _portable(section: HostSection, context: Context) -> Collector:
    """Make the one collector for systems other than Linux."""
    from collectors.host.portable import Portable

    schedule = Schedule(interval=section.interval, timeout=section.timeout)
    return Portable(Setup(context=context, schedule=schedule, options=Options()), section)


KIND: Final = HostKind(__name__, __path__)
