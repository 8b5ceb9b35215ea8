"""KPIs that a hub's file narrows by a label: no city and no vendor is known to the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.model import Registry
from agent.inventory.model import Inventory
from agent.snapshot import Snapshot
from agent.targets.kpis import MEASURES, measure_of
from agent.targets.measure import Match
from agent.targets.measured import measure
from agent.targets.scoreboard import scoreboard
from collectors.base import Batch, Reading
from collectors.catalogue import node, recorded
from collectors.catalogue.link import LINK_ROUND_TRIP
from collectors.strict import Problems
from dashboards.rules import recording_groups
from tests.support import ROOT

NOW = 1_795_000_000.0
HUB = """
key: north
name: {en: North campus, zh: 北园区}
parent: national
timezone: Asia/Shanghai
sources:
  report:
    publisher: {en: Annual report, zh: 年报}
    date: 2026-03-31
    about: {en: the year, zh: 年度}
"""
FACT = """
  - id: {id}
    kind: target
    kpi: {kpi}
    op: "<="
    value: {value}
    stated: 2026-03-31
    source: report
    text: {{en: A claim., zh: 一项陈述。}}
    open: {{en: Nothing., zh: 无。}}
    confidence: high
"""
BERLIN = FACT.format(id="north-berlin", kpi="round_trip\n    labels: {peer: berlin}", value=20)


def loaded(folder: Path, facts: str, names: str = "") -> Registry:
    """Return the registry with a hub that states these facts."""
    (folder / "north.yaml").write_text(f"{HUB}{names}facts:{facts}", "utf-8")
    return load_registry(folder)


def problems(folder: Path, facts: str, names: str = "") -> list[str]:
    """Return the mistakes in a hub that states these facts."""
    with pytest.raises(Problems) as caught:
        loaded(folder, facts, names)
    return [f"{error.key}: {error.message}" for error in caught.value.errors]


def snapshot(*readings: Reading) -> Snapshot:
    """Return a snapshot that holds these readings."""
    made = Snapshot()
    made.update(Batch(collector="test", device="", time=NOW, lifetime=60.0, readings=readings))
    return made


def trip(peer: str, seconds: float, quantile: str = "0.5") -> Reading:
    """Return a site's round trip to a peer."""
    return LINK_ROUND_TRIP.series("north", "s1", peer, quantile), seconds


def test_a_peer_of_ones_own(tmp_path: Path) -> None:
    """A hub that names Berlin has its own rule, its own value and its own line on the board."""
    registry = loaded(tmp_path, BERLIN)
    rules = {
        rule.labels["kpi"]: rule.expr
        for group in recording_groups(registry)
        for rule in group.rules
        if rule.record == recorded.KPI_VALUE and rule.labels
    }
    assert 'peer=~"(?i)berlin"' in rules["round_trip_berlin"]
    seen = snapshot(trip("Berlin", 0.018), trip("Berlin", 0.9, "0.99"), trip("paris", 0.5))
    found = measure(registry, seen, "north", NOW, inventory=Inventory(hub="north", complete=True))
    assert found["north", "round_trip_berlin", "hub"][0].value == 0.018
    assert found["north", "round_trip", "hub"][0].value == 0.5, "the slowest peer"
    (board,) = scoreboard(registry, found, NOW, ["north"])
    (row,) = board.targets
    assert (row.kpi, row.state, row.value) == ("round_trip_berlin", "met", 0.018)
    assert row.kpi_name["en"] == "round trip to berlin"
    assert row.display["en"].value == "18 ms"
    assert row.measured["en"] == "round-trip probe to the peer berlin, median"


def test_a_vendor_of_ones_own(tmp_path: Path) -> None:
    """Chips of a vendor are counted by how the vendor's name begins, in any case."""
    fact = FACT.format(id="n", kpi="accelerators\n    labels: {vendor: nvidia}", value=9)
    chips = [
        (
            node.ACCELERATOR_INFO.series(
                "north", "s1", "A", "A1", "n1", f"{n}", maker, "m", "u", "b"
            ),
            1.0,
        )
        for n, maker in enumerate(("NVIDIA", "Nvidia Corporation", "AMD", "not nvidia"))
    ]
    found = measure(loaded(tmp_path, fact), snapshot(*chips), "north", NOW)
    assert found["north", "accelerators_nvidia", "hub"][0].value == 2
    assert found["north", "accelerators", "hub"][0].value == 4


def test_a_file_may_name_it(tmp_path: Path) -> None:
    """`kpi_names` says what a narrowed KPI is called, in both languages."""
    names = (
        "kpi_names:\n"
        "  - kpi: round_trip\n"
        "    labels: {peer: berlin}\n"
        "    name: {en: round trip to Berlin, zh: 至柏林往返时延}\n"
    )
    kpi = loaded(tmp_path, BERLIN, names).kpis["round_trip_berlin"]
    assert (kpi.name["en"], kpi.name["zh"]) == ("round trip to Berlin", "至柏林往返时延")
    assert kpi.measured["en"] == "round-trip probe to the peer berlin, median"
    assert (kpi.unit, kpi.direction, kpi.of) == ("ms", "down", "round_trip")


def test_a_peer_has_a_name(tmp_path: Path) -> None:
    """`peers` says what people call a peer, in a file of its own as well; its KPI says the same.

    Chinese has a space beside Latin words, and none among its own.
    """
    (tmp_path / "names.yaml").write_text(
        "extends: north\npeers: {berlin: {en: Berlin, zh: 柏林}, ixp-2: IXP 2}\n", "utf-8"
    )
    second = BERLIN.replace("north-berlin", "north-ixp").replace("berlin", "ixp-2")
    registry = loaded(tmp_path, BERLIN + second)
    kpi, ixp = registry.kpis["round_trip_berlin"], registry.kpis["round_trip_ixp_2"]
    assert (kpi.name["en"], kpi.name["zh"]) == ("round trip to Berlin", "至柏林往返时延")
    assert kpi.measured["zh"] == "至对端柏林的往返探测中位数"
    assert ixp.name["zh"] == "至 IXP 2 往返时延"
    assert registry.peers["berlin"]["zh"] == "柏林"
    assert registry.only(["north"]).peers == registry.peers


def test_a_peer_is_named_once(tmp_path: Path) -> None:
    """Two names of one peer are a mistake, told with its line."""
    names = "peers:\n  guangzhou: Canton\n"
    (line,) = problems(tmp_path, BERLIN, names)
    assert "peers.guangzhou: guangzhou exists already" in line
    registry = loaded(tmp_path, BERLIN, "peers:\n  guangzhou: {en: Guangzhou, zh: 广州}\n")
    assert registry.peers["guangzhou"]["zh"] == "广州", "the same name of a packaged hub"


def test_the_old_keys_still_work(tmp_path: Path) -> None:
    """`kpi: round_trip_guangzhou` still means the round trip to that peer."""
    facts = FACT.format(id="a", kpi="round_trip_guangzhou", value=10)
    facts += FACT.format(id="b", kpi="accelerators_huawei", value=10)
    registry = loaded(tmp_path, facts)
    first, second = registry.hubs["north"].facts
    assert (first.kpi.key, first.kpi.of) == ("round_trip_guangzhou", "round_trip")
    assert first.kpi is registry.kpis["round_trip_guangzhou"]
    assert (second.kpi.key, second.kpi.of) == ("accelerators_huawei", "accelerators")
    found = measure(registry, snapshot(trip("guangzhou", 0.007)), "north", NOW)
    assert found["north", "round_trip_guangzhou", "hub"][0].value == 0.007


def test_shipped_facts_keep_their_series() -> None:
    """The label `kpi` of what the shipped hubs narrowed is what dashboards and histories know."""
    registry = load_registry()
    narrowed = {fact.id: fact.kpi.key for fact in registry.facts() if fact.kpi.of}
    assert narrowed == {
        "guian-huawei-npus": "accelerators_huawei",
        "guizhou-round-trip-guangzhou": "round_trip_guangzhou",
        "guizhou-round-trip-shenzhen": "round_trip_shenzhen",
        "guizhou-round-trip-hangzhou": "round_trip_hangzhou",
    }
    names = {key: registry.kpis[key].name["zh"] for key in narrowed.values()}
    assert names["accelerators_huawei"] == "华为 NPU"
    assert names["round_trip_shenzhen"] == "至深圳往返时延"


def test_a_key_is_lower_case_words() -> None:
    """A value's letters and digits make the key; everything else becomes one underscore."""
    kpi = load_registry().kpis["round_trip"]
    assert kpi.narrowed("Frankfurt a. M. (DE-CIX)").key == "round_trip_frankfurt_a_m_de_cix"
    with pytest.raises(ValueError, match="柏林"):
        kpi.narrowed("柏林")


def test_two_peers_of_one_key_are_refused(tmp_path: Path) -> None:
    """Two values of one key are refused, unless only upper and lower case differ."""
    dotted = FACT.format(id="b", kpi="round_trip\n    labels: {peer: de.cix}", value=1)
    dashed = FACT.format(id="c", kpi="round_trip\n    labels: {peer: de-cix}", value=1)
    assert problems(tmp_path, dotted + dashed) == [
        "facts[1].labels.peer: round_trip_de_cix is 'de.cix' already; both would be one series"
    ]
    upper = FACT.format(id="d", kpi="round_trip\n    labels: {peer: BERLIN}", value=1)
    facts = loaded(tmp_path, BERLIN + upper).hubs["north"].facts
    assert {fact.kpi.key for fact in facts} == {"round_trip_berlin"}


def test_a_file_may_not_take_a_narrowed_key(tmp_path: Path) -> None:
    """A KPI of a file's own under the key of a narrowed one is a mistake."""
    own = "kpis:\n  - {key: round_trip_berlin, unit: ms, name: {en: a, zh: 甲}}\n"
    assert problems(tmp_path, BERLIN, own) == ["facts[0].labels: round_trip_berlin exists already"]


def test_a_row_that_cannot_be_narrowed() -> None:
    """A row without a label refuses a value of one."""
    row = next(row for row in MEASURES if row.kpi == "pue")
    with pytest.raises(ValueError, match="pue cannot be narrowed"):
        row.to("berlin")


def test_what_is_registered_only_has_no_row() -> None:
    """A KPI without telemetry is not measured."""
    registry = load_registry()
    assert measure_of(registry.kpis["cloud_companies"]) is None
    assert measure_of(registry.kpis["pue"]) is not None


@pytest.mark.parametrize(
    ("match", "taken", "not_taken"),
    [
        (Match(label="l", values=("a", "b")), ["a", "b"], ["A", "ab", ""]),
        (Match(label="l", values=("A",), any_case=True), ["a", "A"], ["ab"]),
        (Match(label="l", values=("a",), beginning=True), ["a", "ab"], ["A", "ba"]),
        (Match(label="l", values=("a",), any_case=True, beginning=True), ["Ab", "a"], ["ba"]),
    ],
)
def test_matches(match: Match, taken: list[str], not_taken: list[str]) -> None:
    """A match takes its values, their beginnings or any case only where it says so."""
    assert all(match.takes(value) for value in taken)
    assert not any(match.takes(value) for value in not_taken)


def test_no_peer_and_no_vendor_in_the_code() -> None:
    """No module of the targets, the hubs or the KPI rules names a city or a vendor."""
    folders = ("agent/targets", "agent/hubs", "dashboards/signals", "dashboards/boards")
    for folder in folders:
        for path in (ROOT / folder).glob("*.py"):
            text = path.read_text("utf-8").casefold()
            for name in ("guangzhou", "shenzhen", "hangzhou", "huawei"):
                said = (
                    text.replace(f"`{name}`", "")
                    .replace(f"peer: {name}", "")
                    .replace(f"round_trip_{name}", "")
                )
                assert name not in said, path
