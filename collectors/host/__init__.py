"""Host collectors: the kernel's own figures, with node_exporter's names, labels, types and units.

One file a subsystem, and its folder of test cases. To add one: write the file, with a pure parser
and a small class, and declare it at the end as `COLLECTOR`. There is nothing else to edit: the
package lists its own folder once a config has a section `host:`.
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
"""The module that reads by psutil; it is loaded only where there is no Linux kernel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSection:
    """The section `host:`; empty, it turns every host collector on."""

    interval: Duration = 15.0
    timeout: Duration = 10.0
    disable: Sequence[str] = ()

    def options(self, declared: HostCollector[OptionsT]) -> OptionsT:
        """Return what stands under the key of one collector."""
        return cast("OptionsT", getattr(self, declared.name))


class HostKind:
    """The section `host:` of the config file; its keys are the collectors in `folders`."""

    name = "host"

    def __init__(self, package: str, folders: Iterable[str]) -> None:
        self._package: Final = package
        self._folders: Final = folders

    @cached_property
    def collectors(self) -> Mapping[str, HostCollector[Any]]:
        """Every declared collector by its name, in the order of the names."""
        found: dict[str, HostCollector[Any]] = {}
        for module in iter_modules(self._folders):
            if module.name != _NOT_LINUX:
                declared = vars(import_module(f"{self._package}.{module.name}")).get("COLLECTOR")
                if isinstance(declared, HostCollector):
                    found[declared.name] = declared
        return dict(sorted(found.items()))

    @cached_property
    def Config(self) -> type[HostSection]:
        """The model of the section: a key for each collector, with the options it declares."""
        names = getitem(cast("Any", Literal), tuple(self.collectors))
        disable: Any = field(default_factory=list, metadata={"help": "collectors to leave out"})
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
        """What host collectors may emit; fields of a new kernel and *.prom files come on top."""
        return tuple(metrics_of(*host.SECTIONS, hardware))

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the collectors that are not disabled and that their options want."""
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
    """Make the one collector for what is not Linux."""
    from collectors.host.portable import Portable

    schedule = Schedule(interval=section.interval, timeout=section.timeout)
    return Portable(Setup(context=context, schedule=schedule, options=Options()), section)


KIND: Final = HostKind(__name__, __path__)
