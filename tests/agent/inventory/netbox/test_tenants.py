"""A file of tenants beside NetBox: its names are judged once NetBox has answered."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.inventory.netbox.data import example
from tests.agent.inventory.netbox.reading import Write, read
from tests.agent.inventory.netbox.server import served

EXTRA = "sites: [{site: own}]\nracks: [{rack: R1, site: own, feeds: {A: {pdu: R1-A}}}]\n"
TENANTS = """tenants:
- {tenant: a, site: one, racks: [A01]}
- {tenant: b, site: one, outlets: {A02-A: ["1"]}}
- {tenant: c, site: own, racks: [R1]}
"""


@pytest.mark.parametrize("extra", ["", EXTRA])
@pytest.mark.parametrize("wrong", ["", "colour: red\n"])
def test_before_the_first_answer_no_name_is_judged(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str], extra: str, wrong: str
) -> None:
    """Nothing is known of NetBox yet, also where a file beside it lists a site of its own.

    What the file of tenants says by itself is told all the same.
    """
    (tmp_path / "extra.yaml").write_text(extra or "sites: []\n")
    (tmp_path / "tenants.yaml").write_text(TENANTS)
    more = f"tenants: tenants.yaml\n{wrong}"
    path = write("https://netbox.invalid", file="extra.yaml" if extra else "", more=more)
    assert main(["check", str(path)]) == (2 if wrong else 0)
    assert "tenants.yaml" not in capsys.readouterr().err
    (tmp_path / "tenants.yaml").write_text(TENANTS.replace("[A01]", "[A01, A01]"))
    assert main(["check", str(path)]) == 2
    assert "tenants.yaml:2: tenants[0].racks: a has A01 twice" in capsys.readouterr().err


def test_a_name_that_netbox_lacks_is_a_mistake(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """From the first answer on a name that NetBox does not list is told."""
    (tmp_path / "tenants.yaml").write_text("tenants: [{tenant: a, site: one, racks: [Z9]}]\n")
    with served(example("v4")) as netbox:
        path = write(netbox.url, more="tenants: tenants.yaml\n")
        read(path)
    assert main(["check", str(path)]) == 2
    assert "tenants[0].racks: Z9 is not in the inventory" in capsys.readouterr().err


def test_names_are_not_judged_before_netbox_was_read(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says that they are not known, in both languages; afterwards a wrong one is named."""
    with served(example("v4")) as netbox:
        path = write(
            netbox.url, more="rack: Z9\nlimits: {sites: {nowhere: {inlet_recommended: 24}}}\n"
        )
        for language, said in (
            ("en", "NetBox was not read yet: names of sites, racks and PDUs are not known"),
            ("zh", "尚未读取 NetBox：站点、机柜和 PDU 的名称未知"),
        ):
            assert main(["check", str(path), "--language", language]) == 0
            assert capsys.readouterr().err == f"{path}:3: inventory: {said}\n"
        read(path)
    assert main(["check", str(path)]) == 0
    told = capsys.readouterr().err
    assert "rack: Z9 is not in the inventory" in told
    assert "limits.sites.nowhere: nowhere is not in the inventory" in told
