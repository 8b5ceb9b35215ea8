"""The declaration that each module of this folder makes: its collector and its options."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final, Generic, TypeVar

from collectors.base import Collector, Context, Schedule
from collectors.host.kernel import KernelFiles
from collectors.strict import Count, Duration, Parsed

SLOW: Final = 60.0
"""Seconds between two rounds of a collector whose figures hardly ever change."""


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(text) from error
    return text


Pattern = Annotated[str, Parsed(_pattern, "a regular expression")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A collector's own interval and limit. Without the first, the section's interval applies."""

    interval: Duration | None = None
    max_samples: Count = field(
        default=10_000, metadata={"help": "samples a round; more are left out and counted"}
    )


OptionsT = TypeVar("OptionsT", bound=Options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup(Generic[OptionsT]):
    """Everything that a host collector is made from; `options` come from its key in the config."""

    context: Context
    schedule: Schedule
    options: OptionsT
    files: KernelFiles = field(default_factory=KernelFiles)

    def proc(self, path: str) -> str:
        """Return a path below the root of /proc."""
        return f"{self.context.proc}/{path}"

    def sys(self, path: str) -> str:
        """Return a path below the root of /sys."""
        return f"{self.context.sys}/{path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostCollector(Generic[OptionsT]):
    """The declaration that a module calls `COLLECTOR`; `name` is its key in the config file."""

    name: str
    make: Callable[[Setup[OptionsT]], Collector]
    options: type[OptionsT]
    at_least: float = 0.0
    """The shortest interval in seconds, unless the collector's own option gives a shorter one."""
    wanted: Callable[[OptionsT], bool] = lambda _: True
    """Tells whether these options ask for the collector at all."""

    def build(
        self,
        context: Context,
        options: OptionsT,
        files: KernelFiles,
        *,
        interval: float,
        timeout: float,
    ) -> list[Collector]:
        """Make the collector if its options ask for it.

        `interval` and `timeout` are the section's, in seconds. The collector's own interval comes
        before the section's.
        """
        if not self.wanted(options):
            return []
        own = options.interval or max(interval, self.at_least)
        schedule = Schedule(interval=own, timeout=timeout, max_samples=options.max_samples)
        return [self.make(Setup(context=context, schedule=schedule, options=options, files=files))]
