"""Sites: the data centres of a hub."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass, field
from typing import Annotated, Literal

from agent.inventory.model.checks import check_name
from agent.inventory.model.meters import Emission, check_years
from collectors.strict import Range

State = Literal["in_service", "under_construction", "planned"]
"""Whether a site or a rack is in service, being built, or only planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One data centre."""

    site: str
    name: str = field(default="", metadata={"help": "its name for people; else the key is shown"})
    state: State = "in_service"
    timezone: str = field(
        default="",
        metadata={"help": "an IANA zone such as Asia/Shanghai; the hub's where it is empty"},
    )
    scopes: tuple[str, ...] = field(
        default=(), metadata={"help": "named groups that targets may be stated for"}
    )
    it_point: Literal["ups_output", "pdu_output", "it_input"] | None = field(
        default=None,
        metadata={
            "help": "the only point to meter IT energy at; else the deepest that meters all of it"
        },
    )
    pdu_accuracy_class: Annotated[float, Range(0, 20)] | None = field(
        default=None,
        metadata={"help": "the class of IEC 62053 that racks' PDUs have, in percent; else unknown"},
    )
    battery: bool = field(
        default=False,
        metadata={
            "help": "whether a battery may carry the site for hours; those of UPSs are not meant"
        },
    )
    emissions: tuple[Emission, ...] = field(
        default=(),
        metadata={"help": "carbon of the utility's supply, by years; a meter may state its own"},
    )
    edition: str = field(
        default="ISO/IEC 30134-2", metadata={"help": "the edition that its PUE is stated by"}
    )

    def __post_init__(self) -> None:
        """Check the key, the emission factors' years and the zone."""
        check_name("site", self.site)
        check_years(self.emissions)
        if self.timezone:
            try:
                zoneinfo.ZoneInfo(self.timezone)
            except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
                message = (
                    f"timezone: unknown zone {self.timezone!r};"
                    " expected an IANA name such as Asia/Shanghai"
                )
                raise ValueError(message) from None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone in which its days and years are counted.

        A loaded inventory gives every site a zone; a site made without one is in UTC.
        """
        return zoneinfo.ZoneInfo(self.timezone or "UTC")
