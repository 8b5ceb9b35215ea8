"""A fifth of all devices never answers: the others are read as if those were not there. `python -m bench scale` has five hundred."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.support import get, wait_for
from tests.support.crowd import crowd
from tests.support.trickle import trickling

INTERVAL, TIMEOUT = 4.0, 3.0
RACKS, DEAD = 60, 24


def shown(page: str, metric: str, label: str) -> dict[str, float]:
    """Values of a metric by one of its labels."""
    return {
        name: float(value)
        for name, value in re.findall(
            rf'^{metric}\{{.*?\b{label}="([^"]+)".*\}} (\S+)$', page, re.MULTILINE
        )
    }


def test_dead_devices_cost_the_live_ones_nothing_and_one_byte_at_a_time_is_no_way_round_a_deadline(
    tmp_path: Path,
) -> None:
    """Of 120 PDUs 24 are silent and one meter answers by the byte: the rest keep their interval, and it shows who is dead."""
    with ExitStack() as stack:

        def slow_meter(config: dict[str, Any]) -> None:
            (meter,) = (
                one for one in config["collectors"]["modbus"]["devices"] if one["meter"] == "ups-a"
            )
            proxy = stack.enter_context(trickling(meter["address"], 0.3))
            meter["address"] = f"127.0.0.1:{proxy.port}"
            passed.append(proxy)

        passed: list[Any] = []
        site = stack.enter_context(
            crowd(
                tmp_path,
                racks=RACKS,
                dead=DEAD,
                interval=INTERVAL,
                timeout=TIMEOUT,
                change=slow_meter,
            )
        )
        site.watch(2)  # the second round comes half an interval to one and a half after the first
        site.seen.clear()
        site.watch(4)
        gaps = site.gaps()
        median, most, _ = site.summary()
        print(f"off the interval: median {median:.2%}, 95th percentile {most:.2%}")
        assert len(gaps) == site.devices - DEAD - 1
        assert all(len(times) >= 2 for times in gaps.values())
        assert median < 0.1
        assert most < 0.5  # a machine that does much else

        wait_for(lambda: passed[0].passed > 3, what="some bytes of the slow meter")
        page = site.page()
        up = shown(page, "dc_pdu_up", "pdu")
        assert {pdu for pdu, value in up.items() if value == 0} == site.dead
        assert len(up) == 2 * RACKS
        assert shown(page, "dc_meter_up", "meter")["ups-a"] == 0
        assert shown(page, "hubgauge_collector_duration_seconds", "device")["ups-a"] < TIMEOUT + 1.5
        silent = json.loads(get(f"http://127.0.0.1:{site.port}/api/collectors"))
        kinds = {kind["collector"]: kind["silent"] for kind in silent["kinds"]}
        assert (kinds["snmp"], kinds["modbus"]) == (DEAD, 1)
        assert re.search(
            rf"\b{DEAD + 1} of \d+ do not answer", get(f"http://127.0.0.1:{site.port}/").decode()
        )
