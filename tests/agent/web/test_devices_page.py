"""The page of devices, meters and losses."""

from __future__ import annotations

from dataclasses import replace

from agent.health import CollectorHealth
from tests.agent.web import fixture, rack_fixture
from tests.agent.web.asked import api, page
from tests.agent.web.fixture import NOW


def test_devices_are_chosen_by_state_kind_and_name() -> None:
    """State, kind and a part of the name choose among 5 000 devices, a hundred at once.

    The address says it all.
    """
    view = rack_fixture.view(devices=5000)
    assert "100 of 5\u202f000 shown" in page("/collectors", view)
    assert "50 of 50 shown" in page("/collectors", view, state="never")
    assert "33 of 33 shown" in page("/collectors", view, state="silent", kind="snmp")
    assert "1 of 1 shown" in page("/collectors", view, find="10.0.2.88:")
    last = page("/collectors", view, page="50")
    assert "page 50 of 50" in last
    assert 'rel="next"' not in last
    assert "page 50 of 50" in page("/collectors", view, page="999999999999")
    assert "page 1 of 50" in page("/collectors", view, page="-3")
    assert "No device matches." in page("/collectors", view, find="nosuch")


def test_silent_devices_come_first_with_their_errors() -> None:
    """What does not answer stands at the top, with since when and why."""
    html = page("/collectors")
    assert html.index("connection refused") < html.index("answering</td>")
    assert "2 of 52 do not answer." in html


def test_the_order_of_devices_is_by_name() -> None:
    """Devices that answer stand in the order of their names, so that a refresh moves none.

    This host's own collectors come last, as one kind.
    """
    html = page("/collectors", state="answering")
    assert (
        html.index("10.0.0.2:161")
        < html.index("10.0.0.10:161")
        < html.index("10.0.1.3:502")
        < html.index(">this host<small>")
    )
    assert "3 of 3 shown" in page("/collectors", kind="host")


def test_meters_by_point_with_class_and_coverage() -> None:
    """Every meter, listed or heard, with its class, or that one was assumed, its coverage, and
    whether anybody asks it.
    """
    found = {meter["meter"]: meter for meter in api("/meters")["meters"]}
    assert (found["main-1"]["accuracy_class"], found["main-1"]["coverage"]["30d"]) == (0.5, 0.971)
    assert (found["spare"]["state"], found["spare"]["power_watts"], found["spare"]["coverage"]) == (
        "not_asked",
        None,
        None,
    )
    assert (found["gen-1"]["state"], found["gen-1"]["listed"]) == ("silent", False)
    html = page("/collectors").partition('id="p-meters"')[2]
    assert "2.0, assumed" in html
    assert "41.0\u202f%" in html
    assert html.index("spare") < html.index("main-1")


def test_losses_by_reason() -> None:
    """Rejected readings, registers that fell, dropped sentinels, and the spool, as the agent counts
    them.
    """
    found = api("/losses")
    assert found["ledger"]["rejected"] == {"above_rating": 3.0, "late": 0.0}
    assert found["ledger"]["register_events"] == {"reset": 2.0, "wrap": 1.0}
    assert found["collectors"] == [
        {
            "collector": "snmp",
            "errors": {"unreachable": 41.0},
            "dropped": {"sentinel": 960.0},
            "skipped_rounds": 0.0,
        }
    ]
    assert found["sinks"][0]["waiting_samples"] == 91_000.0
    html = page("/collectors")
    assert "3.05\u202fMiB / 1.00\u202fGiB" in html
    # What never happened is no line: thirteen zeros would hide the one that did.
    assert "above the rating" in html
    assert "too late" not in html


def test_a_device_that_the_agent_does_not_read_is_not_called_answering() -> None:
    """Its worker process is dead: nobody knows whether it answers, and all is not well."""
    read = CollectorHealth(collector="snmp", device="10.0.0.1:161", ok=True, last_success=NOW)
    unread = read._replace(device="10.0.0.2:161", ok=None, late=True)
    html = page("/collectors", replace(fixture.view(), health=lambda: (read, unread)))
    assert "not read: the agent&#39;s fault" in html
    assert "1 not read at present." in html
    assert "All 2 answer." not in html
    rows = page(
        "/collectors", replace(fixture.view(), health=lambda: (read, unread)), state="unread"
    )
    assert "1 of 1 shown" in rows


def test_an_agent_without_anything_has_the_page_too() -> None:
    """A node that has no meters, no ledger and no sink says so, and nothing is made up."""
    html = page("/collectors", replace(fixture.view([]), inventory=None, health=lambda: ()))
    assert "The inventory lists no meter, and no meter is read." in html
    assert "Nothing was rejected or dropped." in html
    assert "No sink is configured" in html
