"""What `hubgauge check` says of a file of tenants that no statement can be made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main

INVENTORY = "sites: [{site: s}]\nracks: [{rack: A1, site: s}]\n"
NAMED = "inventory: inventory.yaml\ntenants: tenants.yaml\n"
GOOD = "tenants:\n- tenant: t\n  site: s\n  racks: [A1]\n"


def write(folder: Path, **texts: str) -> None:
    """Write files of these names, `.yaml`."""
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")


def said(folder: Path, capsys: pytest.CaptureFixture[str], more: str = NAMED) -> list[str]:
    """Return the lines of `check` without the folder: where there are any, its status is 2."""
    config = folder / "config.yaml"
    config.write_text(f"hub: guian\nsite: s\n{more}", "utf-8")
    status = main(["check", str(config)])
    out, err = capsys.readouterr()
    lines = err.replace(f"{folder}/", "").splitlines()
    assert status == (2 if lines else 0)
    assert ("good; " in out) == (not lines)
    return lines


def test_a_file_of_tenants_is_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No mapping, and a rack that nobody has: the file's own line says so, and it is a mistake."""
    write(tmp_path, inventory=INVENTORY, tenants="garbage\n")
    (line,) = said(tmp_path, capsys)
    assert line.startswith("tenants.yaml:1: expected a mapping")
    write(tmp_path, tenants=GOOD.replace("A1", "A2"))
    (line,) = said(tmp_path, capsys)
    assert line.startswith("tenants.yaml:4: tenants[0].racks: A2 is not in the inventory")
    write(tmp_path, tenants=GOOD)
    assert said(tmp_path, capsys) == []


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither the file of tenants, nor the hours of carbon that it names."""
    write(tmp_path, inventory=INVENTORY)
    (line,) = said(tmp_path, capsys)
    assert line.startswith("config.yaml:4: tenants: ")
    write(tmp_path, tenants=f"{GOOD}carbon: {{hours_file: hours.csv}}\n")
    (line,) = said(tmp_path, capsys)
    assert line.startswith("hours.csv: cannot be read")


def test_tenants_without_an_inventory_are_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing says which racks there are, so nobody's can be told."""
    write(tmp_path, tenants="tenants: []\n")
    (line,) = said(tmp_path, capsys, "tenants: tenants.yaml\n")
    assert line.startswith("config.yaml:3: tenants: needs an inventory")


def test_all_mistakes_are_told_in_one_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of the config, of the inventory and of the tenants: nobody runs it three times."""
    write(
        tmp_path,
        inventory=f"{INVENTORY}colour: red\n",
        tenants=GOOD.replace("site: s", "seite: s"),
    )
    lines = said(tmp_path, capsys, f"{NAMED}colour: red\n")
    assert [line.partition(": ")[0] for line in lines] == [
        "config.yaml:5",
        "inventory.yaml:3",
        "tenants.yaml:2",
        "tenants.yaml:3",
    ]
    # Beside another mistake of the config, the names of a good inventory are looked up.
    write(tmp_path, inventory=INVENTORY, tenants=GOOD.replace("A1", "A2"))
    lines = said(tmp_path, capsys, f"{NAMED}colour: red\n")
    assert [line.partition(": ")[0] for line in lines] == ["config.yaml:5", "tenants.yaml:4"]
    # Where the inventory alone is wrong, its mistake is told once.
    write(tmp_path, inventory=f"{INVENTORY}colour: red\n", tenants=GOOD)
    (line,) = said(tmp_path, capsys)
    assert line.startswith("inventory.yaml:3: colour: unknown key")


def test_a_shard_has_not_all_racks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tenant's rack may be another gateway's: a shard's part of the inventory proves nothing."""
    racks = "".join(
        f"  - {{rack: R{n}, site: s, feeds: {{A: {{pdu: R{n}-A}}}}}}\n" for n in range(9)
    )
    write(
        tmp_path,
        inventory=f"sites: [{{site: s}}]\nracks:\n{racks}",
        tenants=(
            f"tenants: [{{tenant: t, site: s, racks: [{','.join(f'R{n}' for n in range(9))}]}}]"
        ),
    )
    assert said(tmp_path, capsys, f"{NAMED}shard: 1/4\n") == []
    write(tmp_path, tenants="tenants: [{tenant: t, site: s, racks: [R1, R1]}]")
    (line,) = said(tmp_path, capsys, f"{NAMED}shard: 1/4\n")
    assert "has R1 twice" in line
