"""Panels on a real VictoriaMetrics to which is pushed: it has no mark of what has ended."""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.hubs.model import Registry
from collectors.catalogue import all_metrics
from dashboards.filled import fill
from dashboards.signals import all_signals
from dashboards.verify import Server
from tests.support import ROOT, get, wait_for
from tests.support.victoria import Victoria

CASES = [
    case
    for case in yaml.safe_load((ROOT / "tests" / "dashboards" / "signals.yml").read_text("utf-8"))[
        "tests"
    ]
    if case["name"] in ("chips", "dead_devices", "ended_without_a_mark")
]
"""What signals.yml has worked out by hand for devices that fall silent."""
MEASUREMENTS = {metric.full_name: metric.measurement for metric in all_metrics()}


def labels_of(text: str) -> dict[str, str]:
    """Return the labels of `name{a="b"}` or of `{a="b"}`."""
    return dict(re.findall(r'(\w+)="([^"]*)"', text))


def values_of(text: str) -> Iterator[float | None]:
    """Yield the values of promtool's notation: `25x4` is five of 25, and `_` is none."""
    for part in text.split():
        value, times = part.split("x")
        yield from [None if value == "_" else float(value)] * (int(times) + 1)


def line_protocol(case: dict[str, Any], began: int) -> str:
    """Return the series of a case as agents push them, a sample each minute."""
    lines = []
    for row in case["input_series"]:
        name = row["series"].partition("{")[0]
        measurement = MEASUREMENTS[name]
        tags = "".join(f",{key}={value}" for key, value in labels_of(row["series"]).items())
        lines += [
            f"{measurement}{tags} {name[len(measurement) + 1 :]}={value} {began + 60 * n}000000000"
            for n, value in enumerate(values_of(row["values"]))
            if value is not None
        ]
    return "\n".join(lines)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_has_ended_without_a_mark_is_not_shown(
    tmp_path: Path, registry: Registry, case: dict[str, Any]
) -> None:
    """What falls silent is gone from every panel at once, or its sum is marked as of a part."""
    began = int(time.time()) // 60 * 60 - 1800
    panels = {signal.key: signal.panel() for signal in all_signals(registry)}
    everything = dict.fromkeys(("hub", "site", "row", "rack", "window", "instance"), ".*")
    with Victoria(tmp_path).up() as victoria:
        body = line_protocol(case, began).encode()
        with urllib.request.urlopen(f"{victoria.url}/write", body):
            pass
        get(f"{victoria.url}/internal/force_flush")
        server = Server(victoria.url)
        wait_for(lambda: server.instant('{hub="h"}', began + 600), what="the samples")
        if case["name"] == "ended_without_a_mark":
            ended = server.instant('dc_site_power_watts{boundary="it"}', began + 300)
            assert [series.points[-1][1] for series in ended] == [25], "the database gives it on"
        for query in case["panels"]:
            at = began + 60 * int(query["at"].removesuffix("m"))
            found = server.instant(fill(panels[query["signal"]], everything, 3600), at)
            shown = {tuple(sorted(one.labels.items())): one.points[-1][1] for one in found}
            assert shown == {
                tuple(sorted(labels_of(sample["labels"]).items())): pytest.approx(sample["value"])
                for sample in query["samples"]
            }, query["signal"]
