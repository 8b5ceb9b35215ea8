"""What `hubgauge check` says of names that nothing else in the config has: the agent runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.cli import main
from tests.agent.commands.test_check import INVENTORY

WEBHOOK = "webhook: {url: 'http://127.0.0.1:1'}"
HASH = "$2b$04$" + "." * 53
"""A bcrypt hash by its form: version, cost, 22 letters of salt and 31 of the hash."""


def said(
    folder: Path, text: str, capsys: pytest.CaptureFixture[str], *words: str, stock: str = INVENTORY
) -> list[str]:
    """Return the lines of `check` without the folder; the agent would run with each config."""
    config = folder / "config.yaml"
    (folder / "inventory.yaml").write_text(stock)
    (folder / "users").write_text(f"anna:{HASH}\nbo:{HASH}\n")
    (folder / "users").chmod(0o600)
    config.write_text(f"hub: guian\nsite: s1\ninventory: inventory.yaml\n{text}")
    assert main(["check", str(config), *words]) == 0
    return capsys.readouterr().err.replace(f"{folder}/", "").splitlines()


def test_a_receiver_of_a_hub_that_is_left_out_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No alerts are made for a hub that `hubs` does not name; those above are always known."""
    one = f"alerting: {{receivers: [{{name: duty, {WEBHOOK}, hubs: [guian, kunming]}}]}}\n"
    known = "guian, guizhou, national"
    where = "config.yaml:4: alerting.receivers[0].hubs[1]"
    assert said(tmp_path, one, capsys) == []
    assert said(tmp_path, f"{one}hubs: [kunming]\n", capsys) == []
    assert said(tmp_path, f"{one}hubs: [guizhou]\n", capsys) == [
        f"{where}: kunming is not among the hubs that `hubs` names; expected one of {known}"
    ]


def test_a_user_of_a_role_who_cannot_log_in_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in a name leaves the user without rights; a proxy may let in others."""
    roles = "    roles:\n      - users: [anna]\n      - users:\n          - bo\n          - ana\n"
    text = f"outputs:\n  http:\n    users_file: users\n{roles}"
    where = "config.yaml:11: outputs.http.roles[1].users[1]"
    assert said(tmp_path, text, capsys) == [
        f"{where}: ana is not in the users_file; did you mean anna?"
    ]
    assert said(tmp_path, text, capsys, "--language", "zh") == [
        f"{where}: ana 不在 users_file 中；是否应为 anna？"
    ]
    assert said(tmp_path, f"{text}    proxy: {{addresses: [10.0.0.9]}}\n", capsys) == []


@pytest.mark.parametrize(
    ("pick", "line"),
    [
        ("metric: dc_pud_*", "keep[0].metric: dc_pud_* fits no metric; did you mean dc_pdu_up?"),
        (
            "labels: {rak: A*}",
            "keep[0].labels.rak: no series has the label rak; did you mean rack?",
        ),
        ("metric: dc_pdu_*, labels: {rack: A*, instance: gw-1, team: x}", ""),
        ("metric: node_memory_numa_Slab", ""),  # its name is the kernel's
        ("metric: hubgauge_http_request_duration_seconds_bucket", ""),
        ("metric: '*_watts'", ""),
    ],
)
def test_a_pick_that_no_series_fits_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pick: str, line: str
) -> None:
    """An output that keeps nothing sends nothing, and says nothing."""
    output = f"influxdb: {{url: 'http://127.0.0.1:1', keep: [{{{pick}}}]}}"
    text = f"static_labels: {{team: x}}\noutputs: {{{output}}}\n"
    wanted = [f"config.yaml:5: outputs.influxdb.{line}"] if line else []
    assert said(tmp_path, text, capsys) == wanted
    if "fits no metric" in line:
        wanted = ["config.yaml:5: outputs.influxdb.keep[0].metric: 没有指标符合 dc_pud_*；"]
        (chinese,) = said(tmp_path, text, capsys, "--language", "zh")
        assert chinese == f"{wanted[0]}是否应为 dc_pdu_up？"
    (tmp_path / "texts").mkdir()
    own = f"{text}collectors: {{host: {{textfile: {{directory: texts}}}}}}\n"
    assert said(tmp_path, own, capsys) == []  # a textfile may have any names


def test_a_site_of_another_gateway_that_is_not_listed_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be another agent's, unless the inventory lists the whole hub."""
    text = "sd:\n  gateways:\n    - {address: 'gw-2:9717', site: s22}\n"
    assert said(tmp_path, text, capsys) == []
    assert said(tmp_path, text, capsys, stock=f"complete: true\n{INVENTORY}") == [
        "config.yaml:6: sd.gateways[0].site: s22 is not in the inventory; did you mean s2?"
    ]


def test_a_folder_of_rules_that_is_not_there_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only `rules build` reads it, which may be run on another machine."""
    assert said(tmp_path, "alerting:\n  rules_dir: rules\n", capsys) == [
        "config.yaml:5: alerting.rules_dir: no such folder: rules"
    ]
    (tmp_path / "rules").mkdir()
    assert said(tmp_path, "alerting:\n  rules_dir: rules\n", capsys) == []


ROWS = """
sites: [{site: s1}]
racks:
  - {rack: A07, site: s1, row: A, feeds: {A: {pdu: A07-A}}}
  - {rack: B01, site: s1, row: B, feeds: {A: {pdu: B01-A}}}
"""


def test_a_row_and_a_linked_unit_that_the_inventory_does_not_have_are_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row by itself, one that is not its rack's, and a chained PDU of another name or rack."""
    device = "      - {address: '127.0.0.1', profile: rfc1628-ups, "
    snmp = "collectors:\n  snmp:\n    devices:\n"

    def told(text: str) -> list[str]:
        return said(tmp_path, text, capsys, stock=ROWS)

    where = "config.yaml:7: collectors.snmp.devices[0]"
    assert told(f"{snmp}{device}ups: u1, row: A}}\n") == []
    assert told(f"{snmp}{device}ups: u1, row: C1}}\n") == [
        f"{where}.row: C1 is not in the inventory; expected one of A, B"
    ]
    assert told(f"{snmp}{device}pdu: A07-A, rack: A07, row: B}}\n") == [
        f"{where}.row: A07 is row A in the inventory, not B"
    ]
    assert told("row: C1\n") == [
        "config.yaml:4: row: C1 is not in the inventory; expected one of A, B"
    ]
    linked = f"{snmp}{device}pdu: A07-A, rack: A07, linked: {{2: {{%s}}}}}}\n"
    assert told(linked % "name: B01-A, rack: B01") == []
    assert told(linked % "name: B01A, rack: B01") == [
        f"{where}.linked.2.pdu: B01A is not in the inventory; did you mean B01-A?"
    ]
    assert told(linked % "name: B01-A, rack: B1") == [
        f"{where}.linked.2.rack: B1 is not in the inventory; did you mean B01?",
        f"{where}.linked.2.rack: B01-A is rack B01 in the inventory, not B1",
    ]
