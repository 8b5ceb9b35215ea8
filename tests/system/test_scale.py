"""A fifth of all devices never answers: the others are read as if those were not there.

`python -m bench scale` has five hundred devices and says how evenly they are read.
"""

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
    """Beside silent PDUs and a meter that answers by the byte the rest is read evenly.

    Were the dead read one after the other, four rounds would take 24 x 3 s each: longer than the
    test waits. None that answers is read much more often than another.
    """
    with ExitStack() as stack:

        def slow_meter(config: dict[str, Any]) -> None:
            (meter,) = (
                one for one in config["collectors"]["modbus"]["devices"] if one["meter"] == "ups-a"
            )
            proxy = stack.enter_context(trickling(meter["address"], 1.5))
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

        def read(times: int) -> bool:
            site.note()
            live = len(site.seen.keys() - site.dead)
            return live == site.devices - DEAD - 1 and site.least() >= times

        # The second round comes half an interval to one and a half after the first.
        wait_for(lambda: read(2), what="two rounds")
        site.seen.clear()
        wait_for(lambda: read(5), what="four more")
        assert max(map(len, site.seen.values())) <= 5 + 4

        wait_for(lambda: passed[0].passed > 3, what="some bytes of the slow meter")

        def silent() -> set[str]:
            up = shown(site.page(), "dc_pdu_up", "pdu")
            assert len(up) == 2 * RACKS
            return {pdu for pdu, value in up.items() if value == 0}

        wait_for(lambda: silent() == site.dead, what="the dead, and no others")
        page = site.page()
        assert shown(page, "dc_meter_up", "meter")["ups-a"] == 0
        assert (
            shown(page, "hubgauge_collector_duration_seconds", "device")["ups-a"] < 30
        )  # byte by byte: 60
        told = json.loads(get(f"http://127.0.0.1:{site.port}/api/collectors"))
        kinds = {kind["collector"]: kind["silent"] for kind in told["kinds"]}
        assert (kinds["snmp"], kinds["modbus"]) == (DEAD, 1)
        assert re.search(
            rf"\b{DEAD + 1} of \d+ do not answer", get(f"http://127.0.0.1:{site.port}/").decode()
        )
