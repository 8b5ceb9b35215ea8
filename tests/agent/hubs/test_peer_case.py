"""A peer is the same in upper and lower case, as host names are (RFC 4343)."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent import config as config_module
from agent.cli import main
from agent.hubs.loader import load_registry
from collectors.strict import Problems

HUB = """\
key: acme
name: ACME
timezone: Europe/Paris
peers: {berlin: {en: Berlin, zh: 柏林}, ixp: {en: the exchange, zh: 交换中心}}
facts:
  - {kpi: round_trip, labels: {peer: BERLIN}, op: "<=", value: 20, unit: ms}
"""


@pytest.fixture
def hubs(tmp_path: Path) -> Path:
    """A folder with the file of one hub, which has names for two peers."""
    folder = tmp_path / "hubs"
    folder.mkdir()
    (folder / "acme.yaml").write_text(HUB, "utf-8")
    return folder


def test_a_target_and_a_link_have_the_peers_name(hubs: Path) -> None:
    """A target of BERLIN, and a link of Berlin, are called what the file calls berlin."""
    registry = load_registry(hubs)
    assert registry.kpis["round_trip_berlin"].name["zh"] == "至柏林往返时延"
    assert registry.peer_name("Berlin")["zh"] == "柏林"
    assert registry.peer_name("Bern")["zh"] == "Bern"


def test_one_peer_in_two_cases_is_refused(hubs: Path) -> None:
    """Two names for one peer are a mistake, in one file or in two."""
    other = hubs / "more.yaml"
    other.write_text("extends: acme\npeers: {Berlin: Berlin}\n", "utf-8")
    with pytest.raises(Problems) as caught:
        load_registry(hubs)
    assert str(caught.value) == (
        f"{other}:2: peers.Berlin: Berlin is 'berlin' already, but for upper and lower case"
    )


def test_two_links_in_two_cases_are_refused(tmp_path: Path) -> None:
    """Both would be the peer of one target, and nobody could tell which."""
    path = tmp_path / "config.yaml"
    peers = "[{peer: berlin, address: b}, {peer: Berlin, address: c}]"
    path.write_text(f"hub: guian\ncollectors: {{links: {{peers: {peers}}}}}\n", "utf-8")
    config = config_module.load(path)
    with pytest.raises(Problems, match="'Berlin' is given twice"):
        config.build_collectors(config.context({}))


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Berlin is berlin in the hubs' files; they name "),
        ("zh", "Berlin 在枢纽文件中写作 berlin；其中的名称有："),
    ],
)
def test_check_tells_a_link_in_another_case(
    tmp_path: Path, hubs: Path, capsys: pytest.CaptureFixture[str], language: str, told: str
) -> None:
    """It names the line, and which names there are; a peer that no file names is none of them."""
    path = tmp_path / "config.yaml"
    path.write_text(
        f"hub: acme\nsite: s1\nhubs_dir: {hubs}\nhubs: [acme]\ncollectors:\n  links:\n    peers:\n"
        "      - {peer: ixp, address: 127.0.0.2}\n"
        "      - {peer: Berlin, address: 127.0.0.1}\n"
        "      - {peer: Bern, address: 127.0.0.3}\n",
        "utf-8",
    )
    assert main(["check", str(path), "--language", language]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    where, said = line.split(told)
    assert where == f"{path}:9: collectors.links.peers[1].peer: "
    assert {"berlin", "ixp"} <= set(said.split(", "))
