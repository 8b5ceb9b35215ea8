"""Registering an observation: one small file that adds to a hub."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from agent.hubs.loader import load_registry
from agent.hubs.observe import Observation, add, observed
from agent.hubs.text import Text
from collectors.base import ConfigError
from collectors.strict import Problems

CHIPS = Observation(
    hub="guian",
    kpi="accelerators",
    value=120_000,
    date="2024-09-30",
    publisher=Text(en="Guiyang Daily", zh="贵阳日报"),
    about=Text(en="a report", zh="一篇报道"),
    at_least=True,
)


def test_it_is_a_file_that_adds_to_the_hub(tmp_path: Path) -> None:
    """The file names hub, KPI, day and source, and is loaded again."""
    path, text = add(CHIPS, tmp_path)
    assert path == tmp_path / "guian-accelerators-2024-09-30.yaml"
    assert path.read_text("utf-8") == text
    document = yaml.safe_load(text)
    assert document["extends"] == "guian"
    (fact,) = document["facts"]
    assert fact["text"]["en"] == "AI chips of Guiyang and Gui'an: over 120 000 chips."
    assert fact["text"]["zh"] == "贵阳贵安AI 芯片：超过 120 000 颗。"
    assert fact["open"]["zh"] == "登记时未作说明。"
    (loaded,) = [one for one in load_registry(tmp_path).hubs["guian"].facts if one.id == fact["id"]]
    assert (loaded.value, loaded.at_least, loaded.kind) == (120_000, True, "observation")
    assert f"{loaded.source.date.text}" == "2024-09-30"


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    """The text is returned and no file is made."""
    path, text = add(CHIPS, tmp_path, dry_run=True)
    assert "guian-accelerators-2024-09-30" in text
    assert not path.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"hub": "guizhou", "kpi": "data_centers", "date": "2024-06-14", "value": 47},
            "data_centers of 2024-06-14 is registered already: 47 data centres,",
        ),  # a floor to hold is an observation, too
        (
            {"date": "2024-03-06"},
            "accelerators of 2024-03-06 is registered already: 80 000 chips, PR Newswire",
        ),
        ({"hub": "guin"}, "guin: no such hub; did you mean guian?"),
        ({"kpi": "acelerators"}, "acelerators: no such KPI; did you mean accelerators?"),
        ({"date": "soon"}, "--date: expected a day, month or year such as 2025-03-31"),
        ({"date": "undated"}, "--date: expected a day, month or year"),
    ],
)
def test_what_does_not_fit_is_refused(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    """The same figure twice, an unknown hub or KPI and a wrong day are one line each."""
    with pytest.raises(ConfigError) as caught:
        add(replace(CHIPS, **change), tmp_path)
    assert message in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_another_day_of_the_same_figure_is_taken(tmp_path: Path) -> None:
    """A target of the same KPI and a figure of another day are no second registration."""
    add(CHIPS, tmp_path)
    add(replace(CHIPS, date="2024-12-31", value=150_000), tmp_path)
    with pytest.raises(ConfigError, match="registered already"):
        add(CHIPS, tmp_path)
    found = observed(load_registry(tmp_path), ["guian"])
    chips = [fact for fact in found if fact.kpi.key == "accelerators"]
    assert [fact.value for fact in chips] == [80_000, 120_000, 150_000], "the oldest first"


def test_a_unit_of_another_kind_is_a_mistake_of_the_file(tmp_path: Path) -> None:
    """A unit that does not fit is reported with the file that would have been written."""
    with pytest.raises(Problems) as caught:
        add(replace(CHIPS, unit="ms"), tmp_path)
    (error,) = caught.value.errors
    assert error.file == str(tmp_path / "guian-accelerators-2024-09-30.yaml")
    assert "accelerators is counted in chips" in error.message


def test_a_year_and_a_scope_are_in_the_name(tmp_path: Path) -> None:
    """`end of 2025` for a group of sites makes a file name of its own."""
    path, text = add(
        replace(CHIPS, kpi="pue", value=1.19, date="end of 2025", scope="huawei", at_least=False),
        tmp_path,
    )
    assert path.name == "guian-pue-huawei-2025.yaml"
    assert yaml.safe_load(text)["sources"]["publication"]["date"] == "2025"
