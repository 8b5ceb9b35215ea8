"""Lists in pages, tokens, faults and deadlines of NetBox's REST API."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from collectors.base import BadReply, CollectError, Refused, Unreachable
from tests.agent.inventory.netbox.data import TOKENS, Data, example
from tests.agent.inventory.netbox.reading import Write, read
from tests.agent.inventory.netbox.server import served
from tests.support import HANGS
from tests.support.certificates import self_signed


def test_filters_choose_sites(write: Write) -> None:
    """Slugs, tenants and tags choose sites, and only what stands there is asked for."""
    with served(example("v4")) as netbox:
        for extra in ("sites: [one]", "tenants: [cloud]", "tags: [huawei]"):
            assert set(read(write(netbox.url, extra=extra)).sites) == {"one"}
        assert all(
            "site_id=1" in query
            for query in netbox.queries
            if query.startswith(("racks?", "devices?", "power-feeds?"))
        )
        with pytest.raises(BadReply, match="no site is left"):
            read(write(netbox.url, extra="sites: [onne]"))


def test_tokens_of_both_versions(write: Write) -> None:
    """A 40-digit token is sent as `Token`, an nbt_ one as `Bearer`; a wrong one is never shown."""
    for version in TOKENS:
        with served(example(version)) as netbox:
            path = write(netbox.url, version)
            read(path)
            assert netbox.tokens == {
                f"{'Token' if version == 'v3' else 'Bearer'} {TOKENS[version]}"
            }
            (path.parent / "token").write_text("f" * 40)
            with pytest.raises(Refused, match="HTTP 403: Invalid token") as caught:
                read(path)
            assert "f" * 40 not in str(caught.value)


def test_pages_never_lead_to_another_host(write: Write) -> None:
    """Only the query of a `next` link is used; a link to another path is refused."""
    with served(example("v4")) as netbox:
        netbox.next_host = "http://elsewhere.example"
        assert len(read(write(netbox.url)).racks) == 5
        page = {
            "count": 9,
            "next": "http://elsewhere.example/login?offset=3",
            "results": [{"id": 1}],
        }
        netbox.faults["racks"] = [json.dumps(page).encode()]
        with pytest.raises(BadReply, match="leads elsewhere"):
            read(write(netbox.url))
        page["next"] = f"{netbox.url}/api/dcim/racks/?limit=3&offset=3"
        netbox.faults["racks"] = [json.dumps(page).encode()] * 2
        with pytest.raises(BadReply, match="in a circle"):
            read(write(netbox.url))


@pytest.mark.parametrize("results", [[], [{"id": 1}]])
def test_a_netbox_that_always_has_a_next_page_is_left_soon(
    write: Write, results: list[object]
) -> None:
    """A page without a new object ends the reading, though its link leads to yet another one."""
    with served(example("v4")) as netbox:
        pages = [
            {"count": 9, "next": f"{netbox.url}/api/dcim/racks/?offset={n}", "results": results}
            for n in range(50)
        ]
        netbox.faults["racks"] = [json.dumps(page).encode() for page in pages]
        with pytest.raises(BadReply, match="in a circle"):
            read(write(netbox.url))
        assert len(netbox.faults["racks"]) >= 48


def test_a_netbox_that_makes_up_objects_is_left_at_twice_what_it_counts(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each page has new ones and a next one; it says that there are three."""
    monkeypatch.setattr("agent.inventory.netbox.client._GROWN", 4)
    with served(example("v4")) as netbox:
        pages = [
            {
                "count": 3,
                "next": f"{netbox.url}/api/dcim/racks/?offset={n}",
                "results": [{"id": 10 * n + m} for m in range(4)],
            }
            for n in range(50)
        ]
        netbox.faults["racks"] = [json.dumps(page).encode() for page in pages]
        with pytest.raises(BadReply, match="more than twice the objects"):
            read(write(netbox.url))
        assert len(netbox.faults["racks"]) == 47  # ten are too few, twelve too many


def test_a_busy_netbox_is_asked_again(write: Write) -> None:
    """503, 429 and a reset are tried again, not sooner than asked; no page is read twice."""
    with served(example("v4")) as netbox:
        netbox.faults = {"racks": [(503, {}), "reset"], "sites": [(429, {"Retry-After": "1"})]}
        began = time.monotonic()
        assert len(read(write(netbox.url)).racks) == 5
        assert time.monotonic() - began >= 2


def test_a_busy_netbox_is_not_asked_sooner_than_it_wants(write: Write) -> None:
    """A reading that may take 50 s ends at once where NetBox wants to be left alone for 60 s."""
    with served(example("v4")) as netbox:
        netbox.faults["sites"] = [(503, {"Retry-After": "60"})]
        with pytest.raises(Unreachable, match="HTTP 503"):
            read(write(netbox.url))
        assert netbox.asked["sites"] == 1


@pytest.mark.parametrize(
    "fault", ["slow", "redirect", (500, {}), b"<html>", b"[]", b'{"results": [1]}', b"[" * 100_000]
)
def test_a_sick_netbox_ends_in_time(fault: Any, write: Write) -> None:
    """Whatever fails, the reading ends by its deadline with one error; no redirect is followed."""
    with served(example("v4")) as netbox:
        netbox.faults["devices"] = [fault] * 3
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 50s", "timeout: 1s"))
        began = time.monotonic()
        with pytest.raises(CollectError) as caught:
            read(path)
        assert time.monotonic() - began < HANGS
        assert "\n" not in str(caught.value)


def test_nobody_there(write: Write) -> None:
    """A refused connection is tried until the deadline, and said in a line."""
    path = write("http://127.0.0.1:1")
    path.write_text(path.read_text().replace("timeout: 50s", "timeout: 3s"))
    with pytest.raises(Unreachable, match="refused"):
        read(path)


def test_tls_is_verified(write: Write, tmp_path: Path) -> None:
    """A certificate of an authority that is not known is refused; with `ca_file` it is good."""
    self_signed(tmp_path, "netbox")
    with served(example("v4"), tls=tmp_path) as netbox:
        path = write(netbox.url)
        path.write_text(path.read_text().replace("timeout: 50s", "timeout: 3s"))
        with pytest.raises(Unreachable, match="certificate"):
            read(path)
        assert not netbox.tokens
        assert len(read(write(netbox.url, extra="ca_file: netbox.pem")).racks) == 5


def test_an_object_that_is_listed_twice_is_there_once(write: Write) -> None:
    """A list that grows while it is read shows an object on two pages; its power counts once."""
    data = example("v4")
    data.lists["power-feeds"] += data.lists["power-feeds"][:2]
    with served(data) as netbox:
        stock = read(write(netbox.url))
    # 230 V · 32 A · 80 %, and √3 · 400 V · 16 A
    watts = [feed.capacity_watts for feed in stock.racks["A01"].feeds.values()]
    assert watts == [pytest.approx(5888), pytest.approx(11085.1)]


def test_a_whole_hub_is_read_in_bounded_memory(write: Write) -> None:
    """Two thousand racks in pages of five hundred are all there; what is kept of them is small."""
    data = Data("v4")
    site, server = data.site("one"), data.kind("server", 2)
    for number in range(2000):
        rack = data.rack(site, f"R{number}")
        data.device(rack, f"n{number}", server, 1.0)
    with served(data) as netbox:
        path = write(netbox.url)
        path.write_text(
            path.read_text()
            .replace("page_size: 3", "page_size: 500")
            .replace("timeout: 50s", "timeout: 60s")
        )
        assert len(read(path).racks) == 2000
        assert netbox.asked["racks"] == 4
    assert (path.parent / "state" / "netbox.json").stat().st_size < 250 * 2000
