"""Choose the chassis that stands for a whole node."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.power.redfish.body import Document, gone, inner, link, links, text


def choose_chassis(chassis: Sequence[Document], wanted: str = "") -> Document | None:
    """Return a node's chassis: the one with that Id, else the one that contains the others.

    If the service has one system, the chassis of that system is preferred: it is a node of a
    multi-node enclosure, which the service may show as well. Then the order of preference: not
    contained in another one; with readings of its own; with a system; of a server's type; the
    first. So a blade in an enclosure is read if it is named, and a board in a server is not read
    instead of the server.
    """
    if wanted:
        return next((one for one in chassis if text(one, "Id") == wanted), None)
    there = [one for one in chassis if not gone(one)]
    systems = {uri for one in there for uri in links(inner(one, "Links"), "ComputerSystems")}
    if len(systems) == 1:
        there = [one for one in there if links(inner(one, "Links"), "ComputerSystems")]
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
