"""A hub of one's own is one file; its mistakes are lines with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.hubs.loader import load_registry
from agent.hubs.packaged import PACKAGED, packaged_keys
from collectors.strict import Problems

CASES = Path(__file__).parent / "cases"
GOOD = (CASES / "good.yaml").read_text("utf-8")


def errors(folder: Path) -> list[str]:
    """Load a folder of hub files and return its mistakes, paths shortened."""
    with pytest.raises(Problems) as caught:
        load_registry(folder)
    return [
        str(e).replace(f"{folder}/", "").replace(f"{PACKAGED}/", "{packaged}/")
        for e in caught.value.errors
    ]


@pytest.mark.parametrize("case", sorted(CASES.glob("*.err")), ids=lambda path: path.stem)
def test_mistake(case: Path, tmp_path: Path) -> None:
    """A mistake in a hub file is one line that names file, line, key and what was expected."""
    (tmp_path / f"{case.stem}.yaml").write_text(
        case.with_suffix(".yaml").read_text("utf-8"), "utf-8"
    )
    assert errors(tmp_path) == case.read_text("utf-8").splitlines()


def test_good_hub(tmp_path: Path) -> None:
    """One file makes a hub, beside the packaged ones and under the parent it names."""
    (tmp_path / "north.yaml").write_text(GOOD, "utf-8")
    registry = load_registry(tmp_path)
    assert [hub.key for hub in registry.lineage("north")] == ["north", "national"]
    assert sorted(load_registry(tmp_path).hubs) == sorted([*packaged_keys(), "north"])
    (fact,) = registry.hubs["north"].facts
    assert (fact.id, fact.value, fact.number, fact.timezone) == (
        "north-pue",
        1.3,
        0,
        "Asia/Shanghai",
    )
    assert fact.source.publisher.zh == "本公司年报"


def test_all_mistakes_at_once(tmp_path: Path) -> None:
    """Two wrong files with three mistakes give three lines, in the order of files and lines."""
    wrong = GOOD.replace("parent: national", "parent: natonal").replace("kpi: pue", "kpi: peu")
    (tmp_path / "a.yaml").write_text(wrong, "utf-8")
    (tmp_path / "b.yaml").write_text("key: b\nname: {en: B, zh: 乙}\n", "utf-8")
    assert errors(tmp_path) == [
        "a.yaml:3: parent: no such hub; did you mean national?",
        "a.yaml:15: facts[0].kpi: unknown; did you mean pue?",
        "b.yaml:1: timezone: missing; expected a time zone such as Asia/Shanghai",
    ]


def test_two_facts_with_one_id(tmp_path: Path) -> None:
    """An id given twice is told at the second, with the place of the first."""
    (tmp_path / "north.yaml").write_text(GOOD + GOOD.split("facts:\n")[1], "utf-8")
    assert errors(tmp_path) == ["north.yaml:24: facts[1].id: north-pue is taken (in north.yaml:13)"]


def test_parents_in_a_ring(tmp_path: Path) -> None:
    """Hubs that are each other's parents are refused, not followed for ever."""
    for key, parent in (("a", "b"), ("b", "a")):
        (tmp_path / f"{key}.yaml").write_text(
            f"key: {key}\nname: {{en: {key}, zh: 甲}}\nparent: {parent}\ntimezone: Asia/Shanghai\n",
            "utf-8",
        )
    assert errors(tmp_path) == [
        "a.yaml:3: parent: a would be its own ancestor",
        "b.yaml:3: parent: b would be its own ancestor",
    ]


def test_extension_adds_an_observation(tmp_path: Path) -> None:
    """A later report is added to a packaged hub by a file of one's own."""
    source = GOOD.split("sources:")[1].split("facts:")[0]
    (tmp_path / "later.yaml").write_text(
        f"""extends: guian
sources:{source}facts:
  - id: guian-chips-2024-12
    kind: observation
    kpi: accelerators
    value: 210000
    stated: 2024-12-20
    source: annual-report
    text: {{en: Chips in use., zh: 在用芯片。}}
    open: {{en: Nothing., zh: 无。}}
    confidence: high
""",
        "utf-8",
    )
    facts = {fact.id: fact for fact in load_registry(tmp_path).hubs["guian"].facts}
    assert len(facts) == 9
    assert facts["guian-chips-2024-12"].unit == "chips"


def test_extension_of_nothing(tmp_path: Path) -> None:
    """A file that adds to a hub nobody describes says so."""
    (tmp_path / "x.yaml").write_text("extends: guin\n", "utf-8")
    assert errors(tmp_path) == ["x.yaml:1: extends: no such hub; did you mean guian?"]


def test_own_kpi(tmp_path: Path) -> None:
    """A hub file may bring a key figure of its own, which is registered only."""
    text = (
        GOOD.replace("kpi: pue", "kpi: staff")
        .replace("value: 1.3", "value: 12")
        .replace('"<="', '">="')
    )
    own = "kpis:\n  - {key: staff, unit: count, name: {en: staff, zh: 员工}}\n"
    (tmp_path / "north.yaml").write_text(text.replace("facts:\n", own + "facts:\n"), "utf-8")
    (fact,) = load_registry(tmp_path).hubs["north"].facts
    assert fact.measured.en == "registered only"


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is one line."""
    assert errors(tmp_path / "none")[0].endswith("none: cannot be read: No such file or directory")


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_mutated_files(data: st.DataObject, tmp_path: Path) -> None:
    """Whatever is done to a hub file, it loads or its mistakes are told; nothing else is raised."""
    lines = GOOD.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        n = data.draw(st.integers(0, len(lines) - 1))
        junk = data.draw(
            st.sampled_from(
                [
                    "",
                    "  ",
                    "- x",
                    "a: [",
                    "key: 7",
                    "\t",
                    "null",
                    "? !",
                    "*a",
                    "&a [*a]",
                    "facts: {}",
                    "5",
                ]
            )
        )
        lines[n] = data.draw(
            st.sampled_from([junk, lines[n] + junk, junk + lines[n], lines[n].replace(":", "")])
        )
    (tmp_path / "north.yaml").write_text("\n".join(lines), "utf-8")
    found: list[str] = ["loaded"]
    try:
        load_registry(tmp_path)
    except Problems as problems:
        found = [str(error) for error in problems.errors]
    assert found
    assert all(len(line.splitlines()) == 1 for line in found)
