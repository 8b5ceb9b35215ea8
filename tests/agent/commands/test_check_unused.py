"""What `hubgauge check` says of files that an agent runs without."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.cli import main
from tests.support.certificates import valid_between


def said(folder: Path, text: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines of `check` without the folder; the agent would run with each config."""
    config = folder / "config.yaml"
    config.write_text(f"hub: guian\nsite: s\n{text}")
    assert main(["check", str(config)]) == 0
    out, err = capsys.readouterr()
    lines = err.replace(f"{folder}/", "").splitlines()
    assert ("good; " in out) == (not lines)
    return lines


@pytest.mark.parametrize("name", ["none", "file", "loop"])
def test_a_folder_of_textfiles_that_is_not_there_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """It is missing, a file, or a loop of links; a folder that is there is no line."""
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "folder").mkdir()
    config = "collectors:\n  host:\n    textfile:\n      directory: "
    place = "config.yaml:6: collectors.host.textfile.directory"
    assert said(tmp_path, config + name, capsys) == [f"{place}: no such folder: {name}"]
    assert said(tmp_path, f"{config}folder", capsys) == []


def test_a_certificate_that_is_not_valid_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One's own at once; authorities only where none of the file is valid."""
    year, now = dt.timedelta(days=365), dt.datetime.now(dt.UTC)
    past = valid_between(now - 2 * year, now - year, authority=True)
    future = valid_between(now + year, now + 2 * year)
    present = valid_between(now - year, now + year, authority=True)
    for name, pem in (
        ("past", past),
        ("future", future),
        ("good", present),
        ("some", past + present),
    ):
        (tmp_path / name).write_text(pem)
        (tmp_path / name).chmod(0o600)

    def of(cert: str, authority: str) -> list[str]:
        tls = f"{{cert_file: {cert}, key_file: {cert}}}"
        remote = f"{{url: 'https://127.0.0.1:1', ca_file: {authority}}}"
        return said(tmp_path, f"outputs:\n  http:\n    tls: {tls}\n  influxdb: {remote}\n", capsys)

    assert of("good", "good") == []
    assert of("good", "some") == []
    (own, theirs) = of("past", "past")
    assert own.startswith("config.yaml:5: outputs.http.tls.cert_file: past expired on ")
    assert theirs.startswith("config.yaml:6: outputs.influxdb.ca_file: past expired on ")
    (own,) = of("future", "good")
    assert own.startswith("config.yaml:5: outputs.http.tls.cert_file: future is valid only from ")
