"""Inventories from files, and every mistake in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.inventory.load import load_inventory
from collectors.strict import Problems
from tests.agent.inventory.loading import load, mistakes

GOOD = """
sites:
  - {site: one, name: One, timezone: Asia/Tokyo, scopes: [huawei]}
  - {site: two, state: under_construction}
racks:
  - rack: A07
    site: one
    row: A
    height_units: 42
    rated_power_watts: 8000
    feeds: {A: {pdu: A07-A, capacity_watts: 7360}, B: {pdu: A07-B}}
    devices: [{node: n123, position: 10, units: 2, accelerators: 8, vendor: Huawei}]
  - {rack: B01, site: two, state: planned}
meters:
  - {meter: main-1, site: one, point: utility, accuracy_class: 0.5}
  - {meter: A07-A, accuracy_class: 1}
"""


def test_look_ups() -> None:
    """Racks by name, places, PDUs with their feed, meters by site and name, sites by scope."""
    stock = load(GOOD)
    assert list(stock.racks) == ["A07", "B01"]
    assert (stock.places()["A07"].site, stock.places()["A07"].row, stock.places()["A07"].hub) == (
        "one",
        "A",
        "guian",
    )
    assert (stock.pdus["A07-B"].rack.rack, stock.pdus["A07-B"].feed) == ("A07", "B")
    assert stock.meters["one", "main-1"].accuracy_class == 0.5
    assert [s.site for s in stock.sites_in("huawei")] == ["one"]
    assert [s.site for s in stock.sites_in("guian")] == ["one", "two"]
    assert [s.site for s in stock.sites_in("two")] == ["two"], "a site is a scope of its own"
    assert [(rack.rack, device.accelerators) for rack, device in stock.devices()] == [("A07", 8)]
    assert stock.racks["A07"].used == 2
    assert stock.racks["B01"].used is None


def test_a_pdu_listed_as_a_meter_needs_neither_site_nor_point() -> None:
    """A PDU stands where its rack does, and counts at PDU output unless it is said otherwise."""
    meter = load(GOOD).meters["one", "A07-A"]
    assert (meter.point, meter.accuracy_class) == ("pdu_output", 1.0)


def test_zone_of_a_site_that_states_none() -> None:
    """A site without a zone keeps the hub's time."""
    stock = load(GOOD)
    assert (stock.sites["one"].zone.key, stock.sites["two"].zone.key) == (
        "Asia/Tokyo",
        "Asia/Shanghai",
    )


def test_completeness_is_stated() -> None:
    """Only a file that says so lists the whole hub."""
    assert not load(GOOD).complete
    assert load("complete: true\n" + GOOD).complete


def test_an_empty_file_is_an_empty_inventory() -> None:
    """Nothing, a comment and empty lists are all an inventory without anything in it."""
    for text in ("", "# nothing yet\n", "racks:\nsites: []\n", "~\n"):
        assert not load(text).racks


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("sites: [{site: a}]\nracks:\n- {rack: r, site: b}", 3, "unknown site 'b'"),
        ("sites: [{site: alpha}]\nracks:\n- {rack: r, site: alhpa}", 3, "did you mean alpha?"),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a}\n- {rack: r, site: a}",
            4,
            "r is given twice (first in line 3)",
        ),
        (
            (
                "sites: [{site: a}]\nracks:\n- {rack: r, site: a, feeds: {A: {pdu: p}}}\n"
                "- {rack: s, site: a, feeds: {B: {pdu: p}}}"
            ),
            4,
            "p already feeds rack r feed A",
        ),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, feeds: {A: {pdu: p}, B: {pdu: p}}}",
            3,
            "p already feeds rack r feed A",
        ),
        (
            (
                "sites: [{site: a}]\nracks:\n- {rack: r, site: a, devices: [{node: x,"
                " position: 1, units: 2}, {node: y, position: 2}]}"
            ),
            3,
            "y overlaps x at unit 2",
        ),
        (
            (
                "sites: [{site: a}]\nracks:\n- {rack: r, site: a, devices: [{node: x,"
                " position: 42, units: 2}]}"
            ),
            3,
            "reaches unit 43 of 42",
        ),
        (
            (
                "sites: [{site: a}]\nracks:\n- {rack: r, site: a, height_units: 2,"
                " devices: [{node: x}, {node: y, units: 2}]}"
            ),
            3,
            "take 3 of 2",
        ),
        (
            (
                "sites: [{site: a}]\nracks:\n- {rack: r, site: a, devices: [{node: x}]}\n"
                "- {rack: s, site: a, devices: [{node: x}]}"
            ),
            4,
            "x is already in rack r",
        ),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, used_units: 43}",
            3,
            "more than the rack's 42 units",
        ),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, used_units: 1, devices: []}",
            3,
            "follows from the devices",
        ),
        ("sites: [{site: a, timezone: Mars/Olympus}]", 1, "unknown zone 'Mars/Olympus'"),
        ("sites: [{site: a}, {site: a}]", 1, "a is given twice"),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, sate: planned}",
            3,
            "did you mean state?",
        ),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, state: in_servce}",
            3,
            "did you mean in_service?",
        ),
        (
            "sites: [{site: a}]\nracks:\n- {rack: r, site: a, rated_power_watts: 0}",
            3,
            "expected a number of at least",
        ),
        ("sites: [{site: a}]\nmeters:\n- {meter: m}", 3, "point: missing"),
        (
            "sites: [{site: a}, {site: b}]\nmeters:\n- {meter: m, point: utility}",
            3,
            "there is more than one site",
        ),
        ("sites: [{site: a}]\nmeters:\n- {meter: m, point: roof}", 3, "expected one of utility"),
        (
            "sites: [{site: a}]\nmeters:\n- {meter: m, point: utility}\n- {meter: m, point: other}",
            4,
            "m is given twice",
        ),
        (
            "sites: [{site: a}]\nmeters:\n- {meter: m, point: utility, replaces: m}",
            3,
            "cannot replace itself",
        ),
        (
            (
                "sites: [{site: a}]\nmeters:\n- {meter: m, point: utility, replaces: n}\n"
                "- {meter: n, point: utility, replaces: m}"
            ),
            3,
            "in a circle",
        ),
        (
            (
                "sites: [{site: a}]\nmeters:\n- {meter: m, point: utility, replaces: n}\n"
                "- {meter: n, point: other}"
            ),
            3,
            "at point other",
        ),
        ("- a\n- b", 1, "expected a mapping with the keys"),
        ("rakcs: []", 1, "unknown key"),
        ("racks: {A07: {}}", 1, "expected a list"),
        ("sites: []\nsites: []", 2, "given twice"),
        ("sites: [{site: a]", 1, "is not YAML"),
        ("sites: [*nobody]", 1, "undefined alias"),
        ("sites: []\n---\nsites: []", 0, "single document"),
    ],
)
def test_each_mistake_is_one_line(text: str, line: int, words: str) -> None:
    """A mistake is one line with the file, the line it is in, and what is wrong."""
    found = mistakes(text)
    assert any(words in one for one in found), found
    if line:
        assert found[0].startswith(f"inventory.yaml:{line}: ")


def test_all_mistakes_are_found_at_once_in_the_order_of_the_file() -> None:
    """One run shows every mistake, each with the number its item has in the file."""
    found = mistakes(
        "sites: [{site: a}]\nracks:\n- {rak: r}\n- {rack: q, site: b}\nmeters:\n- {meter: m}\n"
    )
    assert [one.split(": ")[1] for one in found] == [
        "racks[0].rak",
        "racks[0].rack",
        "racks[0].site",
        "racks[1].site",
        "meters[0].point",
    ]


def test_anchors_and_merges_work_as_in_any_yaml() -> None:
    """An alias stands for what it names, and a merge takes the keys that are not given."""
    stock = load(
        "sites: [{site: a}]\nracks:\n- &r {rack: r, site: a, height_units: 20}\n"
        "- {<<: *r, rack: s}\n"
    )
    assert stock.racks["s"].height_units == 20


def test_files(tmp_path: Path) -> None:
    """A file that is not there, or is not text, is one line."""
    with pytest.raises(Problems, match="cannot be read"):
        load_inventory(tmp_path / "none.yaml", "guian", timezone="Asia/Shanghai")
    (tmp_path / "bad.yaml").write_bytes(b"sites: \xff\xfe")
    with pytest.raises(Problems, match="is not UTF-8"):
        load_inventory(tmp_path / "bad.yaml", "guian", timezone="Asia/Shanghai")


@given(st.text(alphabet="{}[]:,-&*!<>|'\"\n\t #%@`aA07~\\", max_size=60))
def test_any_text_is_an_inventory_or_problems(text: str) -> None:
    """Whatever the file holds, it is read, or refused with lines that say why."""
    for name in ("i.yaml", "i.csv"):
        refused: Problems | None = None
        try:
            load(text, name)
        except Problems as problems:
            refused = problems
        assert refused is None or refused.errors


def test_choices_are_named_once() -> None:
    """A word that is far from every choice is told with the choices, and these once."""
    (told,) = mistakes("sites: [{site: a}]\nmeters:\n- {meter: m, point: roof}")
    assert told.count("ups_output") == 1
    (near,) = mistakes("sites: [{site: a}]\nmeters:\n- {meter: m, point: utilty}")
    assert near.endswith("did you mean utility?")
