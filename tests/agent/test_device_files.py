"""Device lists in a folder: what they add to the config, and what a mistake in one costs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.app import App
from agent.cli import main
from agent.loading import Loaded, load_all
from collectors.strict import Problems

CONFIG = """\
hub: guian
site: s1
devices_dir: devices.d
state_dir: state
collectors:
  snmp:
    interval: 7s
    devices: [{address: 127.0.0.1, pdu: own, profile: rfc1628-ups}]
"""
PDU = "{address: 127.0.0.1, pdu: %s, profile: apc-rpdu2}"


def write(folder: Path, files: dict[str, str], config: str = CONFIG) -> Path:
    """Write a config and the files of its folder."""
    (folder / "devices.d").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "devices.d" / name).write_text(text)
    path = folder / "config.yaml"
    path.write_text(config)
    return path


def read(folder: Path, files: dict[str, str], config: str = CONFIG) -> Loaded:
    """Load a config with a folder of device files."""
    return load_all(write(folder, files, config))


def names(loaded: Loaded) -> list[str]:
    """Return the devices that are read, as `collector device`."""
    return [f"{one.name} {one.device}" for one in loaded.collectors]


def lost(loaded: Loaded) -> list[str]:
    """Return what is wrong with files, without their folder."""
    return [re.sub(r"\S*devices\.d/", "", str(one)) for one in loaded.config.devices.lost]


def test_files_add_their_devices_to_those_of_the_config(tmp_path: Path) -> None:
    """YAML and CSV alike, with the section's own settings, or defaults where it has none."""
    loaded = read(
        tmp_path,
        {
            "row-a.yaml": f"snmp:\n- {PDU % 'a'}\nlinks: [{{peer: gz, address: 127.0.0.1:9}}]\n",
            "row-b.csv": (
                "collector,address,pdu,profile,unit,meter,point,ratios.ct\n"
                "snmp,127.0.0.1,b,apc-rpdu2,,,,\n"
                '\nmodbus,127.0.0.1:1502,,eastron-sdm630,7,"main, east",utility,\n'
            ),
            ".hidden.yaml": "}",
            "README": "}",
        },
    )
    assert lost(loaded) == []
    assert names(loaded) == [
        "snmp own",
        "snmp a",
        "snmp b",
        "links gz",
        "modbus main, east",
    ]
    assert [one.schedule.interval for one in loaded.collectors[:4]] == [7.0, 7.0, 7.0, 15.0]


def test_the_environment_stands_in_both_forms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`${HALL}` is the variable's value; one that is not set is the file's mistake."""
    monkeypatch.setenv("HALL", "h7")
    monkeypatch.delenv("NO_SUCH_HALL", raising=False)
    files = {
        "a.yaml": "snmp: [{address: 127.0.0.1, pdu: '${HALL}-a'}]\n",
        "b.csv": "collector,address,pdu\nsnmp,127.0.0.1,${HALL}-b\n",
        "c.csv": "collector,address,pdu\nsnmp,127.0.0.1,x\nsnmp,127.0.0.1,${NO_SUCH_HALL}\n",
    }
    loaded = read(tmp_path, files)
    assert names(loaded) == ["snmp own", "snmp h7-a", "snmp h7-b"]
    (told,) = lost(loaded)
    assert told.startswith("c.csv:3: the environment has no NO_SUCH_HALL")


MISTAKES = {
    "snmp: [{address: 127.0.0.1, pdo: a}]\n": (
        "bad.yaml:1: snmp[0].pdo: unknown key; did you mean pdu"
    ),
    "snmp:\n- {address: 127.0.0.1, pdu: own}\n": (
        "bad.yaml:2: snmp[0]: 'own' is already the name of collectors.snmp.devices[0]"
    ),
    "snmp:\n- {address: 127.0.0.1, pdu: x}\n- {address: 127.0.0.1, pdu: good}\n": (
        "bad.yaml:3: snmp[1]: 'good' is already the name of a-good.yaml:1"
    ),
    "snmp:\n- {address: 127.0.0.1, profile: no-such}\n": "bad.yaml:2: snmp[0].profile: ",
    "modbus: [{address: h, unit: 1, profile: none, meter: m, point: utility}]\n": (
        "bad.yaml:1: modbus[0].profile: "
    ),
    "snmp: {address: 127.0.0.1}\n": "bad.yaml:1: snmp: expected a list of devices",
    "snpm: []\n": "bad.yaml:1: snpm: unknown collector; did you mean snmp?",
    "snmp: []\nsnmp: []\n": "bad.yaml:2: snmp: given twice (first in line 1)",
    "host: [{}]\n": "bad.yaml:1: host: lists no devices",
    "- a\n": "bad.yaml:1: expected lists of devices by section",
    "snmp: [\n": "bad.yaml:1: is not YAML",
    "snmp: &a [*a]\n": "bad.yaml",
}


@pytest.mark.parametrize(("text", "said"), MISTAKES.items())
def test_a_mistake_costs_its_own_file_only(tmp_path: Path, text: str, said: str) -> None:
    """All other devices are read, and the line says where the mistake is."""
    good = f"snmp: [{PDU % 'good'}]\n"
    loaded = read(tmp_path, {"a-good.yaml": good, "bad.yaml": text, "z-good.yml": "links: []\n"})
    assert names(loaded) == ["snmp own", "snmp good"]
    (told,) = lost(loaded)
    assert told.startswith(said)


ROWS = {
    "address,pdu\n127.0.0.1,a\n": "bad.csv:1: collector: missing column",
    "collector,pdu,pdu\nsnmp,a,b\n": "bad.csv:1: pdu: given twice",
    "collector,address\nsnmp,127.0.0.1,more\n": "bad.csv:2: more cells than columns",
    "collector,address\n,127.0.0.1\n": "bad.csv:2: collector: missing",
    "collector,address\nsnmp,a\n\nsnmp,b b\n": "bad.csv:4: snmp[1].address: ",
    'collector,address\nsnmp,"a\n': "bad.csv:2: is not CSV",
    "collector,address,also\nsnmp,127.0.0.1,if-mib\n": "bad.csv:2: snmp[0].also: expected a list",
    "": "bad.csv:1: collector: missing column",
}


@pytest.mark.parametrize(("text", "said"), ROWS.items())
def test_a_mistake_of_a_row_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    """The line is the row's, also behind an empty one."""
    loaded = read(tmp_path, {"bad.csv": text})
    assert names(loaded) == ["snmp own"]
    (told,) = lost(loaded)
    assert told.startswith(said)


def test_a_file_that_is_none_costs_itself(tmp_path: Path) -> None:
    """A link that leads nowhere, bytes that are no text, a folder with the name of a list."""
    path = write(tmp_path, {"a.yaml": f"snmp: [{PDU % 'a'}]\n"})
    (tmp_path / "devices.d" / "b.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "devices.d" / "c.csv").write_bytes(b"collector,pdu\nsnmp,\xff\n")
    (tmp_path / "devices.d" / "d.yaml").mkdir()
    loaded = load_all(path)
    assert names(loaded) == ["snmp own", "snmp a"]
    assert [one.partition(":")[0] for one in lost(loaded)] == ["b.yaml", "c.csv", "d.yaml"]


def test_a_mistake_of_the_config_is_not_the_files(tmp_path: Path) -> None:
    """A config that is wrong itself is refused, with all that is wrong beside it."""
    config = CONFIG.replace("rfc1628-ups", "no-such-profile")
    bad = "snmp: [{address: 127.0.0.1, profile: none}]\n"
    said = r"config\.yaml:8: collectors\.snmp\.devices\[0\]\.profile"
    with pytest.raises(Problems, match=said) as found:
        read(tmp_path, {"a.yaml": bad}, config)
    assert len(found.value.errors) == 2
    with pytest.raises(Problems, match=r"config\.yaml:3: devices_dir: no such file"):
        load_all(write(tmp_path, {}, CONFIG.replace("devices.d", "nowhere.d")))


async def test_a_reload_keeps_what_a_broken_file_said_before(tmp_path: Path) -> None:
    """Other files are taken; the mended file is; the file that is gone takes its devices along."""
    path = write(tmp_path, {"a.yaml": f"snmp: [{PDU % 'a'}]\n", "b.yaml": f"snmp: [{PDU % 'b'}]\n"})
    app = App(path)
    app.prepare()
    app.runner.start()

    async def reloaded(files: dict[str, str]) -> tuple[list[str], str, float | None]:
        write(tmp_path, files)
        said = str(await app.reload())
        devices = [one.device for one in app.runner.health() if one.collector == "snmp"]
        value = app._metrics.registry.get_sample_value("hubgauge_config_last_reload_successful")
        return devices, said, value

    broken = {"a.yaml": "snmp: [{pdu: a}]\n", "b.yaml": f"snmp: [{PDU % 'b2'}]\n"}
    devices, said, whole = await reloaded(broken)
    assert devices == ["own", "a", "b2"]
    assert said.startswith("reloaded\n")
    assert said.endswith(
        "a.yaml:1: snmp[0].address: missing; expected a text; the file's former devices stay"
    )
    assert whole == 0
    devices, said, whole = await reloaded({})
    assert (devices, whole) == (["own", "a", "b2"], 0)  # as long as it is broken
    devices, said, whole = await reloaded({"a.yaml": f"snmp: [{PDU % 'a3'}]\n"})
    assert (devices, said, whole) == (["own", "a3", "b2"], "reloaded", 1)
    (tmp_path / "devices.d" / "a.yaml").unlink()
    devices, said, whole = await reloaded({})
    assert (devices, said, whole) == (["own", "b2"], "reloaded", 1)
    await app.runner.stop()


async def test_a_reload_goes_back_to_the_file_that_takes_anothers_device(tmp_path: Path) -> None:
    """A file that can be read, but not beside the others, stays as it was as well."""
    path = write(tmp_path, {"a.yaml": f"snmp: [{PDU % 'a'}]\n", "b.yaml": f"snmp: [{PDU % 'b'}]\n"})
    app = App(path)
    app.prepare()
    app.runner.start()
    write(tmp_path, {"b.yaml": f"snmp: [{PDU % 'a'}]\n"})
    said = str(await app.reload())
    assert "b.yaml:1: snmp[0]: 'a' is already the name" in said
    assert [one.device for one in app.runner.health() if one.collector == "snmp"] == [
        "own",
        "a",
        "b",
    ]
    await app.runner.stop()


async def test_a_former_list_that_no_longer_fits_is_left_out(tmp_path: Path) -> None:
    """A device moved to another file, and the file that had it is broken: the reload still ends."""
    path = write(tmp_path, {"a.yaml": f"snmp: [{PDU % 'a'}]\n", "b.yaml": f"snmp: [{PDU % 'b'}]\n"})
    app = App(path)
    app.prepare()
    app.runner.start()
    write(tmp_path, {"a.yaml": f"snmp: [{PDU % 'a'}, {PDU % 'b'}]\n", "b.yaml": "snmp: [{}]\n"})
    said = str(await app.reload())
    assert said.count("b.yaml:1: ") == 2
    assert said.count("no device of the file is read") == 2
    assert [one.device for one in app.runner.health() if one.collector == "snmp"] == [
        "own",
        "a",
        "b",
    ]
    await app.runner.stop()


def test_check_names_the_mistakes_of_files_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rack that the inventory lacks is told at the file's line; a mistake is exit status 2."""
    (tmp_path / "inventory.yaml").write_text(
        "sites: [{site: s1}]\nracks: [{rack: A07, site: s1}]\n"
    )
    config = CONFIG + "inventory: inventory.yaml\n"
    files = {
        "a.csv": "collector,address,device,rack\nsnmp,127.0.0.1,d1,A07\nsnmp,127.0.0.1,d2,A70\n"
    }
    path = write(tmp_path, files, config)
    assert main(["check", str(path)]) == 0
    assert "a.csv:3: snmp[1].rack: A70 is not in the inventory; did you mean A07?" in (
        capsys.readouterr().err
    )
    write(tmp_path, {"b.yaml": "snmp: [{}]\n"}, config)
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr()
    assert "b.yaml:1: snmp[0].address: missing" in said.err
    assert said.out == ""
