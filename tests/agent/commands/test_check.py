"""What `hubgauge check` finds before the agent runs: what is not installed, and slips in names."""

from __future__ import annotations

import builtins
import importlib
from pathlib import Path
from typing import Any

import pytest

from agent.cli import main

INVENTORY = """
sites: [{site: s1}, {site: s2}]
racks:
  - {rack: A07, site: s1, feeds: {A: {pdu: A07-A}, B: {pdu: A07-B}}}
  - {rack: A08, site: s1, feeds: {A: {pdu: A08-A}}}
meters: [{meter: main-1, site: s1, point: utility}, {meter: main-2, site: s2, point: utility}]
"""


def write(folder: Path, text: str) -> Path:
    """Write a config with an inventory, and the secrets that tests name."""
    (folder / "inventory.yaml").write_text(INVENTORY)
    for name in ("community", "users", "token", "password"):
        (folder / name).write_text("a-secret-of-enough-length\n")
        (folder / name).chmod(0o600)
    path = folder / "config.yaml"
    path.write_text(f"hub: guian\nsite: s1\ninventory: inventory.yaml\n{text}")
    return path


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Packages that cannot be imported, by the first part of their names."""
    names: set[str] = set()
    real = builtins.__import__

    def imported(name: str, *args: Any, **more: Any) -> Any:
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", imported)

    real_module = importlib.import_module

    def module(name: str, package: str | None = None) -> Any:
        if name.partition(".")[0] in names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real_module(name, package)

    monkeypatch.setattr("importlib.import_module", module)
    return names


def test_an_unknown_hub_is_told_beside_an_unknown_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run shows all mistakes, each once; those of a folder of hubs as well."""

    def told(text: str) -> list[str]:
        path = tmp_path / "config.yaml"
        path.write_text(text)
        assert main(["check", str(path)]) == 2
        said = capsys.readouterr().err.replace(f"{tmp_path}/", "").splitlines()
        return [": ".join(line.split(": ")[:3]).partition(";")[0] for line in said]

    key, hub = "config.yaml:2: sit: unknown key", "config.yaml:1: hub: not in the registry"
    assert told("hub: guin\nsit: s1\n") == [hub, key]
    named = "config.yaml:3: hubs[0]: no such hub"
    assert told("hub: guin\nsit: s1\nhubs: [kunmin]\n") == [hub, key, named]
    assert told("hub: [a]\nsit: s1\n") == [
        "config.yaml:1: hub: expected a text",
        key,
    ]
    assert told("hub: guin\nhubs_dir: hubs\noutputs: {nope: {}}\n") == [
        "config.yaml:2: hubs_dir: no such file",
        "config.yaml:3: outputs.nope: unknown key",
    ]
    # A folder that is not there is told beside a key that is wrong anywhere, and so are files.
    missing = "hubs_dir: hubs\ninventory: here.yaml\ntenants: hubs\n"
    assert told(f"hub: guian\nsit: s1\n{missing}") == [
        key,
        *(
            f"config.yaml:{n}: {one}: no such file"
            for n, one in ((3, "hubs_dir"), (4, "inventory"))
        ),
        "config.yaml:5: tenants: no such file",
    ]
    assert told("hub: guian\nsit: s1\nhubs_dir: [a]\n") == [
        key,
        "config.yaml:3: hubs_dir: expected a path",
    ]
    (tmp_path / "hubs").mkdir()
    assert told("hub: guin\nsit: s1\nhubs_dir: hubs\n") == [hub, key]
    (tmp_path / "hubs" / "x.yaml").write_text("extends: guiam\n")
    assert told("hub: guian\nsit: s1\nhubs_dir: hubs\n") == [
        key,
        "hubs/x.yaml:1: extends: no such hub",
    ]


def test_a_hub_of_a_receiver_that_does_not_exist_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its alerts would go to nobody; file, line, key and what was meant are in the line."""
    path = tmp_path / "config.yaml"

    def told(receivers: str, hub: str = "guian", command: str = "check") -> list[str]:
        path.write_text(
            f"hub: {hub}\nsite: s1\nstate_dir: state\nalerting:\n  receivers:\n"
            f"    - {{name: first, webhook: {{url: 'http://127.0.0.1:1'}}}}\n{receivers}"
        )
        words = {"check": ["check"], "rules": ["rules", "build", "--out", str(tmp_path / "out")]}
        status = main([*words[command], "--config", str(path)])
        said = capsys.readouterr().err.replace(f"{tmp_path}/", "").splitlines()
        assert status == (2 if any(": no such hub" in line for line in said) else 0)
        return said

    second = "    - name: duty\n      webhook: {url: 'http://127.0.0.1:1'}\n      hubs:\n"
    here = "config.yaml:11: alerting.receivers[1].hubs[1]: no such hub"
    near = f"{second}        - kunming\n        - kunmin\n"
    assert told(near) == [f"{here}; did you mean kunming?"]
    assert told(near, command="rules") == [f"{here}; did you mean kunming?"]
    listed = "guian, guizhou, kunming, liangya, national"
    assert told(f"{second}        - kunming\n        - xyz\n") == [
        f"{here}; expected one of {listed}"
    ]
    assert told(f"{second}        - kunming\n") == []
    # Beside another mistake it is told as well, and each once.
    path.write_text("hub: xyz\nhubs: [abc]\nstate_dir: state\n")
    assert main(["check", str(path)]) == 2
    assert capsys.readouterr().err.replace(f"{tmp_path}/", "").splitlines() == [
        f"config.yaml:1: hub: not in the registry; expected one of {listed}",
        f"config.yaml:2: hubs[0]: no such hub; expected one of {listed}",
    ]
    hub, receiver = told(near, hub="guin")
    assert hub.startswith("config.yaml:1: hub: not in the registry")
    assert receiver == f"{here}; did you mean kunming?"
    path.write_text(path.read_text() + "sit: s1\n")
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert said.count("no such hub") == 1
    assert "config.yaml:12: sit: unknown key" in said


DEVICE = "{address: '127.0.0.1', pdu: A07-A, rack: A07, feed: A, profile: rfc1628-ups}"


@pytest.mark.parametrize(
    ("package", "text", "extra", "line"),
    [
        ("influxdb_client", "outputs:\n  influxdb: {url: 'http://127.0.0.1:1'}\n", "push", 5),
        ("urllib3", "outputs:\n  influxdb: {url: 'http://127.0.0.1:1'}\n", "push", 5),
        ("bcrypt", "outputs:\n  http:\n    users_file: users\n", "auth", 6),
        (
            "gufo",
            f"collectors:\n  snmp: {{community_file: community, devices: [{DEVICE}]}}\n",
            "gateway",
            5,
        ),
        ("aiohttp", "collectors:\n  redfish: {devices: []}\n", "gateway", 5),
        ("bacpypes3", "collectors:\n  bacnet: {devices: []}\n", "bacnet", 5),
    ],
)
def test_a_package_that_is_not_installed_is_named_with_its_extra(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    absent: set[str],
    package: str,
    text: str,
    extra: str,
    line: int,
) -> None:
    """One line with file, line and how it is installed; with the package there is none."""
    path = write(tmp_path, text)
    main(["check", str(path)])
    assert "pip install" not in capsys.readouterr().err
    absent.add(package)
    assert main(["check", str(path)]) == 2
    error = capsys.readouterr().err
    assert f"config.yaml:{line}: " in error
    assert f"pip install 'hubgauge[{extra}]'" in error
    assert "Traceback" not in error


def test_a_program_that_is_not_there_is_named_with_its_package(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A BMC is read with ipmitool, which is no Python package."""
    path = write(tmp_path, "collectors:\n  ipmi: {devices: []}\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["check", str(path)]) == 2
    assert "config.yaml:5: collectors.ipmi: needs the program ipmitool: apt install ipmitool" in (
        capsys.readouterr().err
    )


def test_what_a_config_does_not_use_need_not_be_installed(tmp_path: Path, absent: set[str]) -> None:
    """A node agent that is scraped needs none of it."""
    absent.update({"influxdb_client", "urllib3", "bcrypt", "gufo", "aiohttp", "bacpypes3"})
    assert main(["check", str(write(tmp_path, "collectors:\n  host: {}\n"))]) == 0


def snmp(**names: str) -> str:
    pairs = ", ".join(f"{key}: {value}" for key, value in names.items())
    device = f"{{address: '127.0.0.1', profile: rfc1628-ups, {pairs}}}"
    return f"collectors:\n  snmp:\n    community_file: community\n    devices:\n      - {device}\n"


def modbus(meter: str) -> str:
    device = f"{{address: '127.0.0.1:502', unit: 1, profile: eastron-sdm630, meter: {meter}"
    return f"collectors:\n  modbus:\n    devices:\n      - {device}, point: utility}}\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (snmp(pdu="A07-A", rack="A70", feed="A"), "A70 is not in the inventory"),
        (
            snmp(pdu="A07A", rack="A07", feed="A"),
            "A07A is not in the inventory; did you mean A07-A?",
        ),
        (snmp(pdu="A07-A", rack="A08", feed="A"), "A07-A is rack A07 in the inventory, not A08"),
        (snmp(pdu="A07-A", rack="A07", feed="B"), "A07-A is feed A in the inventory, not B"),
        (modbus("main1"), "main1 is not a meter of s1 in the inventory; did you mean main-1?"),
        (modbus("main-2"), "main-2 is not a meter of s1 in the inventory; did you mean main-1?"),
    ],
)
def test_a_name_that_the_inventory_does_not_have_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    """It is told with its line, and is no mistake: the agent runs, and reports it."""
    path = write(tmp_path, text)
    assert main(["check", str(path)]) == 0
    shown = capsys.readouterr()
    assert told in shown.err
    assert ": good, except for " in shown.out
    assert "config.yaml:8: " in shown.err or "config.yaml:7: " in shown.err


@pytest.mark.parametrize(
    "text", [snmp(pdu="A07-B", rack="A07", feed="B"), modbus("main-1"), "collectors: {host: {}}\n"]
)
def test_names_that_the_inventory_has_are_no_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Nothing is told of a config that fits."""
    assert main(["check", str(write(tmp_path, text))]) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert ": good; " in shown.out


def test_a_site_that_the_inventory_does_not_have_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The agent's own site and rack are compared as well."""
    path = write(tmp_path, "")
    path.write_text("hub: guian\nsite: s3\nrack: A9\ninventory: inventory.yaml\n")
    assert main(["check", str(path)]) == 0
    error = capsys.readouterr().err
    assert "config.yaml:2: site: s3 is not in the inventory" in error
    assert "config.yaml:3: rack: A9 is not in the inventory" in error


def test_limits_of_a_site_that_is_not_listed_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in the name of a site would leave it with the common limits."""
    path = write(tmp_path, "limits:\n  sites:\n    s11: {inlet_recommended: 24}\n")
    assert main(["check", str(path)]) == 0
    error = capsys.readouterr().err
    assert "config.yaml:6: limits.sites.s11: s11 is not in the inventory" in error
    path = write(tmp_path, "limits:\n  sites:\n    s1: {inlet_recommended: 24}\n")
    assert main(["check", str(path)]) == 0
    assert capsys.readouterr().err == ""
