"""Which hubs of the registry an agent knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.loading import load_files, load_hubs, with_collectors
from collectors.strict import Problems


def config(folder: Path, line: str) -> Path:
    """Write a small config with one more line."""
    path = folder / "agent.yaml"
    path.write_text(f"hub: guian\nstate_dir: {folder}\n{line}\n", "utf-8")
    return path


def known(folder: Path, line: str) -> set[str]:
    """Return the hubs that the config's agent knows."""
    return set(with_collectors(*load_files(config(folder, line))).registry().hubs)


def test_named_hubs_are_known_beside_the_agents_own(tmp_path: Path) -> None:
    """The agent's own hub and those above it are always known, the others where they are named."""
    assert known(tmp_path, "hubs: [guian]") == {"guian", "guizhou", "national"}
    assert known(tmp_path, "hubs: [liangya]") == {
        *("guian", "guizhou", "national"),
        *(hub.key for hub in load_hubs(None).lineage("liangya")),
    }
    assert known(tmp_path, "") == set(load_hubs(None).hubs)


def test_an_unknown_name_is_one_line(tmp_path: Path) -> None:
    """A name that no hub has is a mistake at its line."""
    with pytest.raises(Problems) as caught:
        load_files(config(tmp_path, "hubs: [kunmin]"))
    assert [str(one) for one in caught.value.errors] == [
        f"{tmp_path}/agent.yaml:3: hubs[0]: no such hub; did you mean kunming?"
    ]
