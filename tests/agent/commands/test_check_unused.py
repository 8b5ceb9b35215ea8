"""What `hubgauge check` says of files that an agent runs without."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.cli import main
from tests.support.certificates import valid_between

INVENTORY = "sites: [{site: s}]\nracks: [{rack: A1, site: s}]\n"


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


def test_a_file_of_tenants_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No mapping, and a rack that nobody has: the file's own line says so."""
    (tmp_path / "inventory.yaml").write_text(INVENTORY)
    tenants, config = (
        tmp_path / "tenants.yaml",
        "inventory: inventory.yaml\ntenants: tenants.yaml\n",
    )
    tenants.write_text("garbage\n")
    (line,) = said(tmp_path, config, capsys)
    assert line.startswith("tenants.yaml:1: expected a mapping")
    tenants.write_text("tenants:\n- tenant: t\n  site: s\n  racks: [A2]\n")
    (line,) = said(tmp_path, config, capsys)
    assert line.startswith("tenants.yaml:4: tenants[0].racks: A2 is not in the inventory")
    tenants.write_text("tenants:\n- tenant: t\n  site: s\n  racks: [A1]\n")
    assert said(tmp_path, config, capsys) == []


def test_tenants_without_an_inventory_are_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing says which racks there are, so nobody's can be told."""
    (tmp_path / "tenants.yaml").write_text("tenants: []\n")
    (line,) = said(tmp_path, "tenants: tenants.yaml\n", capsys)
    assert line.startswith("config.yaml:3: tenants: needs an inventory")


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
