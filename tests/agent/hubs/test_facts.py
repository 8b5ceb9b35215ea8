"""What the facts of the registry say, and policy that a hub asks for."""

from __future__ import annotations

import importlib.resources
import re

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.packaged import packaged_keys
from tests.agent.hubs.packaged import FACTS, REGISTRY

HIDDEN_POLICY = ["green-action-2024", "implementation-plan-2021", "gb-40879", "east-west-latency"]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.id)
def test_texts(fact) -> None:
    """Every fact has its paraphrase, what is open and how it is measured, in both languages."""
    chinese = re.compile(r"[\u4e00-\u9fff]")
    for text in (fact.text, fact.open, fact.measured, fact.kpi.name, fact.source.about):
        assert len(text.en) > 2
        assert not chinese.search(text.en)
        assert chinese.search(text.zh) or text.zh == text.en
    assert fact.text.en.endswith(".")
    assert fact.text.zh.endswith("。")
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fact.id)
    assert fact.confidence in ("high", "medium", "low")


def test_ids_are_unique() -> None:
    """An id names one fact, since alerts and links use it."""
    assert len({fact.id for fact in FACTS}) == len(FACTS)


def test_derived() -> None:
    """What we worked out ourselves is labelled so, and nothing else is."""
    assert {fact.id for fact in FACTS if fact.derived} == {
        "kunming-racks-build-out",
        "liangya-renewable",
        "liangya-carbon",
    }
    by_id = {fact.id: fact for fact in FACTS}
    assert (
        by_id["kunming-racks-build-out"].value
        == by_id["kunming-racks"].value + by_id["kunming-racks-building"].value
    )


def test_milestone() -> None:
    """The first 1 000 PFLOPS lead to the 2 000."""
    assert {f.id: f.milestone_of for f in FACTS if f.milestone_of} == {
        "liangya-compute-1000": "liangya-compute"
    }


def test_one_way_reading_is_kept() -> None:
    """A source that leaves open one way or round trip has both limits stored."""
    other = {f.kpi.key: [a.value for a in f.alternatives] for f in FACTS if f.alternatives}
    assert other == {
        "round_trip_guangzhou": [pytest.approx(0.020)],
        "round_trip_shenzhen": [pytest.approx(0.020)],
        "round_trip_hangzhou": [pytest.approx(0.032)],
    }


def test_kunming_promised_no_pue() -> None:
    """Nobody stated a PUE or an occupancy for Kunming, so the registry has none."""
    assert not [
        f
        for f in FACTS
        if f.hub in ("kunming", "liangya") and f.kpi.key in ("pue", "rack_occupancy")
    ]


def test_policy_is_opt_in() -> None:
    """National policy is in no packaged hub: only the operator's file can ask for it."""
    assert all(hub.policy == () for hub in REGISTRY.hubs.values())


def test_policy_on_request(tmp_path) -> None:
    """Policies that a file asks for stand apart from what the hub itself stated."""
    (tmp_path / "more.yaml").write_text(f"extends: guian\npolicy: [{', '.join(HIDDEN_POLICY)}]\n")
    registry = load_registry(tmp_path)
    figures = {
        fact.id: (fact.kpi.key, fact.op, fact.value) for fact in registry.hubs["guian"].policy
    }
    assert figures == {
        "green-action-2024-rack-occupancy": ("rack_occupancy", ">=", pytest.approx(0.6)),
        "green-action-2024-pue": ("pue", "<=", 1.5),
        "green-action-2024-renewable": ("renewable_energy_factor", ">=", pytest.approx(0.8)),
        "implementation-plan-2021-pue-new": ("pue", "<=", 1.3),
        "implementation-plan-2021-pue-hub": ("pue", "<=", 1.25),
        "gb-40879-grade-3": ("pue", "<=", 1.5),
        "gb-40879-grade-2": ("pue", "<=", 1.3),
        "gb-40879-grade-1": ("pue", "<=", 1.2),
        "east-west-latency-20ms": ("round_trip", "<=", pytest.approx(0.020)),
    }
    assert all(fact.policy and fact.source.publisher.en for fact in registry.hubs["guian"].policy)
    assert all(
        fact.confidence == "low"
        for fact in registry.hubs["guian"].policy
        if fact.id.startswith("gb-40879")
    )
    assert registry.hubs["guian"].facts == REGISTRY.hubs["guian"].facts
    assert registry.hubs["kunming"].policy == ()


def test_packaged() -> None:
    """The files are found where the package is, and are named after their hubs."""
    packaged = {
        item.name
        for item in importlib.resources.files("agent.hubs").iterdir()
        if item.name.endswith(".yaml")
    }
    assert packaged == {f"{key}.yaml" for key in REGISTRY.hubs} | {"kpis.yaml", "policy.yaml"}
    assert packaged_keys() == sorted(REGISTRY.hubs)
