"""The units of devices, and their conversion to the base unit of a metric in the catalogue.

A profile names the unit of the manual or MIB (`kWh`, with a scale for `0.1 kWh`). The metric's
suffix gives the quantity. A unit of another quantity is a mistake in the profile, which is found
when the profile is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `base value = raw * factor + offset`, in the base unit of `quantity`."""

    name: str
    quantity: str
    factor: float = 1.0
    offset: float = 0.0


def _units(quantity: str, **factors: float) -> dict[str, Unit]:
    return {name: Unit(name, quantity, factor) for name, factor in factors.items()}


UNITS: Final[dict[str, Unit]] = {
    **_units(
        "watts",
        mW=1e-3,
        W=1.0,
        kW=1e3,
        MW=1e6,
        BTU_per_h=0.29307107017222,
        kBTU_per_h=293.07107017222,
        TR=3516.8528420667,
        hp=745.69987158227,
    ),
    **_units("voltamperes", VA=1.0, kVA=1e3),
    **_units("vars", var=1.0, kvar=1e3),
    **_units("voltampere_seconds", VAs=1.0, VAh=3600.0, kVAh=3.6e6, MVAh=3.6e9),
    **_units("var_seconds", varh=3600.0, kvarh=3.6e6, Mvarh=3.6e9),
    **_units(
        "joules", J=1.0, kJ=1e3, MJ=1e6, GJ=1e9, Wh=3600.0, kWh=3.6e6, MWh=3.6e9, TRh=12660670.23144
    ),
    **_units("volts", mV=1e-3, V=1.0, kV=1e3),
    **_units("amperes", mA=1e-3, A=1.0, kA=1e3),
    **_units("coulombs", mAh=3.6, Ah=3600.0),
    **_units("hertz", mHz=1e-3, Hz=1.0),
    **_units("ratio", ratio=1.0, percent=1e-2, permille=1e-3),
    **_units("seconds", ms=1e-3, s=1.0, min=60.0, h=3600.0),
    **_units(
        "cubic_meters_per_second",
        L_per_s=1e-3,
        L_per_min=1e-3 / 60,
        m3_per_s=1.0,
        m3_per_min=1 / 60,
        m3_per_h=1 / 3600,
        CFM=4.719474432e-4,
        GPM=6.30901964e-5,
    ),
    **_units("liters", L=1.0, m3=1e3, gal=3.785411784, ft3=28.316846592),
    **_units(
        "meters_per_second", m_per_s=1.0, m_per_min=1 / 60, km_per_h=1 / 3.6, ft_per_min=0.00508
    ),
    **_units(
        "pascals",
        Pa=1.0,
        hPa=100.0,
        kPa=1e3,
        mbar=100.0,
        bar=1e5,
        psi=6894.757293168,
        inH2O=249.08891,
        mmH2O=9.80665,
        inHg=3386.389,
    ),
    **_units("rpm", rpm=1.0),
    **_units("lux", lux=1.0),
    **_units("kelvins", delta_K=1.0, delta_F=5 / 9),
    **_units("bits_per_second", bit_per_s=1.0, Mbit_per_s=1e6),
    **_units("bytes", B=1.0),
    "C": Unit("C", "celsius"),
    "F": Unit("F", "celsius", 5 / 9, -160 / 9),
    "K": Unit("K", "celsius", 1.0, -273.15),
    "flag": Unit("flag", "flag"),
}
"""Every unit that a profile may use.

`TimeTicks` (RFC 2578) are hundredths of a second: `unit: s, scale: 0.01`.
"""

THOUSANDTHS: Final = frozenset(("mW", "mV", "mA", "mAh", "mHz", "ms", "permille"))
"""Units in which an integer counts thousandths of what a person would write with a point."""

SYMBOLS: Final[dict[str, str]] = {
    "watts": "W",
    "voltamperes": "VA",
    "vars": "var",
    "voltampere_seconds": "VA·s",
    "var_seconds": "var·s",
    "joules": "J",
    "volts": "V",
    "amperes": "A",
    "coulombs": "C",
    "hertz": "Hz",
    "ratio": "",
    "seconds": "s",
    "celsius": "°C",
    "cubic_meters_per_second": "m³/s",
    "meters_per_second": "m/s",
    "liters": "l",
    "pascals": "Pa",
    "rpm": "/min",
    "lux": "lx",
    "kelvins": "K",
    "bits_per_second": "bit/s",
    "bytes": "B",
    "flag": "",
}
"""Every quantity, which is the suffix of its metrics' names, with the symbol of its base unit.

Where one suffix ends with another, the longer one comes first.
"""


def quantity_of(metric: str) -> str:
    """Return the quantity of a metric by the suffix of its full name.

    `flag` for a metric without such a suffix (states and counts); its unit is `flag`, or the values
    come from a map.
    """
    name = metric.removesuffix("_total")
    return next((suffix for suffix in SYMBOLS if name.endswith(f"_{suffix}")), "flag")


def check_unit(metric: str, unit: str) -> None:
    """Check that a unit fits the metric with this full name; raises ValueError."""
    quantity = quantity_of(metric)
    if unit in UNITS and UNITS[unit].quantity == quantity:
        return
    fitting = ", ".join(one.name for one in UNITS.values() if one.quantity == quantity)
    problem = f"{unit} does not fit {metric}" if unit in UNITS else f"unknown unit {unit!r}"
    message = f"unit: {problem}; expected one of {fitting}"
    raise ValueError(message)


def exact(number: float) -> Fraction:
    """Return the decimal number that a person wrote (0.1), not the nearest binary number."""
    return Fraction(number).limit_denominator(10**15)
