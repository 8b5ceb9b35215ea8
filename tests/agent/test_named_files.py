"""Files that a config names and that cannot be looked at: one line of the config each."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.loading import load_all
from collectors.strict import Problems


def load(folder: Path, path: str) -> None:
    """Load a config with a secret at this path."""
    file = folder / "config.yaml"
    url = "http://127.0.0.1:1"
    file.write_text(
        f"hub: guian\nsite: s\noutputs:\n  influxdb: {{url: '{url}', token_file: '{path}'}}\n"
    )
    load_all(file)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("9" * 400, "cannot be read .File name too long.: "),
        ("a/" * 3000, "cannot be read .File name too long.: "),
        ("loop/secret", "cannot be read .Too many levels of symbolic links.: "),
        ("secret/below", "no such file: "),
        ("missing", "no such file: "),
        ("~no-user-of-this-name/secret", "expected a path"),
    ],
)
def test_a_path_that_leads_nowhere_is_one_line(tmp_path: Path, path: str, said: str) -> None:
    """Whatever the kernel says of a path, it stands at the key's line, without a traceback."""
    (tmp_path / "secret").write_text("made-up\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(Problems, match=rf"config\.yaml:4: outputs\.influxdb\.token_file: .*{said}"):
        load(tmp_path, path)


def test_a_file_that_is_there_is_taken(tmp_path: Path) -> None:
    """A secret that only its owner may read is no problem."""
    (tmp_path / "secret").write_text("made-up\n")
    (tmp_path / "secret").chmod(0o600)
    load(tmp_path, "secret")
