"""A third language takes no code: a folder of messages, and texts in hub files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from agent.hubs import text, units
from agent.hubs.loader import load_registry
from agent.hubs.text import Text
from agent.messages import catalogue
from agent.targets import wording
from agent.targets.judge import evaluate
from agent.targets.model import Evidence
from collectors.strict import Problems

NOW = 1_795_000_000.0
GOOD = (Path(__file__).parents[1] / "hubs" / "cases" / "good.yaml").read_text("utf-8")
GERMAN = {
    "target.why.kept": "{value} am {date}: eingehalten.",
    "target.at_least": "mindestens {value}",
    "target.whole_hub": "der ganze Standort",
}


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue with German, most of it still English, in the packaged one's place."""
    root = tmp_path / "messages"
    root.mkdir()
    for key in ("en", "zh"):
        (root / key).symlink_to(catalogue.ROOT / key)
    made = root / "de"
    made.mkdir()
    for path in (catalogue.ROOT / "en").glob("*.yaml"):
        found = yaml.safe_load(path.read_text("utf-8"))
        found |= {key: said for key, said in GERMAN.items() if key in found}
        if path.name == "language.yaml":
            found |= {"name": "Deutsch", "html": "de"}
        (made / path.name).write_text(yaml.safe_dump(found, allow_unicode=True), "utf-8")
    for module in (text, units, wording):
        monkeypatch.setattr(module, "words", lambda key: catalogue.words(key, root))
    monkeypatch.setattr(text, "languages", lambda: catalogue.languages(root))
    return root


@pytest.mark.usefixtures("german")
def test_verdicts_are_said_in_it() -> None:
    """A verdict, its value and a scope's name are said in the new language beside the others."""
    hub = load_registry().hubs["kunming"]
    fact = next(fact for fact in hub.facts if fact.id == "kunming-racks")
    seen = Evidence(value=27_600.0, time=NOW, at_least=True)
    verdict = evaluate(fact, [seen], NOW)
    assert wording.value_text(fact, verdict, "de") == "mindestens 27 600 racks"
    assert wording.explain(fact, verdict)["de"].endswith("eingehalten.")
    assert wording.explain(fact, verdict)["zh"].endswith("符合要求。")
    assert fact.kpi.name["de"] == "racks in service", "what a hub file lacks is told in English"


@pytest.mark.usefixtures("german")
def test_a_hub_file_may_have_texts_in_it(tmp_path: Path) -> None:
    """A hub file gives a text in any language of the catalogue, English and Chinese always."""
    own = GOOD.replace("name: {en: North campus,", "name: {de: Nordgelände, en: North campus,")
    folder = tmp_path / "hubs"
    folder.mkdir()
    (folder / "north.yaml").write_text(own, "utf-8")
    name = load_registry(folder).hubs["north"].name
    assert [*name.items()] == [("en", "North campus"), ("zh", "北园区"), ("de", "Nordgelände")]


def test_a_language_that_nobody_knows_is_a_mistake(tmp_path: Path) -> None:
    """A text under a key that is no language of the catalogue is told with its line."""
    (tmp_path / "north.yaml").write_text(GOOD.replace("{en: North", "{hz: x, en: North"), "utf-8")
    with pytest.raises(Problems) as caught:
        load_registry(tmp_path)
    assert [error.message for error in caught.value.errors] == ["unknown key; did you mean zh?"]


def test_no_text_is_empty() -> None:
    """A text of spaces is refused in every language."""
    with pytest.raises(ValueError, match="de: must not be empty"):
        Text(en="a", zh="甲", others={"de": " "})
