"""The environment in a config: variables in its values, and over its keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.config_file import ConfigFile
from agent.environment import open_config

TEXT = """
hub: guian
site: ${SITE}
node: gw-${SITE}-${NUMBER:-1}
state_dir: /var/${SITE}
static_labels: {tenant: "$${SITE}", price: "5 $"}
"""


def read(text: str = TEXT, **environ: str) -> tuple[ConfigFile, list[str]]:
    """Return a config by an environment, and what is wrong with it."""
    document = open_config("c.yaml", text=text, environ=environ)
    return document.convert(document.root, ConfigFile, ""), [str(e) for e in document.errors]


def test_variables_stand_in_values() -> None:
    """A variable may be a value or a part of one; `$${` is no variable."""
    file, errors = read(SITE="lyon-1")
    assert errors == []
    assert (file.site, file.node) == ("lyon-1", "gw-lyon-1-1")
    assert file.state_dir == Path("/var/lyon-1")
    assert file.static_labels == {"tenant": "${SITE}", "price": "5 $"}
    assert read(SITE="a", NUMBER="2")[0].node == "gw-a-2"


def test_a_variable_that_is_not_set_is_named_with_its_line() -> None:
    """Each place is one line; an empty value would be another site."""
    _, errors = read()
    assert len(errors) == 3
    assert errors[0].startswith("c.yaml:3:")
    assert "has no SITE" in errors[0]


@pytest.mark.parametrize("name", ["hub", "node", "state_dir"])
def test_an_override_stands_over_the_file(name: str) -> None:
    """`HUBGAUGE_…` takes the place of a key, or adds it."""
    environ = {f"HUBGAUGE_{name.upper()}": "other", "SITE": "s"}
    file, errors = read(**environ)
    assert errors == []
    assert str(getattr(file, name)) == "other"
    assert file.site == "s"


def test_a_misspelt_override_is_one_line() -> None:
    """It would change nothing: the one that was meant is named, or all that there are."""
    _, errors = read(SITE="s", HUBGAUGE_SIET="lyon-2", HUBGAUGE_STATEDIR="/x")
    assert errors == [
        "HUBGAUGE_SIET: no such override; did you mean HUBGAUGE_SITE?",
        "HUBGAUGE_STATEDIR: no such override; did you mean HUBGAUGE_STATE_DIR?",
    ]
    _, (far,) = read(SITE="s", HUBGAUGE_XYZZY="1")
    assert far.startswith("HUBGAUGE_XYZZY: no such override; expected one of HUBGAUGE_HUB, ")
    for name in ("HUBGAUGE_NODE", "HUBGAUGE_LOG_LEVEL", "HUBGAUGE_HTTP_PUBLIC_URL"):
        assert name in far


def test_what_is_no_override_is_no_mistake() -> None:
    """A variable that a value names, and what Kubernetes tells of services called `hubgauge…`."""
    text = "hub: guian\nsite: ${HUBGAUGE_HALL}\nnode: ${HUBGAUGE_HOST:-n}\n"
    given = {"HUBGAUGE_HALL": "hall-1", "HUBGAUGE_HOST": "n1", "hubgauge_x": "1", "HUBGAUGE": "1"}
    services = {  # as a pod sees services `hubgauge` and `hubgauge-node` at port 9717
        "HUBGAUGE_SERVICE_HOST": "10.0.0.11",
        "HUBGAUGE_SERVICE_PORT": "9717",
        "HUBGAUGE_SERVICE_PORT_HTTP": "9717",
        "HUBGAUGE_PORT": "tcp://10.0.0.11:9717",
        "HUBGAUGE_PORT_9717_TCP": "tcp://10.0.0.11:9717",
        "HUBGAUGE_PORT_9717_TCP_PROTO": "tcp",
        "HUBGAUGE_PORT_9717_TCP_PORT": "9717",
        "HUBGAUGE_PORT_9717_TCP_ADDR": "10.0.0.11",
        "HUBGAUGE_NODE_SERVICE_HOST": "10.0.0.12",
        "HUBGAUGE_NODE_PORT": "tcp://10.0.0.12:9717",
    }
    file, errors = read(text, **given, **services)
    assert errors == []
    assert (file.site, file.node) == ("hall-1", "n1")


def test_what_docker_tells_of_a_link_is_no_mistake() -> None:
    """Of containers `hubgauge` and `hubgauge-node`; a node's name elsewhere is a misspelt one."""
    linked = {  # as `docker run --link hubgauge --link hubgauge-node` tells it
        "HUBGAUGE_NAME": "/web/hubgauge",
        "HUBGAUGE_ENV_PYTHON_VERSION": "3.12",
        "HUBGAUGE_PORT_9717_TCP": "tcp://172.17.0.2:9717",
        "HUBGAUGE_NODE_NAME": "/web/hubgauge-node",
        "HUBGAUGE_NODE_ENV_LANG": "C.UTF-8",
    }
    assert read(SITE="s", **linked)[1] == []
    _, errors = read(SITE="s", HUBGAUGE_NODE_NAME="n1", HUBGAUGE_NAME="/n1", HUBGAUGE_ENV="x")
    assert [one.partition(":")[0] for one in errors] == [
        "HUBGAUGE_ENV",
        "HUBGAUGE_NAME",
        "HUBGAUGE_NODE_NAME",
    ]


@pytest.mark.parametrize("overridden", [False, True])
def test_what_a_file_of_devices_names_is_no_mistake(tmp_path: Path, *, overridden: bool) -> None:
    """Its values are filled in as well: in YAML and in CSV, of the folder that is in force."""
    for folder, pdu, meter in (("devices.d", "PDU", "METER"), ("other.d", "UPS", "BMS")):
        (tmp_path / folder).mkdir()
        text = f"snmp:\n- {{address: '${{HUBGAUGE_{pdu}_HOST}}', pdu: a}}\n"
        (tmp_path / folder / "a.yaml").write_text(text)
        text = f"collector,address\nmodbus,${{HUBGAUGE_{meter}_HOST:-10.0.0.1}}\n"
        (tmp_path / folder / "b.csv").write_text(text)
        (tmp_path / folder / "README").write_text("${HUBGAUGE_NO_LIST}")
        (tmp_path / folder / "c.yaml").mkdir()
    config = tmp_path / "c.yaml"
    config.write_text("hub: guian\ndevices_dir: ${WHERE:-devices}.d\n")
    rest = ("PDU_HOST", "METER_HOST", "UPS_HOST", "BMS_HOST", "NO_LIST")
    environ = {f"HUBGAUGE_{one}": "10.0.0.2" for one in rest}
    if overridden:
        environ["HUBGAUGE_DEVICES_DIR"] = "other.d"
    document = open_config(config, environ=environ)
    unknown = ["METER_HOST", "NO_LIST", "PDU_HOST"] if overridden else ["BMS_HOST", "NO_LIST"]
    unknown += [] if overridden else ["UPS_HOST"]
    assert [one.key for one in document.errors] == [f"HUBGAUGE_{one}" for one in unknown]


@pytest.mark.parametrize("folder", ["", "[a]", "null", "nowhere", "'a\\0b'"])
def test_a_folder_that_is_none_names_nothing(tmp_path: Path, folder: str) -> None:
    """What is wrong with the folder is told where it is read."""
    config = tmp_path / "c.yaml"
    config.write_text(f"hub: guian\ndevices_dir: {folder}\n")
    document = open_config(config, environ={"HUBGAUGE_PDU_HOST": "10.0.0.2"})
    assert [one.key for one in document.errors] == ["HUBGAUGE_PDU_HOST"]


def test_an_override_reaches_into_a_section() -> None:
    """Listening elsewhere leaves the rest of the section as it is."""
    text = "hub: guian\noutputs: {http: {listen: 127.0.0.1:1, hosts: [a]}}\n"
    for given in (text, "hub: guian\n", "hub: guian\noutputs:\n"):
        document = open_config(
            "c.yaml", text=given, environ={"HUBGAUGE_HTTP_LISTEN": "127.0.0.1:2"}
        )
        listen = document.node("outputs.http.listen")
        assert listen is not None
        assert listen.value == "127.0.0.1:2"
        assert (document.node("outputs.http.hosts[0]").value == "a") == (given == text)


def test_a_number_may_be_a_variable() -> None:
    """A value is read after it is filled in, as what its key wants."""
    text = 'hub: guian\nlimits: {inlet_recommended: "${WARM}"}\n'
    file, errors = read(text, WARM="24")
    assert errors == []
    assert file.limits.inlet_recommended == 24.0
    assert "got 'warm'" in read(text, WARM="warm")[1][0]
