"""The words: metrics, series and how they are written."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.snapshot import Snapshot
from agent.web.exposition import render
from collectors.base import Batch, Context, Metric, Place
from collectors.catalogue import all_metrics
from collectors.labels import MAX_LABEL_LENGTH, safe_label
from tests.support import binary

POWER = Metric(
    namespace="dc",
    subsystem="pdu",
    name="power_watts",
    type="gauge",
    help="Power.",
    labels=("pdu", "feed"),
)


def test_series_is_interned_and_rendered_once() -> None:
    """The same label values give the same series, with both text forms."""
    series = POWER.series("A07-A", "A")
    assert POWER.series("A07-A", "A") is series
    assert series.prefix == 'dc_pdu_power_watts{pdu="A07-A",feed="A"} '
    assert series.line_key == "dc_pdu,feed=A,pdu=A07-A"
    assert series.field == "power_watts"


def test_label_without_value_is_no_tag() -> None:
    """Line protocol knows no empty tag; Prometheus takes an empty label for an absent one."""
    assert POWER.series("A07-A", "").line_key == "dc_pdu,pdu=A07-A"


def test_wrong_number_of_labels_is_refused() -> None:
    """A series must have all its labels."""
    with pytest.raises(TypeError, match="has the labels"):
        POWER.series("A07-A")


@given(st.text(alphabet=st.characters(codec=None), max_size=2000))
def test_any_text_becomes_a_safe_label(value: str) -> None:
    """Whatever a device calls itself, the label is valid UTF-8 on one line, bounded, and ends in no
    escape.
    """
    label = safe_label(value)
    label.encode("utf-8")
    assert "\n" not in label
    assert "\0" not in label
    assert len(label) <= MAX_LABEL_LENGTH
    assert not label.endswith("\\")


HOSTILE = (
    "a\nb",
    'say "hi"',
    "back\\",
    "x\\\\n",
    "\0",
    "\ud800",
    "# HELP x y\n# TYPE x counter\nx 1",
    "a,b=c d",
    "昆明",
    "x" * 10**6,
)


def test_hostile_labels_pass_promtool_and_forge_nothing() -> None:
    """Promtool takes a page of hostile label values, and no line is there that we did not write."""
    snapshot = Snapshot()
    readings = [(POWER.series(value, "A"), 1.0) for value in HOSTILE]
    snapshot.update(Batch(collector="t", device="", time=0.0, lifetime=60.0, readings=readings))
    page = "".join(render(snapshot))
    assert len(page.splitlines()) == 2 + len(HOSTILE)
    result = subprocess.run(
        [binary("promtool"), "check", "metrics"],
        input=page.encode(),
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_catalogue_declares_each_name_once_in_base_units() -> None:
    """No metric is declared twice, counters of ours end in _total, and no name carries a percent,
    kilo or hour.
    """
    seen: set[str] = set()
    for metric in all_metrics():
        assert metric.full_name not in seen
        seen.add(metric.full_name)
        assert metric.help.endswith(".") or metric.namespace == "node", metric.full_name
        if metric.namespace == "node":
            continue
        assert (metric.type == "counter") == metric.full_name.endswith("_total"), metric.full_name
        words = metric.full_name.split("_")
        assert not {
            "percent",
            "kw",
            "kwh",
            "kilowatts",
            "hours",
            "milliseconds",
            "mib",
            "kib",
        } & set(words), metric.full_name
    assert {"dc_rack_power_watts", "dc_site_pue_ratio", "hubgauge_collector_success"} <= seen


def test_a_label_is_read_by_its_name() -> None:
    """The position is that of the label in every series' values.

    A name the metric lacks is an error.
    """
    metric = Metric(namespace="t", name="x", type="gauge", help="-", labels=("site", "pdu", "feed"))
    series = metric.series("s1", "A07-A", "A")
    assert (series.values[metric.at("pdu")], series.label("pdu")) == ("A07-A", "A07-A")
    assert series.label("rack") == ""
    with pytest.raises(KeyError, match="rack"):
        metric.at("rack")


def test_a_rack_the_inventory_does_not_list_stands_at_the_agents_site_only() -> None:
    """It does not inherit the agent's own row; a listed one is where the inventory says."""
    own = Place(hub="h", site="s1", row="B", rack="B01")
    listed = Place(hub="h", site="s2", row="C", rack="C01")
    context = Context(place=own, node="n", racks={"C01": listed})
    assert context.place_of() is own
    assert context.place_of("C01") is listed
    assert context.place_of("X01") == Place(hub="h", site="s1", row="", rack="X01")


def test_names_that_are_made_safe_alike_are_one_series() -> None:
    """A NUL becomes a space: both raw names are one object, so a page shows it once."""
    metric = Metric(namespace="t", name="y", type="gauge", help="-", labels=("who",))
    held = metric.series("a b")
    assert metric.series("a\x00b") is held
    assert metric.series("a\x00b").values == ("a b",)
