"""The packaged registry holds every stated fact, with its provenance, in both languages."""

from __future__ import annotations

import datetime as dt
import importlib.resources
import re

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.model import parse_deadline, parse_period
from agent.hubs.packaged import packaged_keys
from agent.hubs.units import UNITS, show

REGISTRY = load_registry()
FACTS = list(REGISTRY.facts())
HIDDEN_POLICY = ["green-action-2024", "implementation-plan-2021", "gb-40879", "east-west-latency"]

# number, hub, kind, KPI, scope, operator, base value, unit shown, over, deadline, stated,
# publisher, published
REGISTER = [
    (
        1,
        "kunming",
        "both",
        "data_centers_in_service",
        "hub",
        ">=",
        12,
        "data centres",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        2,
        "kunming",
        "both",
        "racks_in_service",
        "hub",
        ">=",
        27584,
        "racks",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        3,
        "kunming",
        "observation",
        "data_centers_under_construction",
        "hub",
        "",
        5,
        "data centres",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        4,
        "kunming",
        "observation",
        "racks_under_construction",
        "hub",
        "",
        21800,
        "racks",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        4,
        "kunming",
        "target",
        "racks_in_service",
        "hub",
        ">=",
        49384,
        "racks",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        5,
        "kunming",
        "observation",
        "in_service",
        "ai-computing-center",
        "",
        1,
        "yes",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        6,
        "kunming",
        "observation",
        "base_stations_5g",
        "hub",
        "",
        31551,
        "stations",
        False,
        "",
        "end of 2023",
        "People",
        "2024-05-14",
    ),
    (
        7,
        "kunming",
        "target",
        "national_hub_standing",
        "hub",
        ">=",
        1,
        "yes",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        8,
        "kunming",
        "observation",
        "international_access",
        "hub",
        "",
        1,
        "yes",
        False,
        "",
        "2024-05-14",
        "People",
        "2024-05-14",
    ),
    (
        9,
        "liangya",
        "target",
        "compute_flops",
        "hub",
        ">=",
        2e18,
        "PFLOPS",
        False,
        "",
        "2024-10-24",
        "Posts",
        "2024-10-28",
    ),
    (
        10,
        "liangya",
        "target",
        "compute_flops",
        "hub",
        ">=",
        1e18,
        "PFLOPS",
        False,
        "",
        "2024-10-24",
        "Posts",
        "2024-10-28",
    ),
    (
        11,
        "liangya",
        "target",
        "renewable_energy_factor",
        "hub",
        ">=",
        1,
        "ratio",
        False,
        "",
        "2024-10-24",
        "Posts",
        "2024-10-28",
    ),
    (
        11,
        "liangya",
        "target",
        "carbon",
        "hub",
        "<=",
        0,
        "kg",
        False,
        "",
        "2024-10-24",
        "Posts",
        "2024-10-28",
    ),
    (
        12,
        "liangya",
        "observation",
        "in_service",
        "international-gateway",
        "",
        1,
        "yes",
        False,
        "",
        "2024-10-24",
        "Posts",
        "2024-10-28",
    ),
    (
        13,
        "guian",
        "observation",
        "accelerators",
        "hub",
        "",
        80000,
        "chips",
        True,
        "",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        14,
        "guian",
        "target",
        "accelerators",
        "hub",
        ">=",
        200000,
        "chips",
        True,
        "2024-12-31",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        15,
        "guian",
        "target",
        "pue",
        "huawei",
        "<=",
        1.2,
        "ratio",
        False,
        "2027-03-01/2027-06-14",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        16,
        "guian",
        "target",
        "accelerators_huawei",
        "huawei",
        "rising",
        None,
        "chips",
        False,
        "2027-06-14",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        17,
        "guizhou",
        "both",
        "data_centers",
        "hub",
        ">=",
        47,
        "data centres",
        False,
        "",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        18,
        "guizhou",
        "both",
        "link_rate",
        "china-mobile-400g",
        ">=",
        4e11,
        "Gbit/s",
        False,
        "",
        "2023",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        19,
        "guizhou",
        "target",
        "round_trip_guangzhou",
        "hub",
        "<=",
        0.010,
        "ms",
        False,
        "",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        20,
        "guizhou",
        "target",
        "round_trip_shenzhen",
        "hub",
        "<=",
        0.010,
        "ms",
        False,
        "",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        21,
        "guizhou",
        "target",
        "round_trip_hangzhou",
        "hub",
        "<=",
        0.016,
        "ms",
        False,
        "",
        "2024-06-14",
        "TapTechNews",
        "2024-06-14",
    ),
    (
        22,
        "guizhou",
        "observation",
        "cloud_companies",
        "hub",
        "",
        30000,
        "companies",
        False,
        "",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        23,
        "guian",
        "observation",
        "enterprises_introduced",
        "hub",
        "",
        600,
        "enterprises",
        True,
        "",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        24,
        "guian",
        "target",
        "enterprises_digital",
        "hub",
        ">=",
        1000,
        "enterprises",
        True,
        "2024-12-31",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        25,
        "guian",
        "target",
        "software_output",
        "hub",
        ">=",
        1e11,
        "billion yuan",
        True,
        "2024-12-31",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        26,
        "guian",
        "target",
        "model_applications",
        "hub",
        ">=",
        20,
        "applications",
        True,
        "2024-12-31",
        "2024-03-06",
        "PR Newswire",
        "2024-03-06",
    ),
    (
        27,
        "guizhou",
        "observation",
        "data_merchants",
        "hub",
        "",
        899,
        "merchants",
        False,
        "",
        "2024-03-13",
        "China Daily",
        "2024-03-13",
    ),
    (
        27,
        "guizhou",
        "observation",
        "data_transactions",
        "hub",
        "",
        2e9,
        "billion yuan",
        True,
        "",
        "2024-03-13",
        "China Daily",
        "2024-03-13",
    ),
    (
        28,
        "guizhou",
        "observation",
        "digital_economy_share",
        "hub",
        "",
        0.5,
        "%",
        True,
        "",
        "2023",
        "China Daily",
        "2024-03-13",
    ),
    (
        29,
        "national",
        "observation",
        "national_hubs",
        "hub",
        "",
        8,
        "hubs",
        False,
        "",
        "2022",
        "China Daily",
        "2024-03-13",
    ),
    (
        29,
        "national",
        "observation",
        "national_clusters",
        "hub",
        "",
        10,
        "clusters",
        False,
        "",
        "2022",
        "China Daily",
        "2024-03-13",
    ),
    (
        30,
        "national",
        "target",
        "national_system_formed",
        "hub",
        ">=",
        1,
        "yes",
        False,
        "2025-12-31",
        "2024-03-13",
        "China Daily",
        "2024-03-13",
    ),
]


@pytest.mark.parametrize("row", REGISTER, ids=lambda row: f"{row[0]}-{row[3]}-{row[2]}")
def test_register_row(row: tuple[object, ...]) -> None:
    """Each row of the register is in the registry, with its figure, dates and publisher."""
    number, hub, kind, kpi, scope, op, value, unit, over, deadline, stated, publisher, published = (
        row
    )
    found = [f for f in FACTS if (f.number, f.hub, f.kind, f.kpi.key) == (number, hub, kind, kpi)]
    assert len(found) == 1
    (fact,) = found
    assert (fact.scope, fact.unit, fact.at_least) == (scope, unit, over)
    assert fact.value == (None if value is None else pytest.approx(value, rel=1e-12))
    assert kind == "observation" or fact.op == op
    assert (fact.deadline.text if fact.deadline else "") == deadline
    assert (fact.stated.text, fact.source.date.text) == (stated, published)
    assert str(publisher) in fact.source.publisher.en


def test_nothing_but_the_register() -> None:
    """All thirty rows are there and nothing beside them."""
    assert {fact.number for fact in FACTS} == set(range(1, 31))
    assert len(FACTS) == len(REGISTER)


def test_hubs() -> None:
    """The five hubs are a tree, keep Shanghai time and have both names."""
    names = {key: (hub.name.zh, hub.parent, hub.timezone) for key, hub in REGISTRY.hubs.items()}
    assert names == {
        "national": ("全国一体化算力网", "", "Asia/Shanghai"),
        "guizhou": ("贵州", "national", "Asia/Shanghai"),
        "guian": ("贵阳贵安", "guizhou", "Asia/Shanghai"),
        "kunming": ("昆明", "national", "Asia/Shanghai"),
        "liangya": ("两亚国际智算中心", "kunming", "Asia/Shanghai"),
    }
    kunming, guian = REGISTRY.hubs["kunming"], REGISTRY.hubs["guian"]
    assert (kunming.latitude, kunming.longitude) == (25.04, 102.72)
    assert (guian.latitude, guian.longitude) == (26.4, 106.6)
    order = list(REGISTRY.hubs)
    assert all(
        hub.parent == "" or order.index(hub.parent) < order.index(key)
        for key, hub in REGISTRY.hubs.items()
    )


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


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (27584, "racks", "27 584 racks", "27 584 架"),
        (1, "racks", "1 rack", "1 架"),
        (2e18, "PFLOPS", "2 000 PFLOPS", "2 000 PFLOPS"),
        (0.010, "ms", "10 ms", "10 ms"),
        (0.0104, "ms", "10.4 ms", "10.4 ms"),
        (4e11, "Gbit/s", "400 Gbit/s", "400 Gbit/s"),
        (1.2, "ratio", "1.2", "1.2"),
        (0.5, "%", "50 %", "50%"),
        (2e9, "billion yuan", "2 billion yuan", "20 亿元"),
        (1e11, "billion yuan", "100 billion yuan", "1 000 亿元"),
        (1, "yes", "yes", "是"),
        (0, "yes", "no", "否"),
        (-0.00001, "ratio", "0", "0"),
    ],
)
def test_display(value: float, unit: str, en: str, zh: str) -> None:
    """Base units are shown in the unit people read, with grouped digits, in both languages."""
    assert (show(value, unit, "en"), show(value, unit, "zh")) == (en, zh)


def test_units_have_a_base() -> None:
    """Every unit leads to a base unit that is a unit itself."""
    assert all(unit.base in UNITS for unit in UNITS.values())


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-05-14", dt.date(2024, 5, 14), dt.date(2024, 5, 14)),
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("2024-12", dt.date(2024, 12, 1), dt.date(2024, 12, 31)),
        ("2023", dt.date(2023, 1, 1), dt.date(2023, 12, 31)),
        ("end of 2023", dt.date(2023, 12, 31), dt.date(2023, 12, 31)),
    ],
)
def test_periods(text: str, first: dt.date, last: dt.date) -> None:
    """A day, a month, a year and the end of one are read as the days they span."""
    assert parse_period(text)[1:] == (first, last)


@pytest.mark.parametrize("text", ["2027-06-14/2027-03-01", "2027", "soon", "", "2024-02-30"])
def test_deadline_refused(text: str) -> None:
    """A deadline is a day or two in order; nothing vaguer."""
    with pytest.raises(ValueError, match=r".*"):
        parse_deadline(text)


def test_december_ends_in_the_hubs_own_time() -> None:
    """By 31 December includes that day, as it is in the hub's zone."""
    (fact,) = [f for f in FACTS if f.id == "guian-chips-200000"]
    assert fact.due is not None
    assert dt.datetime.fromtimestamp(fact.due[1], dt.UTC) == dt.datetime(
        2024, 12, 31, 16, tzinfo=dt.UTC
    )


@pytest.mark.parametrize(
    ("fact", "day"),
    [
        ("guizhou-400g-channel", "2024-06-14"),  # of the year 2023, published a year later
        ("liangya-compute", "2024-10-28"),  # said on 24 October, published on the 28th
        ("guian-chips-in-use", "2024-03-06"),
    ],
)
def test_a_fact_is_known_from_its_publication(fact: str, day: str) -> None:
    """Nobody knew a figure before it was published, whatever period it speaks of."""
    known = {one.id: one for one in load_registry().facts()}
    assert f"{known[fact].known_since}" == day


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1, "racks", "1 rack", "1 架"),
        (1.5, "racks", "1.5 racks", "1.5 架"),
        (0, "racks", "0 racks", "0 架"),
        (1, "companies", "1 company", "1 家企业"),
        (10.6, "companies", "11 companies", "11 家企业"),
        (2e9, "billion yuan", "2 billion yuan", "20 亿元"),
        (0.0086, "ms", "8.6 ms", "8.6 ms"),
        (0.123456, "ratio", "0.1235", "0.1235"),
        (12.3456, "s", "12.3 s", "12.3 s"),
        (0.97, "%", "97 %", "97%"),
        (0, "yes", "no", "否"),
        (1, "yes", "yes", "是"),
    ],
)
def test_a_figure_and_its_unit(value: float, unit: str, en: str, zh: str) -> None:
    """A figure is written with the right form of its unit, four digits below ten and one above."""
    assert (show(value, unit, "en"), show(value, unit, "zh")) == (en, zh)
