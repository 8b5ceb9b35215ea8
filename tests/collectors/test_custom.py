"""Plugged-in prometheus-client collectors: under a name of the catalogue, what they say counts as
our own.
"""

from __future__ import annotations

import subprocess
import sys

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from collectors.catalogue import facility
from collectors.catalogue.link import LINK_ROUND_TRIP
from collectors.custom import family_readings
from tests.support import ROOT

LINK = {"hub": "guian", "site": "s", "peer": "guangzhou", "share": "0.5"}


def test_a_name_of_the_catalogue_is_the_catalogue_s_metric() -> None:
    """Whatever order its labels come in, so that KPIs find it; a counter keeps its suffix."""
    family = GaugeMetricFamily("dc_link_round_trip_seconds", "Mine.", labels=list(reversed(LINK)))
    family.add_metric(list(reversed(LINK.values())), 0.009)
    assert list(family_readings(family)) == [(LINK_ROUND_TRIP.series(*LINK.values()), 0.009)]
    ((series, _),) = family_readings(family)
    assert series.metric is LINK_ROUND_TRIP
    counter = CounterMetricFamily(
        "dc_meter_energy_joules", "Mine.", labels=["hub", "site", "meter", "point"]
    )
    counter.add_metric(["guian", "s", "m", "utility"], 5)
    assert [s.metric for s, _ in family_readings(counter)] == [facility.METER_ENERGY]


def test_other_labels_are_another_metric() -> None:
    """Who reads the catalogue's metric by the place of its labels never meets others."""
    family = GaugeMetricFamily("dc_link_round_trip_seconds", "Mine.", labels=["peer"])
    family.add_metric(["guangzhou"], 0.009)
    ((series, value),) = family_readings(family)
    assert series.metric is not LINK_ROUND_TRIP
    assert (series.prefix, value) == ('dc_link_round_trip_seconds{peer="guangzhou"} ', 0.009)


def test_other_names_do_not_load_the_catalogue() -> None:
    """An agent's own metrics go through the same door, on every node."""
    code = (
        "import sys; from prometheus_client.core import GaugeMetricFamily as G; from"
        " collectors.custom import family_readings\n"
        "list(family_readings(G('hubgauge_series', 'x', value=1)))\n"
        "print('collectors.catalogue.host' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout == "False\n"
