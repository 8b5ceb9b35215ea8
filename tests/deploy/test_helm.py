"""The Helm chart, rendered by Helm's own engine without a cluster."""

from __future__ import annotations

import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent import __version__
from tests.deploy.tools import BIN, DEPLOY, KUBERNETES, documents, run, write_secrets
from tests.support import ROOT, missing, preview_tools

CHART = DEPLOY / "helm" / "hubgauge"
PREVIEW = ROOT / "dashboards" / "preview"
MONITORS = ("PodMonitor", "ServiceMonitor")
CHECK = """
import { readFileSync } from "node:fs";
const at = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/";
for (const one of JSON.parse(readFileSync(process.argv[2], "utf-8"))) {
  const { [one.kind]: Kind } = await import(at + one.kind);
  new Kind(one).validate();
}
"""


@cache
def _helm() -> Any:
    try:
        from helm_python import chart
    except (ImportError, OSError):
        return missing("helm-python-sdk has no library for this machine")
    return chart


def rendered(**values: Any) -> list[dict[str, Any]]:
    """Return the objects that the chart makes of some values."""
    made = _helm().Chart.load(str(CHART)).render(values=values).values()
    return [one for text in made for one in yaml.safe_load_all(text) if one]


def test_helm_finds_no_mistake() -> None:
    """Helm's linter has nothing but advice, and the versions are the program's."""
    found = _helm().lint(str(CHART), {}, strict=True)
    assert found["errors"] == []
    assert [one for one in found["messages"] if one["severity"] > 1] == []
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    assert (about["version"], about["appVersion"]) == (__version__, __version__)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {
            "imagePullSecrets": [{"name": "pull"}],
            "image": {"repository": "registry.example/hubgauge", "tag": "1.2.3"},
            "node": {"nodeSelector": {"a": "b"}, "tolerations": []},
            "gateway": {"storageClassName": "fast", "config": {"log_level": "warning"}},
        },
    ],
)
def test_kubernetes_takes_what_is_made(values: dict[str, Any], tmp_path: Path) -> None:
    """Kubernetes' own schemas know every field, with the least values and with many."""
    path = tmp_path / "made.yaml"
    path.write_text(yaml.safe_dump_all(rendered(**values)), "utf-8")
    run(str(BIN / "kubernetes-validate"), "--strict", str(path))


def plain(one: dict[str, Any]) -> dict[str, Any]:
    """Return an object without what names its way into the cluster; configs as data."""
    one = deepcopy(one)
    pod = one.get("spec", {}).get("template", {})
    for meta in (one["metadata"], pod.get("metadata", {})):
        for key in ("annotations", "labels", "namespace"):
            meta.pop(key, None)
    for container in pod.get("spec", {}).get("containers", ()):
        container.pop("imagePullPolicy", None)
    if "data" in one:
        one["data"] = {key: yaml.safe_load(text) for key, text in one["data"].items()}
    return one


def test_the_chart_makes_what_the_manifests_say() -> None:
    """With its own values it makes deploy/kubernetes, but for the namespace."""
    stated = [
        plain(one)
        for path in KUBERNETES
        if path.name != "kustomization.yaml"
        for one in documents(path)
        if one["kind"] != "Namespace"
    ]
    made = [plain(one) for one in rendered()]

    def name(one: dict[str, Any]) -> tuple[str, str]:
        return one["kind"], one["metadata"]["name"]

    assert {name(one): one for one in made} == {name(one): one for one in stated}


def test_a_config_of_many_values_is_good(tmp_path: Path) -> None:
    """`hubgauge check` takes what values add: a proxy with roles, a device, a further output."""
    values = {
        "hub": "guian",
        "gateway": {
            "config": {"log_level": "warning"},
            "http": {"proxy": {"addresses": ["10.0.0.9"]}, "roles": [{"users": ["ann"]}]},
        },
    }
    (found,) = (
        one
        for one in rendered(**values)
        if (one["kind"], one["metadata"]["name"]) == ("ConfigMap", "hubgauge-gateway")
    )
    for file, text in found["data"].items():
        (tmp_path / file).write_text(text.replace("/run/secrets/hubgauge", str(tmp_path)), "utf-8")
    write_secrets(tmp_path, 0o440)
    config = yaml.safe_load(found["data"]["config.yaml"])
    assert config["outputs"]["http"]["roles"] == [{"users": ["ann"]}]
    assert config["log_level"] == "warning"
    assert "good" in run(str(BIN / "hubgauge"), "check", str(tmp_path / "config.yaml"))


def test_no_namespace_lets_nobody_in() -> None:
    """In a policy, an empty list of senders stands for all of them."""
    empty = {"gateway": {"networkPolicy": {"namespaces": []}}}
    (policy,) = (one for one in rendered(**empty) if one["kind"] == "NetworkPolicy")
    assert policy["spec"]["policyTypes"] == ["Ingress"]
    assert policy["spec"]["ingress"] == []


def test_parts_can_be_left_out() -> None:
    """Without gateway or nodes nothing of them is made."""
    assert {one["kind"] for one in rendered(gateway={"enabled": False})} == {
        "ServiceAccount",
        "ConfigMap",
        "DaemonSet",
    }
    assert "DaemonSet" not in {one["kind"] for one in rendered(node={"enabled": False})}
    only = rendered(node={"enabled": False}, monitors={"enabled": True})
    assert [one["kind"] for one in only if one["kind"] in MONITORS] == ["ServiceMonitor"]


def test_the_prometheus_operator_takes_the_monitors(tmp_path: Path) -> None:
    """The operator's schemas find the values right, and its types know every field."""
    node = preview_tools()
    values = {"enabled": True, "labels": {"release": "prometheus"}, "serverName": "agent.example"}
    found = [one for one in rendered(monitors=values) if one["kind"] in MONITORS]
    assert [one["kind"] for one in found] == list(MONITORS)
    (tmp_path / "node_modules").symlink_to(PREVIEW / "node_modules")
    (tmp_path / "made.json").write_text(json.dumps(found), "utf-8")
    (tmp_path / "check.mjs").write_text(CHECK, "utf-8")
    run(node, str(tmp_path / "check.mjs"), str(tmp_path / "made.json"))
    at = "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1"
    for one in found:
        kind = one["kind"]
        (tmp_path / f"{kind}.ts").write_text(
            f'import type {{ I{kind} }} from "{at}/{kind}";\n'
            f"export const made: I{kind} = {json.dumps(one)};\n",
            "utf-8",
        )
    tsc = str(PREVIEW / "node_modules" / "typescript" / "bin" / "tsc")
    options = ("--noEmit", "--strict", "--skipLibCheck", "--module", "preserve")
    run(node, tsc, *options, *(str(tmp_path / f"{one['kind']}.ts") for one in found))
