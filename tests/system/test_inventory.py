"""A real agent whose inventory is in a NetBox that comes, changes, and goes away."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.inventory.netbox.data import TOKENS, example
from tests.agent.inventory.netbox.server import NetBox, served
from tests.support import ROOT, free_port, get, running, wait_for

HUBGAUGE = (sys.executable, "-m", "agent.cli")


@pytest.fixture
def netbox() -> Iterator[NetBox]:
    with served(example("v4")) as found:
        yield found


class Agent:
    """Where an agent's files lie and its page is."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "token").write_text(TOKENS["v4"])
        (folder / "token").chmod(0o600)
        self.config = folder / "config.yaml"
        device = (
            f'{{address: "127.0.0.1:{free_port()}", pdu:'
            f" A01-A, rack: A01, feed: A, profile: apc-rpdu2}}"
        )
        self.config.write_text(
            "hub: guian\nsite: one\nstate_dir: state\noutputs:"
            f" {{http: {{listen: '127.0.0.1:{self.port}'}}}}\n"
            "inventory:"
            f" {{netbox: {{url: '{url}', token_file: token, refresh: 1s, timeout: 3s}}}}\n"
            f"collectors: {{snmp: {{interval: 1s, timeout: 500ms, devices: [{device}]}}}}\n"
        )

    def run(self) -> contextlib.AbstractContextManager[object]:
        return running(
            [*HUBGAUGE, "run", "--config", self.config],
            log=self.folder / "log",
            ready=f"{self.url}/-/ready",
            cwd=ROOT,
        )

    def page(self) -> str:
        return get(f"{self.url}/metrics").decode()

    def reloads(self) -> int:
        return (self.folder / "log").read_text().count("reload: done")

    def racks(self) -> set[str]:
        return set(re.findall(r'^dc_rack_info{[^}]*rack="([^"]+)"', self.page(), re.MULTILINE))

    def value(self, pattern: str) -> float | None:
        found = re.search(rf"^{pattern} (\S+)$", self.page(), re.MULTILINE)
        return float(found[1]) if found else None

    def shows(self, pattern: str, wanted: float) -> None:
        """Wait until the page has this value: it expires soon after a round of a second."""
        wait_for(lambda: self.value(pattern) == wanted, what=f"{pattern} is {wanted}")

    def keeps(self, rack: str) -> None:
        """Wait until the page has a rack, which is away for a moment where a round is late."""
        wait_for(lambda: rack in self.racks(), what=f"rack {rack}")

    def errors(self) -> str:
        """Return the last error of each collector: also of a request that took too long."""
        found = json.loads(get(f"{self.url}/api/collectors?silent=1"))["collectors"]
        return "\n".join(one["last_error"] for one in found)

    def read_at(self) -> float:
        """Return when the inventory was read."""
        pattern = r'hubgauge_inventory_timestamp_seconds{source="netbox"}'
        wait_for(lambda: self.value(pattern) is not None, what="the inventory's age")
        return self.value(pattern) or 0.0


def test_netbox_comes_changes_and_goes(tmp_path: Path, netbox: NetBox) -> None:
    """The agent starts without it, takes it up and what changes in it without a restart, and keeps
    it over a restart while it is away.
    """
    agent = Agent(tmp_path, netbox.url)
    netbox.faults["sites"] = [(500, {})]
    with agent.run():
        wait_for(lambda: agent.racks() == {"A01", "A02", "A03", "A04", "B01"}, what="the racks")
        agent.shows(r'dc_rack_used_units{[^}]*rack="A01"}', 17)
        agent.shows(r'dc_rack_reserved_units{[^}]*rack="A02"}', 42)
        agent.shows(r'hubgauge_collector_success{collector="inventory",device="netbox"}', 1)
        wait_for(lambda: agent.reloads() == 1)
        devices = netbox.data.lists[
            "devices"
        ]  # the rack stays where it is: devices are not asked anew what they are
        devices.remove(next(device for device in devices if device["name"] == "leaving"))
        agent.shows(r'dc_rack_used_units{[^}]*rack="A01"}', 15)
        assert agent.reloads() == 1

        netbox.data.rack(netbox.data.lists["sites"][0], "A09")
        wait_for(lambda: "A09" in agent.racks(), what="a rack more")
        wait_for(lambda: agent.reloads() == 2)

        netbox.hidden = {"racks"}
        agent.shows(r'hubgauge_collector_success{collector="inventory",device="netbox"}', 0)
        agent.keeps("A09")
        wait_for(lambda: "may the token still see them" in agent.errors(), what="the reason")
        read_at = agent.read_at()
    netbox.faults["sites"] = ["reset"] * 1000
    with agent.run():
        agent.keeps("A09")
        assert agent.read_at() <= read_at, "it tells how old it is"
    assert TOKENS["v4"].partition(".")[2] not in (tmp_path / "log").read_text()


def test_what_is_expected_and_not_there(tmp_path: Path, netbox: NetBox) -> None:
    """A PDU that never answered, PDUs nobody asks and racks without one are counted, named, and on
    the board.
    """
    agent = Agent(tmp_path, netbox.url)
    with agent.run():
        mismatches = 'dc_inventory_mismatches{{hub="guian",site="one",reason="{}"}}'
        for reason, count in (
            ("pdu_not_polled", 3),
            ("never_answered", 1),
            ("rack_without_pdu", 1),
        ):
            agent.shows(mismatches.format(reason), count)
        agent.shows('dc_inventory_expected_devices{hub="guian",site="one",kind="pdu"}', 4)
        agent.shows('dc_inventory_answering_devices{hub="guian",site="one",kind="pdu"}', 0)
        found = {
            one["reason"]: one
            for one in json.loads(get(f"{agent.url}/api/devices"))["mismatches"]
            if one["site"] == "one"
        }
        assert found["rack_without_pdu"]["named"] == [{"rack": "A02", "device": ""}]
        assert found["never_answered"]["named"] == [{"rack": "A01", "device": "A01-A"}]
        assert "Racks without a PDU" in get(f"{agent.url}/?lang=en").decode()
