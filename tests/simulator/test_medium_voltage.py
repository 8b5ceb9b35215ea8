"""A meter of a whole hub is one of medium voltage: it says its power, and nothing is refused.

Worked out by hand: 110 MW at a power factor of 0.97 are 113.4 MVA. At 20 kV these take 3 274 A in
each phase; at 400 V it would be 164 kA. 5.5 MW at 10 kV take 327 A.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from collectors.base import Context, Place
from collectors.facility.modbus.config import Config, Device
from collectors.facility.modbus.kind import KIND
from simulator.modbus_meters import MeterServer, SimulatedMeter
from simulator.model import Meter
from simulator.waves import Waves
from tests.collectors.facility.modbus.kit import PATIENT

NOW = 1_790_000_000.0
CONTEXT = Context(place=Place(hub="guian", site="s"), node="n")
METERS = (
    "eastron-sdm630",
    "acrel-adw300",
    "acrel-dtsd1352",
    "schneider-pm5000",
    "siemens-pac",
    "janitza-umg",
)


def simulated(make: str, watts: float) -> SimulatedMeter:
    """Return a meter that never sees more than two and a half times its power."""
    model = Meter("m", "utility", Waves(watts))
    since = NOW - 20 * 86400
    return SimulatedMeter(model, make, unit=1, clock=lambda: NOW, since=since, peak=2.5 * watts)


async def read(meter: SimulatedMeter) -> tuple[Mapping[str, list[float]], Mapping[str, int]]:
    """Return what a collector reads of a meter, by the metric, and what it drops."""
    server = MeterServer([meter])
    host, port = await server.start(("127.0.0.1", 0))
    device = Device(
        address=f"{host}:{port}",
        profile=meter.make,
        ratios=meter.map.ratios,
        meter="m",
        point="utility",
    )
    (made,) = KIND.build(Config(devices=[device], **PATIENT), CONTEXT)
    try:
        found: dict[str, list[float]] = {}
        for series, value in await made.collect():
            labels = dict(zip(series.labels, series.values, strict=True))
            if "-" not in labels.get("phase", ""):  # a phase, and not two of them
                found.setdefault(series.name, []).append(value)
        return found, made.dropped
    finally:
        await made.aclose()
        await server.stop()


@pytest.mark.parametrize("make", METERS)
@pytest.mark.parametrize(
    ("watts", "volts", "amperes"), [(110e6, 20_000, 3274), (5.5e6, 10_000, 327.4)]
)
async def test_a_large_meter_is_one_of_medium_voltage(
    make: str, watts: float, volts: float, amperes: float
) -> None:
    """Its power, its voltage and its current agree, and none of them is refused."""
    found, dropped = await read(simulated(make, watts))
    assert not dropped
    assert found["dc_meter_power_watts"] == [pytest.approx(watts, rel=0.01)]
    phases = found["dc_meter_voltage_volts"]
    assert phases == [pytest.approx(volts / math.sqrt(3), rel=0.01)] * len(phases)
    currents = found["dc_meter_current_amperes"][:3]
    assert sum(currents) / 3 == pytest.approx(amperes, rel=0.02)
    # Twenty days of that power, in joules.
    assert found["dc_meter_energy_joules_total"] == [pytest.approx(watts * 20 * 86400, rel=0.01)]


@pytest.mark.parametrize("make", ["acrel-adw300", "acrel-dtsd1352"])
@pytest.mark.parametrize(("watts", "ratio"), [(110e6, 200), (5.5e6, 100), (55e3, 1)])
def test_a_meter_with_transformers_has_their_ratio(make: str, watts: float, ratio: int) -> None:
    """They give it 100 V between two phases (IEC 61869-3); a small site has none."""
    assert simulated(make, watts).map.factor("pt") == ratio
