"""What else stands in deploy/: the playbook, the examples, and what is generated."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jinja2 import Environment, StrictUndefined, select_autoescape

from agent.hubs.loader import load_registry
from dashboards import rule_files
from dashboards.build import build_all, write
from tests.deploy.tools import BIN, DEPLOY, KUBERNETES, documents, run, write_secrets


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
    hub = {"hub": "acme", "hubgauge_hub_file": "hubs/acme.yaml"}
    assert "\nhubs_dir: /etc/hubgauge/hubs\n" in template.render(**least | hub)
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
