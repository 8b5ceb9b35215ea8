"""What a collector may do beside `collect`: small protocols that the agent asks for once.

A collector has an ability by having the attribute or method; it need not name the protocol. The
agent asks with isinstance when it takes a collector, never in each round.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import Protocol, runtime_checkable

from collectors.base import Reading, Series
from collectors.refusal import Refusal


@runtime_checkable
class Immediate(Protocol):
    """Its `collect` is a coroutine function that reads memory or kernel files and never awaits.

    The runner then calls it in place, without a task and without a deadline.
    """

    @property
    def immediate(self) -> bool:
        """True; false takes the ability back."""


@runtime_checkable
class HasUpSeries(Protocol):
    """It knows the series that say whether its device answers.

    The runner sets them to 1 after a round that succeeded and to 0 after one that failed.
    """

    @property
    def up_series(self) -> Sequence[Series]:
        """Those series; empty until the device has said what it is. Read anew after each round."""


@runtime_checkable
class CountsDropped(Protocol):
    """It counts the readings that it did not use."""

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many since the start, by reason."""


@runtime_checkable
class GivesNotice(Protocol):
    """It has something to say of its good readings that an operator should know."""

    @property
    def notice(self) -> str:
        """One line; empty if there is nothing to say. Read anew after each round."""


@runtime_checkable
class SharesNotice(Protocol):
    """It has something to say that holds for many collectors: told once for all of them."""

    @property
    def shared_notice(self) -> str:
        """One line, the same text for each of them; empty if there is nothing to say."""


@runtime_checkable
class ReadsSlowly(Protocol):
    """Some of its readings move slowly, and may be read at a longer interval of their own."""

    @property
    def slow_interval(self) -> float:
        """That interval in seconds; 0 if everything is read in every round."""

    def take_slow(self) -> Sequence[Reading]:
        """Return the slow readings of the last round, once; empty if it read none."""


@runtime_checkable
class GivesParts(Protocol):
    """Its `collect` returns `Parted` readings."""

    @property
    def parts(self) -> Sequence[str]:
        """The key of every part that it may give."""


@runtime_checkable
class ListsRefused(Protocol):
    """It knows which readings of its last round cannot be, and why."""

    @property
    def refused(self) -> Sequence[Refusal]:
        """Those readings; read anew after each round."""


@runtime_checkable
class IsDiscovered(Protocol):
    """Its device must be discovered before it can be read, which costs much more than a round."""

    @property
    def discovered(self) -> bool:
        """Whether it is; until then a round says at most that the device answers."""

    @property
    def waits_for_place(self) -> bool:
        """Whether the last round found no place for the discovery. It then wants another round."""


@runtime_checkable
class Closes(Protocol):
    """It holds something that has to be given back; the runner calls `close` when it ends."""

    def close(self) -> None:
        """Give back connections, threads and files."""


@runtime_checkable
class ClosesLater(Protocol):
    """As `Closes`, but the end takes a moment: a device may have to be told."""

    def aclose(self) -> Awaitable[None]:
        """Give back connections, threads and files."""


@runtime_checkable
class HasRegisters(Protocol):
    """It reads energy registers of a limited width."""

    @property
    def register_rollovers(self) -> Mapping[Series, float]:
        """At how many joules each register begins again at 0; only registers whose width is known.

        Read anew for each use, for a device may know its registers only once it is discovered.
        """


@runtime_checkable
class HasLinkedNames(Protocol):
    """Further units stand behind its device, such as linked PDUs."""

    @property
    def linked_names(self) -> Sequence[str]:
        """What the config calls them; units that it does not name are called `name/2`, `name/3`."""


@runtime_checkable
class Divides(Protocol):
    """A kind of section whose devices several processes may read.

    Its `build` makes one collector for each of its devices, in their order.
    """

    def endpoints(self, config: object, /) -> Sequence[str]:
        """Return where each device is asked. Devices with the same one stay in one process."""

    def part(self, config: object, numbers: Sequence[int], /) -> object:
        """Return the section with some of its devices, which are read as in the whole."""


@runtime_checkable
class NeedsPackages(Protocol):
    """A kind of section that needs packages which a plain installation lacks."""

    @property
    def packages(self) -> Mapping[str, str]:
        """The modules it imports, each with the extra of hubgauge that brings it."""


@runtime_checkable
class NeedsPrograms(Protocol):
    """A kind of section that runs other programs."""

    @property
    def programs(self) -> Mapping[str, str]:
        """The programs it runs, each with the system's package that has it."""
