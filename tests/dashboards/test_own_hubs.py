"""The hubs of an operator's own config in what is generated."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from agent.cli import main

GUIAN = {"guian", "guizhou", "national"}
"""A hub of the registry, and those above it."""


def config(folder: Path, *lines: str) -> str:
    """Write a config of a hub of one's own; returns its path."""
    (folder / "hubs").mkdir()
    (folder / "hubs" / "acme.yaml").write_text(
        "key: acme\nname: ACME Lyon\ntimezone: Europe/Paris\n", "utf-8"
    )
    path = folder / "hubgauge.yaml"
    # The secret is not on the machine that generates.
    secret = "outputs: {http: {users_file: /not/on/this/machine}}"
    path.write_text("\n".join(("hub: acme", "hubs_dir: hubs", secret, *lines)) + "\n", "utf-8")
    return str(path)


def boards(folder: Path, *words: str) -> set[str]:
    """Build the dashboards; returns the hubs that have one."""
    out = folder / "dashboards"
    assert main([*words, "dashboards", "build", "--out", str(out)]) == 0
    return {path.stem.removeprefix("hubgauge-hub-") for path in out.glob("hubgauge-hub-*.json")}


def federated(folder: Path, *words: str) -> set[str]:
    """Build the Prometheus configs; returns the hubs that have some."""
    out = folder / "federation"
    assert main(["federation", "build", "--out", str(out), *words]) == 0
    return {path.name for path in out.iterdir()} - {"global", "push", "remote-write"}


def test_named_hubs_alone_have_dashboards_and_configs(tmp_path: Path) -> None:
    """`hubs: [acme]` leaves the packaged hubs out of Grafana and of federation."""
    path = config(tmp_path, "hubs: [acme]")
    assert boards(tmp_path, "--config", path) == {"acme"}
    assert "acme" in federated(tmp_path, "--config", path)
    assert not federated(tmp_path, "--config", path) & {*GUIAN, "kunming", "liangya"}
    overview = (tmp_path / "dashboards" / "hubgauge-overview.json").read_text("utf-8")
    assert "guian" not in overview


def test_others_are_federated_and_not_shown(tmp_path: Path) -> None:
    """`show_others: false` has a dashboard of the own hub alone; its Prometheus is as before."""
    path = config(tmp_path, "show_others: false")
    assert boards(tmp_path, "--config", path) == {"acme"}
    assert {"acme", "guian", "kunming"} <= federated(tmp_path, "--config", path)


def test_those_above_the_own_hub_are_shown(tmp_path: Path) -> None:
    """A province's promises are kept by its hubs: it has its dashboard."""
    path = tmp_path / "hubgauge.yaml"
    path.write_text("hub: guian\nshow_others: false\n", "utf-8")
    assert boards(tmp_path, "--config", str(path)) == GUIAN


def test_a_folder_of_hubs_takes_the_place_of_the_configs(tmp_path: Path) -> None:
    """`--hubs-dir` counts where both name a folder."""
    other = tmp_path / "others"
    other.mkdir()
    (other / "beta.yaml").write_text("key: beta\nname: B\ntimezone: Europe/Paris\n", "utf-8")
    path = tmp_path / "hubgauge.yaml"
    path.write_text("hub: beta\nhubs_dir: nowhere\nhubs: [beta]\n", "utf-8")
    assert federated(tmp_path, "--config", str(path), "--hubs-dir", str(other)) >= {"beta"}


@pytest.mark.parametrize("command", ["dashboards", "federation", "rules"])
def test_a_hub_that_is_not_there_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A misspelt hub is named with file, line and key, and nothing is written."""
    path = config(tmp_path, "hubs: [acne]")
    out = tmp_path / "out"
    assert main([command, "build", "--out", str(out), "--config", path]) == 2
    said = capsys.readouterr().err
    assert said == f"{path}:4: hubs[0]: no such hub; did you mean acme?\n"
    assert not out.exists()


def test_mistakes_are_told_from_top_to_bottom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They stand in the order of the config's lines, whichever section is read first."""
    path = tmp_path / "hubgauge.yaml"
    receiver = "{name: duty, webhook: {url: 'http://127.0.0.1:1/'}, hubs: [acne]}"
    path.write_text(
        f"hub: guiam\nalerting:\n  receivers:\n  - {receiver}\n"
        "outputs: {http: {public_url: nowhere}}\nlimits: {inlet_recommended: warm}\n",
        "utf-8",
    )
    assert main(["rules", "build", "--out", str(tmp_path / "out"), "--config", str(path)]) == 2
    told = capsys.readouterr().err.splitlines()
    lines = [int(line.removeprefix(f"{path}:").partition(":")[0]) for line in told]
    assert lines == [1, 4, 5, 6]
    assert not (tmp_path / "out").exists()


def test_a_config_and_a_hub_file_tell_their_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in a hub file does not hide one in the config that names its folder."""
    path = config(tmp_path, "limits: {inlet_recommended: warm}")
    hub = tmp_path / "hubs" / "acme.yaml"
    hub.write_text(hub.read_text("utf-8").replace("Europe/Paris", "Europe/Pari"), "utf-8")
    assert main(["rules", "build", "--out", str(tmp_path / "out"), "--config", path]) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[0] for line in told] == [f"{path}:4", f"{hub}:3"]


def test_a_plan_is_held_against_the_config(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hub of the plan that the config does not know is one line."""
    path = config(tmp_path, "hubs: [acme]")
    place = {"gateways": ["http://gw:9717"], "prometheus": "p:9090"}
    plan = tmp_path / "plan.yaml"
    plan.write_text(yaml.safe_dump({"hubs": {"acme": place}}), "utf-8")
    assert "acme" in federated(tmp_path, "--plan", str(plan), "--config", path)
    plan.write_text(yaml.safe_dump({"hubs": {"acne": place}}), "utf-8")
    words = ["federation", "build", "--plan", str(plan), "--config", path]
    assert main([*words, "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert said == f"{plan}: hubs.acne: no such hub; did you mean acme?\n"


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> set[str]:
    """Return the hubs that the scoreboard on the terminal lists."""
    assert main(["hubs", "--json", "--at", "2026-11-22", *words]) == 0
    return {hub["hub"] for hub in json.loads(capsys.readouterr().out)}


def test_the_scoreboard_lists_the_configs_hubs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hubgauge hubs` lists what the config shows; a hub that it knows is shown by its name."""
    path = config(tmp_path, "hubs: [acme, guian]", "show_others: false")
    assert listed(capsys, "--config", path) == {"acme"}
    assert listed(capsys, "guian", "--config", path) == {"guian"}
    assert main(["hubs", "kunming", "--config", path]) == 2
    assert "kunming: no such hub" in capsys.readouterr().err


def test_a_hub_is_written_into_the_configs_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hubs new --config F` needs no folder named a second time."""
    path = config(tmp_path)
    assert main(["--config", path, "hubs", "new", "beta", "--timezone", "Europe/Paris"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'hubs' / 'beta.yaml'}\n"
    assert (tmp_path / "hubs" / "beta.yaml").exists()
