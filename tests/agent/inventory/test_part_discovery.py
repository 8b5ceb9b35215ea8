"""What Prometheus is told of a hub in parts, at `/sd`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from agent.loading import load_files
from agent.web.discovery import Discovery
from tests.agent.inventory.hub_in_parts import (
    RACKS_A_ROW,
    ROWS,
    SITES,
    config,
    whole,
)


def discovery_of(path: Path) -> Discovery:
    found, inventory = load_files(path)
    assert inventory is not None
    return Discovery(found, inventory)


def sd(path: Path, **query: str) -> list[dict[str, Any]]:
    answer = discovery_of(path).answer(query)
    assert answer.content_type.startswith("application/json")
    found: list[dict[str, Any]] = json.loads(answer.body)
    return found


def test_prometheus_is_told_of_nodes_and_gateways(tmp_path: Path) -> None:
    """Nodes in service that are to have an agent, and the gateways, each with where it stands."""
    path = config(
        tmp_path,
        "",
        "  {}",
        sd=(
            "{nodes: '{node}.{site}:9717', address: 'gw-1:9717',"
            " gateways: [{address: 'gw-2:9717', site: s2}]}"
        ),
    )
    found = {group["targets"][0]: group["labels"] for group in sd(path)}
    assert len(found) == 2 + len(SITES) * ROWS * RACKS_A_ROW
    assert found["n-s1-r10.s1:9717"] == {
        "hub": "guian",
        "site": "s1",
        "row": "r1",
        "rack": "s1-r10",
        "node": "n-s1-r10",
    }
    assert found["gw-1:9717"] == {"hub": "guian", "site": "s1", "node": "gw-1"}
    assert found["gw-2:9717"] == {"hub": "guian", "site": "s2", "node": "gw-2"}
    assert not any(address.startswith("w-") for address in found)


@pytest.mark.parametrize("shard", ["", "2/4"])
def test_the_list_can_be_narrowed(tmp_path: Path, shard: str) -> None:
    """A list may be by site, role or shard; the shards together are the whole."""
    path = config(tmp_path, shard, "  {}")
    every = Counter(group["targets"][0] for group in sd(path))
    assert (
        sum(
            (
                Counter(group["targets"][0] for group in sd(path, shard=f"{n}/4"))
                for n in range(1, 5)
            ),
            Counter(),
        )
        == every
    )
    assert {group["labels"]["site"] for group in sd(path, site="s2", role="node")} == {"s2"}
    assert [group["targets"] for group in sd(path, role="gateway")] == [["127.0.0.1:9717"]]
    assert sd(path, site="nowhere") == []


@pytest.mark.parametrize("query", [{"shard": "5/4"}, {"role": "king"}, {"rack": "A07"}])
def test_a_wrong_question_is_refused(tmp_path: Path, query: dict[str, str]) -> None:
    """A mistyped query is an error: an empty or a whole list would be taken for the answer."""
    with pytest.raises(ValueError, match="expected"):
        sd(config(tmp_path, "", "  {}"), **query)


@pytest.mark.parametrize(
    ("listen", "own"),
    [
        ("10.0.0.7:9717", ["10.0.0.7:9717"]),
        ("gw.example:9717", ["gw.example:9717"]),
        ("0.0.0.0:9717", []),
        ("[::]:9717", []),
    ],
)
def test_a_gateway_lists_itself_where_it_can_be_reached(
    tmp_path: Path, listen: str, own: list[str]
) -> None:
    """It lists the address it listens at; an address of every interface is nobody's to scrape."""
    path = config(tmp_path, "", "  {}", outputs=f"{{http: {{listen: '{listen}'}}}}")
    found = [target for group in sd(path, role="gateway") for target in group["targets"]]
    assert found == own


def test_a_rack_out_of_service_has_no_targets(tmp_path: Path) -> None:
    """Its nodes are not scraped: they would be alerts of machines that are not there yet."""
    found = {group["labels"]["rack"] for group in sd(config(tmp_path, "", "  {}"), role="node")}
    assert "later" not in found
    assert {rack for rack in whole().racks if whole().racks[rack].state == "in_service"} >= found


def test_few_answers_stay_in_memory(tmp_path: Path) -> None:
    """Any number of different questions keeps no more than eight answers, the newest of them."""
    discovery = discovery_of(config(tmp_path, "", "  {}"))
    for number in range(1, 13):
        last = discovery.answer({"shard": f"{number}/12"}).body
    assert len(discovery._answers) == 8
    assert discovery.answer({"shard": "12/12"}).body is last


def test_the_list_is_made_once(tmp_path: Path) -> None:
    """The second answer to a question is the first one's bytes."""
    discovery = discovery_of(config(tmp_path, "", "  {}"))
    assert discovery.answer({}).body is discovery.answer({}).body
