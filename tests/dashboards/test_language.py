"""The words of dashboards and alerts, in every language."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

from dashboards import language
from dashboards.language import LANGUAGES, SOURCE, Text, catalogue
from tests.support import ROOT

OTHERS = [one for one in LANGUAGES if one != SOURCE]
# Only what a hub's file says, or marks and digits: there is nothing to translate.
BARE = {"**{value}** {kpi}", "{sign}{figure}", "{name}", "{kpi}{scope}", "{mark} {state}"}


def texts() -> dict[str, str]:
    """Return every text in the code by its key, with the file it stands in."""
    found = {}
    for file in sorted((ROOT / "dashboards").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Text":
                source = node.args[0]
                assert isinstance(source, ast.Constant), f"{file}:{node.lineno}: not a plain text"
                context = next(
                    (word.value for word in node.keywords if word.arg == "context"), None
                )
                said = ast.literal_eval(context) if context is not None else ""
                found[Text(source.value, context=said).key] = f"{file.name}:{node.lineno}"
    return found


@pytest.mark.parametrize("other", OTHERS)
def test_a_language_has_every_text_and_no_other(other: str) -> None:
    """A text that lacks its translation, and one that nothing uses, are both named."""
    wanted = {key: where for key, where in texts().items() if key not in BARE}
    has = catalogue(other)
    assert {key: where for key, where in wanted.items() if key not in has} == {}
    assert sorted(set(has) - set(wanted)) == []


@pytest.mark.parametrize("other", OTHERS)
def test_a_translation_has_the_same_places_to_fill(other: str) -> None:
    """What is filled in by name is filled in by the same names in every language."""

    def places(text: str) -> set[str]:
        # Alerts have Prometheus's own templates, which str.format never sees.
        return (
            set() if "{{" in text else {name for _, name, _, _ in Formatter().parse(text) if name}
        )

    different = [key for key, text in catalogue(other).items() if places(key) != places(text)]
    assert different == []


def test_a_further_language_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the folder is a language; what it lacks is said in English."""
    (tmp_path / "de.yaml").write_text('"no data": "keine Daten"\n"Load, {minutes} min": "Last"\n')
    assert language.languages(tmp_path) == ("en", "de")
    monkeypatch.setattr(language, "catalogue", lambda one: catalogue(one, tmp_path))
    assert language.NO_DATA.of("de") == "keine Daten"
    assert Text("Load, {minutes} min", {"minutes": "5"}).of("de") == "Last"
    assert Text("Power", context="drawn").of("de") == "Power"
