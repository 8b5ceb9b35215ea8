"""Where the inventory and the polled devices differ: one case a rule, worked out by hand."""

from __future__ import annotations

from agent.expected.differences import Difference, differences
from agent.expected.silence import DeviceKey
from tests.support.ledger import inventory

SITE = "sites: [{site: one}, {site: two}]\n"
RACKS = (
    "racks:\n"
    "- {rack: A01, site: one, feeds: {A: {pdu: A01-A}}}\n"
    "- {rack: B01, site: two, feeds: {A: {pdu: B01-A}}}\n"
)


def pdu(name: str, site: str = "one") -> DeviceKey:
    return DeviceKey(site, "pdu", name)


def meter(name: str) -> DeviceKey:
    return DeviceKey("one", "meter", name)


def found(
    text: str, *polled: DeviceKey, racks: dict[DeviceKey, str] | None = None
) -> list[Difference]:
    return list(differences(inventory(SITE + text), polled, racks or {}, ()))


def test_nothing_differs() -> None:
    """A polled PDU of a listed rack is as it should be, whether or not its series name the rack."""
    assert found(RACKS, pdu("A01-A")) == []
    assert found(RACKS, pdu("A01-A"), racks={pdu("A01-A"): "A01"}) == []


def test_pdus_of_other_agents_are_not_missed() -> None:
    """At a site where this agent polls no PDU, another one does."""
    assert found(RACKS, pdu("A01-A")) == []
    assert found(RACKS, pdu("A01-A"), pdu("B02-A", "two")) == [
        Difference(site="two", reason="pdu_not_polled", rack="B01", device="B01-A"),
        Difference(site="two", reason="unknown_pdu", device="B02-A"),
    ]


def test_a_pdu_may_be_listed_as_a_meter() -> None:
    """A PDU that feeds no rack and is listed as a meter is known."""
    listed = "meters: [{meter: bus-1, site: one, point: pdu_output}]\n"
    assert found(RACKS + listed, pdu("A01-A"), pdu("bus-1")) == []


def test_a_meter_may_be_polled_as_a_pdu() -> None:
    """A meter that is polled with a PDU's profile is polled."""
    listed = "meters:\n- {meter: main, site: one, point: utility}\n"
    listed += "- {meter: bus-1, site: one, point: pdu_output}\n"
    assert found(listed, meter("main"), pdu("bus-1")) == []


def test_a_replaced_meter_is_not_missed() -> None:
    """Only the new meter is polled: the old one is gone, and its energy stays."""
    listed = "meters:\n- {meter: old, site: one, point: utility}\n"
    listed += "- {meter: new, site: one, point: utility, replaces: old}\n"
    assert found(listed, meter("new")) == []


def test_meters_known_to_one_side_only() -> None:
    """A listed meter that nobody polls, and a polled one that nobody lists."""
    listed = "meters:\n- {meter: main, site: one, point: utility}\n"
    listed += "- {meter: spare, site: one, point: utility}\n"
    assert found(listed, meter("main"), meter("extra")) == [
        Difference(site="one", reason="meter_not_polled", device="spare"),
        Difference(site="one", reason="unknown_meter", device="extra"),
    ]


def test_where_no_meter_is_listed_none_is_unknown() -> None:
    """An inventory without meters says nothing about them."""
    assert found(RACKS, meter("main")) == []


def test_a_rack_of_another_state_needs_no_pdu() -> None:
    """Only racks in service must be measured."""
    racks = "racks:\n- {rack: A01, site: one, state: planned}\n- {rack: A02, site: one}\n"
    assert found(racks) == [Difference(site="one", reason="rack_without_pdu", rack="A02")]
