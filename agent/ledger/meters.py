"""The meters as the readings name them: where each counts, and what it can show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from agent.inventory.check_meters import upstream
from agent.inventory.model import IT_PATH, NOT_IT, Inventory, Meter
from agent.ledger.limits import Limits
from agent.ledger.register_steps import Step
from collectors.base import Series
from collectors.catalogue.limits import INCOMING

SELF_FED: Final = frozenset({"generator", "renewable"})
"""Points of supplies beside which the utility may rest."""

_PDU_HEADROOM: Final = 2.0
"""A PDU whose rating nobody states cannot draw more than this many times its feed's capacity."""

RegisterWidth = Callable[[Series], float | None]
"""Returns at how many joules a register begins again at 0; None where its device does not say."""


class MeterKey(NamedTuple):
    """How a reading names a meter; `kind` as in the table of meters."""

    site: str
    name: str
    kind: str


class TrackedMeter:
    """A meter that the readings name."""

    __slots__ = (
        "_width",
        "_wrap",
        "first_heard",
        "flatters",
        "id",
        "is_stuck",
        "key",
        "never_rests",
        "point",
        "rating",
        "register",
        "step",
    )

    def __init__(self, key: MeterKey, point_label: str, inventory: Inventory) -> None:
        self.id: int | None = None
        """Its number in the database; None until the first reading is written."""
        self.first_heard: int | None = None
        """Its earliest reading that this agent has written, in milliseconds."""
        self.is_stuck: bool | None = None
        """Whether its register stands still and should not; None if it was never found to."""
        self.key = key
        listed = inventory.meters.get((key.site, key.name))
        self.point = point_of(inventory, key.site, key.name, key.kind, point_label)
        self.never_rests = self.point == "utility" and not _feeds_itself(inventory, key.site)
        """Whether it always counts: what supplies a site rests only while the site feeds itself."""
        self.flatters = self.point == "utility" or _is_subtracted(inventory, listed)
        """Whether it may rest, and PUE is better if it is dead."""
        self.rating = listed.rating_watts if listed else None
        self.register: Series | None = None
        self.step = Step()
        self._wrap = listed.wrap_joules if listed else None
        self._width: float | None = None
        fed = inventory.pdus.get(key.name) if key.kind == "pdu" else None
        if self.rating is None and fed is not None:
            capacity = fed.rack.feeds[fed.feed].capacity_watts
            self.rating = capacity * _PDU_HEADROOM if capacity else None

    def limits(self, register_width: RegisterWidth | None) -> Limits:
        """Return what it can show; its register's width is the inventory's or else its device's.

        A device is asked every time, for it may be recognised after its first reading. What it
        said once stays good.
        """
        if self._wrap is None and register_width is not None and self.register is not None:
            self._width = register_width(self.register) or self._width
        wrap = self._wrap or self._width
        return Limits.of_kind(
            self.key.kind,
            rating=self.rating,
            wrap=wrap,
            never_rests=self.never_rests,
            flatters=self.flatters,
            is_supply=self.point in INCOMING,
        )


def _feeds_itself(inventory: Inventory, site: str) -> bool:
    """Tell whether a site lists renewables of its own, or a generator."""
    return any(meter.point in SELF_FED for meter in inventory.meters_by_site.get(site, ()))


def _is_subtracted(inventory: Inventory, listed: Meter | None) -> bool:
    """Tell whether a meter counts overhead that hangs behind a meter of IT, and is subtracted."""
    return (
        listed is not None
        and listed.point in NOT_IT
        and any(one.point in IT_PATH for one in upstream(listed, inventory.meters))
    )


def limits_of(inventory: Inventory, site: str, name: str) -> Limits:
    """Return what a meter of the inventory can show, of energy or power that comes in."""
    kind = kind_of(inventory, site, name)
    return TrackedMeter(MeterKey(site, name, kind), "", inventory).limits(None)


class Channel:
    """One quantity of one meter, with its last readings: the last one kept, and the last heard.

    Of each slot of `slot_ms` milliseconds one reading is kept. `slot` is the last one's slot.
    """

    __slots__ = ("heard", "heard_value", "meter", "quantity", "slot", "slot_ms", "time", "value")

    def __init__(self, meter: TrackedMeter, quantity: int, slot_ms: int) -> None:
        self.meter, self.quantity, self.slot_ms = meter, quantity, slot_ms
        self.forget()

    def forget(self) -> None:
        """Forget the last readings."""
        self.slot = self.time = self.heard = -1
        self.value = self.heard_value = 0.0

    def follow(self, former: Channel) -> None:
        """Take over what another channel of the same readings has kept and heard."""
        self.slot, self.time, self.value = former.slot, former.time, former.value
        self.heard, self.heard_value = former.heard, former.heard_value


def kind_of(inventory: Inventory, site: str, name: str) -> str:
    """Return what kind of meter a name is: pdu, outlet, water or meter."""
    if _listed_point(inventory, site, name) == "water":
        return "water"
    if name in inventory.pdus:
        return "pdu"
    is_outlet = name in inventory.outlets and (site, name) not in inventory.meters
    return "outlet" if is_outlet else "meter"


def point_of(inventory: Inventory, site: str, name: str, kind: str, label: str) -> str:
    """Return where a meter counts.

    That is where the inventory says, or else where its readings' `label` says. A PDU counts at
    `pdu_output`, an outlet at no point of the PUE: its PDU counts there.
    """
    if kind in ("export", "outlet", "water"):
        return kind
    listed = _listed_point(inventory, site, name)
    return listed or ("pdu_output" if kind == "pdu" else label or "other")


def _listed_point(inventory: Inventory, site: str, name: str) -> str:
    """Return where the inventory says that a meter counts, or the one that replaced it; or ''."""
    listed = inventory.meters.get((site, name))
    if listed is not None:
        return listed.point or ""
    if name in inventory.pdus:
        return ""
    later = inventory.meters_by_site.get(site, ())
    return next((one.point or "" for one in later if one.replaces == name), "")
