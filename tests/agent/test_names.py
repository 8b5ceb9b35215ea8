"""Names of metrics and labels from outside: a wrong one costs itself, whatever it comes from."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric as ClientFamily

from agent.snapshot import Snapshot
from agent.web.exposition import render
from collectors.base import Context, Metric, Place, Schedule
from collectors.custom import CustomCollector
from collectors.host import KIND
from collectors.labels import names_allowed
from collectors.strict import read
from tests.agent.fakes import Fake, good, make
from tests.support import binary

CONTEXT = Context(place=Place(hub="guian"), node="n")
FORGED = 'x_y 1\ndc_rack_power_watts{rack="A07"}'
"""A name with a line of its own in it."""


def promtool_takes(page: str) -> None:
    done = subprocess.run(
        [binary("promtool"), "check", "metrics"],
        input=page,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "error while linting" not in done.stderr, done.stderr
    assert done.returncode != 1, done.stderr


def wrong_names(registry: CollectorRegistry, collector: str) -> float:
    labels = {"collector": collector, "reason": "wrong_name"}
    return registry.get_sample_value("hubgauge_collector_dropped_samples_total", labels) or 0.0


def page(snapshot: Snapshot) -> str:
    return "".join(render(snapshot))


@pytest.mark.parametrize(
    ("sample", "labels", "allowed"),
    [
        ("node_load1", (), True),
        ("a:b:rate5m", ("le", "_x", "A9"), True),
        ("node_load1", ("service.name",), False),
        ("node.load1", (), False),
        ("9node_load", (), False),
        ("node_load\n", (), False),
        ("node_läd", (), False),
        ("node_load1", ("9a",), False),
        ("node_load1", ("a:b",), False),
        ("node_load1", ("",), False),
        ("node_load1", ("a", "a"), False),
        ("node_load1", ("__name__",), False),
        ('node_load1{a="b"} 1\nx', (), False),
    ],
)
def test_which_names_can_stand_on_a_page(
    sample: str, labels: tuple[str, ...], allowed: bool
) -> None:
    """The data model of Prometheus 2 says which: [a-zA-Z_:][a-zA-Z0-9_:]*, labels without colon."""
    assert names_allowed(sample, labels) is allowed


@pytest.mark.parametrize(
    "bad",
    [
        'app_up_total{"service.name"="api"} 1',
        'app_load{a="1"} 1\napp_load{"b c"="2"} 2',
        '{"app.load.total"} 1',
        'app_x{"y\\nz_forged 1 #"="2"} 2',
        "nounderscore 1",
    ],
)
async def test_a_wrong_name_in_a_textfile_costs_only_itself(tmp_path: Path, bad: str) -> None:
    """Its siblings and other files stay, the page is one Prometheus takes, and it is told."""
    (tmp_path / "bad.prom").write_text(f"{bad}\napp_sound 7\n")
    (tmp_path / "good.prom").write_text('other_value{ok="yes"} 8\n')
    section = read("host.yaml", KIND.Config, text=f"textfile: {{directory: {tmp_path}}}")
    (textfile,) = (made for made in KIND.build(section, CONTEXT) if made.name == "textfile")
    runner, snapshot, registry = make(textfile, good("good"))
    await runner.run_once()
    text = page(snapshot)
    promtool_takes(text)
    assert "\napp_sound 7.0\n" in text
    assert '\nother_value{ok="yes"} 8.0\n' in text
    assert "\nnode_textfile_scrape_error 1.0\n" in text
    assert ('app_load{a="1"} 1.0' in text) == ("app_load{a" in bad)
    assert "\nz_forged" not in text
    assert wrong_names(registry, "textfile") == 1
    (told,) = (one.notice for one in runner.health() if one.collector == "textfile")
    assert "bad.prom: 1 samples are left out for their names" in told


class Plant:
    """A plugged-in collector with a few wrong names among the right ones."""

    def collect(self) -> Iterator[ClientFamily]:
        for label in ("a b", "x\ny", "__name__", "1a"):
            family = GaugeMetricFamily("plant_level", "Level.", labels=["ok"])
            family.add_metric(["1"], 1.0)
            family.samples += [family.samples[0]._replace(labels={label: "v"})]
            yield family
        named = ClientFamily("plant_flow", "Flow\nwith \x00 and \ud800 in its help.", "gauge")
        named.add_sample("plant_flow", {}, 3.0)
        named.add_sample(FORGED, {}, 4.0)
        named.add_sample("up", {}, 5.0)
        yield named


async def test_wrong_names_of_a_plugged_in_collector_are_left_out_and_counted() -> None:
    """Its right series are on the page, with a help that is one line."""
    plant = CustomCollector(Plant(), device="plant", schedule=Schedule(timeout=60.0))
    runner, snapshot, registry = make(plant)
    await runner.run_once()
    text = page(snapshot)
    promtool_takes(text)
    assert 'plant_level{ok="1"} 1.0' in text
    assert "\nplant_flow 3.0\n" in text
    assert "dc_rack_power_watts" not in text
    assert "\nup " not in text
    assert wrong_names(registry, "prometheus") == 6


async def test_wrong_names_of_any_other_collector_are_left_out_and_counted() -> None:
    """Also where a collector makes its own metrics: names are checked where series are made."""
    metrics = [
        Metric(namespace="t", name="fine", type="gauge", help="Fine.", labels=("a",)),
        Metric(namespace="t", name="dot.ted", type="gauge", help="-"),
        Metric(namespace="t", name="label", type="gauge", help="-", labels=("a-b",)),
        Metric(namespace="", name="alone", type="gauge", help="-"),
        Metric(namespace="t", name=FORGED, type="gauge", help="-"),
    ]
    readings = [(metric.series(*metric.labels), 1.0) for metric in metrics]
    runner, snapshot, registry = make(Fake("d", lambda: readings, timeout=60.0))
    await runner.run_once()
    text = page(snapshot)
    promtool_takes(text)
    assert 't_fine{a="a"} 1.0' in text
    assert text.count("\nt_") == 2  # this one and t_x_up
    assert "alone" not in text
    assert wrong_names(registry, "fake") == 4


def test_names_of_the_catalogue_are_all_allowed() -> None:
    """What the agent itself declares is never left out."""
    from collectors.catalogue import all_metrics

    for metric in all_metrics():
        assert metric.series(*metric.labels).prefix, metric.full_name


def test_promtool_objects_to_no_label_of_the_catalogue() -> None:
    """`quantile` and `le` belong to summaries and histograms, and stand nowhere else."""
    from collectors.catalogue import all_metrics

    for metric in all_metrics():
        assert not {"quantile", "le"} & set(metric.labels), metric.full_name
