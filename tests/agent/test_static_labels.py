"""Labels of an operator's own, on what is pushed and on the targets that Prometheus is told of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.loading import Loaded, load_all
from agent.sinks.lineprotocol import LineRenderer
from agent.web.discovery import Discovery
from collectors.base import Batch
from collectors.catalogue.facility import METER_POWER
from collectors.strict import Problems

INVENTORY = """
sites: [{site: s}]
racks: [{rack: A07, site: s, row: A, devices: [{node: n1, units: 1, agent: true}]}]
"""


def load(folder: Path, labels: str) -> Loaded:
    """Load a gateway's config with these static labels."""
    (folder / "inventory.yaml").write_text(INVENTORY)
    file = folder / "config.yaml"
    file.write_text(f"hub: guian\nsite: s\nnode: g\ninventory: inventory.yaml\n{labels}")
    return load_all(file)


def test_a_pushed_series_carries_them(tmp_path: Path) -> None:
    """Each line has the labels of the config, and a label of its own series stays."""
    config = load(tmp_path, "static_labels: {tenant: acme, point: roof}\n").config
    series = METER_POWER.series("guian", "s", "main", "utility")
    batch = Batch(collector="c", device="", time=1.0, lifetime=60.0, readings=[(series, 5.0)])
    text, _ = LineRenderer(config.push_tags).render(batch)
    tags = dict(pair.split("=") for pair in text.decode().split(" ")[0].split(",")[1:])
    assert (tags["tenant"], tags["point"], tags["site"], tags["instance"]) == (
        "acme",
        "utility",
        "s",
        "g",
    )


def test_the_targets_of_prometheus_carry_them(tmp_path: Path) -> None:
    """A scrape that `/sd` leads to gets them as labels of its target: gateways and nodes alike."""
    loaded = load(tmp_path, "sd: {address: 'g:9717'}\nstatic_labels: {tenant: acme}\n")
    assert loaded.inventory is not None
    groups = json.loads(Discovery(loaded.config, loaded.inventory).answer({}).body)
    assert [one["labels"] for one in groups] == [
        {"tenant": "acme", "hub": "guian", "site": "s", "node": "g"},
        {"tenant": "acme", "hub": "guian", "site": "s", "row": "A", "rack": "A07", "node": "n1"},
    ]


def test_without_them_nothing_is_added(tmp_path: Path) -> None:
    """A config without the section pushes the labels that it always had."""
    assert set(load(tmp_path, "").config.push_tags) == {"job", "instance", "hub", "site"}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ("{site: x}", "site is a label that the agent gives itself"),
        ("{instance: x}", "instance is a label that the agent gives itself"),
        ("{cost-centre: '7'}", "expected names of letters, digits and _, got 'cost-centre'"),
        ("{__name__: x}", "expected names of letters, digits and _, got '__name__'"),
        ("{tenant: ''}", "expected a text of one line for tenant"),
        ("[a]", "expected a mapping to a text"),
    ],
)
def test_a_label_that_cannot_be_is_one_line(tmp_path: Path, labels: str, said: str) -> None:
    """A mistake is told with the line of the section."""
    with pytest.raises(Problems) as found:
        load(tmp_path, f"static_labels: {labels}\n")
    (error,) = found.value.errors
    assert f"config.yaml:5: static_labels: {said}" in str(error)
