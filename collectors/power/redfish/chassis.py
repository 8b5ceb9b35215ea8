"""Choose the chassis that stands for a whole node."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.power.redfish.body import Document, gone, inner, link, links, text


def choose_chassis(chassis: Sequence[Document], wanted: str = "") -> Document | None:
    """Return a node's chassis: the one with that Id, or the one that holds all others.

    Of several: one that is contained in no other of them; that has readings of its own; that holds
    a system; that is of a type a server is; the first. So a blade in an enclosure is read where it
    is named, and a board in a server is not read in its place.
    """
    if wanted:
        return next((one for one in chassis if text(one, "Id") == wanted), None)
    there = [one for one in chassis if not gone(one)]
    known = {uri for one in there if (uri := link({"self": one}, "self"))}

    def rank(one: Document) -> tuple[bool, bool, bool, int]:
        contained = link(one, "Links", "ContainedBy") in known
        powered = any(key in one for key in ("EnvironmentMetrics", "PowerSubsystem", "Power"))
        return (
            contained,
            not powered,
            not links(inner(one, "Links"), "ComputerSystems"),
            _type_rank(one.get("ChassisType")),
        )

    return min(there, key=rank, default=None)


def _type_rank(kind: object) -> int:
    return (
        0
        if kind in ("RackMount", "Blade", "Sled", "StandAlone", "Tower")
        else 1
        if kind == "Enclosure"
        else 2
    )
