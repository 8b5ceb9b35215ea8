"""The manifests of Kubernetes: taken by its own schemas, whole, and with few rights."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deploy.tools import BIN, DEPLOY, KUBERNETES, documents, run, write_secrets

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
