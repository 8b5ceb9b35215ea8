"""Files that a config names and that cannot be looked at: one line of the config each."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from agent.loading import load_all
from collectors.base import ConfigError
from collectors.facility.profile import paths
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


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EACCES, "cannot be read .Permission denied.: "),
        (errno.EIO, "cannot be read .Input/output error.: "),
        (errno.ESTALE, "cannot be read .Stale file handle.: "),
        (errno.ENOENT, "no such folder: "),
    ],
)
def test_a_folder_of_profiles_that_cannot_be_read_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    """It is not taken for an empty one, whose profiles are then unknown."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    listed = os.listdir

    def listdir(path: str | Path) -> list[str]:
        if Path(path) == folder:
            raise OSError(number, os.strerror(number), str(path))
        return listed(path)

    monkeypatch.setattr("os.listdir", listdir)
    with pytest.raises(ConfigError, match=said) as caught:
        paths(folder)
    assert caught.value.key == "profiles_dir"
    with_devices(tmp_path, "profiles")
    with pytest.raises(Problems, match=rf"config\.yaml:\d+: collectors\.modbus.*{said}"):
        load_all(tmp_path / "config.yaml")


@pytest.mark.parametrize("name", ["9" * 400, "loop/profiles", "secret", "secret/below", "none"])
def test_a_path_that_is_no_folder_of_profiles_is_one_line(tmp_path: Path, name: str) -> None:
    """A name too long, a loop of links, a file, what is below a file, nothing."""
    (tmp_path / "secret").write_text("x\n")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with_devices(tmp_path, name)
    with pytest.raises(
        Problems, match=r"config\.yaml:\d+: collectors\.modbus.*profiles_dir"
    ) as all_:
        load_all(tmp_path / "config.yaml")
    assert len(all_.value.errors) == 1


@pytest.mark.parametrize("key", ["hubs_dir", "state_dir"])
def test_a_file_in_a_folders_place_is_one_line(tmp_path: Path, key: str) -> None:
    """The key's line says so, before a run looks into it; a folder is taken."""
    config = tmp_path / "config.yaml"
    config.write_text(f"hub: guian\nsite: s\n{key}: place\n")
    (tmp_path / "place").touch()
    with pytest.raises(Problems, match=rf"config\.yaml:3: {key}: .*folder") as found:
        load_all(config)
    assert len(found.value.errors) == 1
    (tmp_path / "place").unlink()
    (tmp_path / "place").mkdir()
    load_all(config)


def with_devices(folder: Path, profiles: str) -> None:
    """Write a config whose devices need a profile of the operator's own."""
    (folder / "config.yaml").write_text(
        f"hub: guian\nsite: s\ncollectors:\n  modbus:\n    profiles_dir: '{profiles}'\n"
        "    devices: [{address: '127.0.0.1:502', unit:"
        " 1, profile: own, meter: m, point: utility}]\n"
    )


def test_a_file_that_is_there_is_taken(tmp_path: Path) -> None:
    """A secret that only its owner may read is no problem."""
    (tmp_path / "secret").write_text("made-up\n")
    (tmp_path / "secret").chmod(0o600)
    load(tmp_path, "secret")


@pytest.mark.parametrize("kind", ["pipe", "letters"])
def test_a_token_that_run_could_not_send_is_refused_before(tmp_path: Path, kind: str) -> None:
    """A pipe nobody writes to and letters that a header cannot hold; neither waits nor quotes."""
    if kind == "pipe":
        os.mkfifo(tmp_path / "secret", 0o600)
    else:
        (tmp_path / "secret").write_text("t\u00f6ken\n", "utf-8")
        (tmp_path / "secret").chmod(0o600)
    said = r"config\.yaml:4: outputs\.influxdb\.token_file: .*(regular file|ASCII)"
    with pytest.raises(Problems, match=said) as refused:
        load(tmp_path, "secret")
    assert "\u00f6" not in str(refused.value)
