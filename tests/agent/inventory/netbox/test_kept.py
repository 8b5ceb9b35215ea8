"""The kept answer, the file beside NetBox, and the section of the config."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from agent import config as config_module
from agent.cli import main
from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import InventorySource
from agent.inventory.netbox.kept import KeptAnswer
from agent.inventory.netbox.source import refresh
from agent.loading import inventory_of, load_all
from collectors.base import BadReply
from collectors.strict import Problems
from tests.agent.inventory.netbox.data import example
from tests.agent.inventory.netbox.reading import Write, read
from tests.agent.inventory.netbox.server import served


def test_a_lost_permission_empties_nothing(write: Write) -> None:
    """A token that may not see racks any more gets an empty list; what was known stays."""
    with served(example("v4")) as netbox:
        path = write(netbox.url)
        read(path)
        netbox.hidden = {"racks", "devices"}
        with pytest.raises(BadReply, match="may the token still see them"):
            read(path)
        found = inventory_of(config_module.load(path))
        assert found is not None
        assert len(found.racks) == 5


def test_what_is_kept_is_what_was_read(write: Write) -> None:
    """The kept answer equals the one read, is private, and is not used for other settings."""
    with served(example("v4")) as netbox:
        path = write(netbox.url)
        config = config_module.load(path)
        source = config.file.inventory
        assert isinstance(source, InventorySource)
        found = refresh(
            source.netbox, config.file.hub, config.file.state_dir, Client(source.netbox)
        )
        kept = KeptAnswer(config.file.state_dir, source.netbox, "guian")
        assert kept.load() == found
        assert kept.path.stat().st_mode & 0o077 == 0
        assert KeptAnswer(config.file.state_dir, source.netbox, "other").load() is None
        for change in (
            {"url": "https://netbox.invalid"},
            {"sites": ("one",)},
            {"tenants": ("cloud",)},
            {"tags": ("huawei",)},
            {"node_roles": ("node",)},
            {"pdu_roles": ("strip",)},
            {"rated_power_field": "watts"},
            {"panel_amperes_field": "amperes"},
        ):
            other = dataclasses.replace(source.netbox, **change)
            assert KeptAnswer(config.file.state_dir, other, "guian").load() is None, change


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"version": 1}', b"\xff\xfe"])
def test_a_damaged_file_is_read_anew(damage: bytes, write: Write) -> None:
    """A kept answer that is damaged is no answer; the agent starts with none."""
    path = write("http://127.0.0.1:1")
    (path.parent / "state" / "netbox.json").write_bytes(damage)
    found = inventory_of(config_module.load(path))
    assert found is not None
    assert (found.racks, found.read_at) == ({}, None)


def test_a_file_adds_to_netbox(write: Write, tmp_path: Path) -> None:
    """A file beside NetBox adds meters and scopes; it wins, and its mistakes have a line."""
    extra = tmp_path / "extra.yaml"
    extra.write_text(
        "sites: [{site: one, scopes: [telecom], timezone: Asia/Shanghai}]\n"
        "racks: [{rack: A04, site: one, state: in_service, feeds: {A: {pdu: new-pdu}}}]\n"
        "meters:\n  - {meter: main, site: one, point: utility}\n"
        "  - {meter: A01-A, accuracy_class: 1}\n"
    )
    with served(example("v4")) as netbox:
        path = write(netbox.url, file="extra.yaml")
        stock = read(path)
    assert (stock.sites["one"].scopes, stock.sites["two"].state) == (
        ("telecom",),
        "under_construction",
    )
    assert (stock.racks["A04"].state, stock.racks["A01"].height_units) == ("in_service", 42)
    assert stock.meters["one", "A01-A"].point == "pdu_output"
    extra.write_text("meters: [{meter: main, site: onne, point: utility}]\n")
    with pytest.raises(
        Problems, match=r"extra\.yaml:1: meters\[0\]\.site: unknown site 'onne'; did you mean one"
    ):
        inventory_of(config_module.load(path))
    extra.write_text("racks: [{rack: X, site: one, feeds: {A: {pdu: A01-A}}}]\n")
    with pytest.raises(Problems, match="A01-A already feeds rack A01 feed A"):
        inventory_of(config_module.load(path))


def test_a_file_may_state_a_rack_of_netbox_anew(write: Write, tmp_path: Path) -> None:
    """The file's rack takes the place of NetBox's, with the same PDUs and devices in it."""
    (tmp_path / "extra.yaml").write_text(
        "racks: [{rack: A01, site: one, feeds: {B: {pdu: A01-A}}, devices: [{node: n1}]}]\n"
    )
    with served(example("v4")) as netbox:
        stock = read(write(netbox.url, file="extra.yaml"))
    assert [device.node for device in stock.racks["A01"].devices or ()] == ["n1"]
    assert stock.pdus["A01-A"].feed == "B"


def test_check_needs_no_netbox(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """`hubgauge check` judges the section and asks nobody."""
    assert main(["check", str(write("https://netbox.invalid"))]) == 0
    assert "0 racks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            ("https://netbox.invalid", "http://netbox.invalid"),
            "3: inventory.netbox.url: expected https://",
        ),
        (
            ("https://netbox.invalid", "netbox.invalid"),
            "3: inventory.netbox.url: expected https://",
        ),
        (
            ("token_file: token", "token_file: nowhere"),
            "3: inventory.netbox.token_file: no such file",
        ),
        (
            ("token_file: token", "token: abc"),
            "inventory.netbox.token: unknown key; did you mean token_file",
        ),
        (
            ("page_size: 3", "page_size: 0"),
            "inventory.netbox.page_size: expected a whole number of at least 1",
        ),
        (("page_size: 3", "refresh: soon"), "inventory.netbox.refresh: expected a duration"),
    ],
)
def test_mistakes_in_the_section(change: tuple[str, str], words: str, write: Write) -> None:
    """A wrong section is one line with file, line and key."""
    path = write("https://netbox.invalid")
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(Problems) as caught:
        load_all(path)
    assert words in str(caught.value)


def test_a_token_all_may_read_is_refused(write: Write) -> None:
    """The token's file must not be readable by all."""
    path = write("https://netbox.invalid")
    (path.parent / "token").chmod(0o644)
    with pytest.raises(Problems, match="readable by all"):
        load_all(path)
