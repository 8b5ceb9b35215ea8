"""Facility metrics: meters, PDUs and environment sensors. Base units throughout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collectors.base import Metric, MetricType

SITE: Final = ("hub", "site")
METER: Final = (*SITE, "meter", "point")
PDU: Final = (*SITE, "row", "rack", "pdu", "feed")
SENSOR: Final = (*SITE, "row", "rack", "sensor")
DEVICE: Final = (*SITE, "row", "rack", "device")


def _meter(
    name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()
) -> Metric:
    return Metric(
        namespace="dc", subsystem="meter", name=name, type=type, help=help, labels=(*METER, *labels)
    )


def pdu_metric(
    name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()
) -> Metric:
    """Declare a metric of a PDU; `labels` come after those that tell the PDU."""
    return Metric(
        namespace="dc", subsystem="pdu", name=name, type=type, help=help, labels=(*PDU, *labels)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PduPart:
    """A part of a PDU that is metered by itself, and the metrics that such parts have."""

    label: str
    """The label that tells one part from another; the metrics' names begin with it."""
    what: str
    """One such part, in words."""

    def current(self) -> Metric:
        """Declare the current."""
        return self._metric("current_amperes", "Current of {}.")

    def voltage(self) -> Metric:
        """Declare the voltage."""
        return self._metric("voltage_volts", "Voltage of {}.")

    def power(self) -> Metric:
        """Declare the active power."""
        return self._metric("power_watts", "Active power of {}.")

    def apparent_power(self) -> Metric:
        """Declare the apparent power."""
        return self._metric("apparent_power_voltamperes", "Apparent power of {}.")

    def reactive_power(self) -> Metric:
        """Declare the reactive power."""
        return self._metric("reactive_power_vars", "Reactive power of {}.")

    def power_factor(self) -> Metric:
        """Declare the power factor."""
        return self._metric("power_factor_ratio", "Power factor of {}, -1 to 1.")

    def frequency(self) -> Metric:
        """Declare the line frequency."""
        return self._metric("frequency_hertz", "Line frequency of {}.")

    def load(self) -> Metric:
        """Declare the load."""
        return self._metric("load_ratio", "Load of {} as a share of its rating, 0 to 1 and above.")

    def energy(self) -> Metric:
        """Declare the energy register."""
        return self._metric("energy_joules_total", "Energy register of {}.", "counter")

    def resettable_energy(self) -> Metric:
        """Declare the energy register that a user may set back."""
        said = "Energy of {} since a user last set this register back."
        return self._metric("resettable_energy_joules_total", said, "counter")

    def apparent_energy(self) -> Metric:
        """Declare the register of apparent energy."""
        said = "Register of apparent energy of {}; 3.6e6 are one kVAh."
        return self._metric("apparent_energy_voltampere_seconds_total", said, "counter")

    def _metric(self, name: str, help: str, type: MetricType = "gauge") -> Metric:
        said = help.format(self.what)
        return pdu_metric(f"{self.label}_{name}", said, type, labels=(self.label,))


PHASE: Final = PduPart(label="phase", what="one phase of the inlet")

METER_POWER: Final = _meter("power_watts", "Active power through the meter.")
METER_ENERGY: Final = _meter(
    "energy_joules_total", "Energy register of the meter, import direction.", "counter"
)
METER_EXPORTED: Final = _meter(
    "exported_energy_joules_total", "Energy register of the meter, export direction.", "counter"
)
METER_VOLUME: Final = _meter(
    "volume_liters_total",
    "Volume register: water used at point water, elsewhere what has carried the heat or the cold.",
    "counter",
)
METER_PHASE_POWER: Final = _meter(
    "phase_power_watts", "Active power of one phase.", labels=("phase",)
)
METER_VOLTAGE: Final = _meter("voltage_volts", "Voltage, phase to neutral.", labels=("phase",))
METER_CURRENT: Final = _meter("current_amperes", "Current of one phase.", labels=("phase",))
METER_POWER_FACTOR: Final = _meter(
    "power_factor_ratio", "Power factor of the whole meter, -1 to 1."
)
METER_FREQUENCY: Final = _meter("frequency_hertz", "Line frequency.")
METER_PHASE_FREQUENCY: Final = _meter(
    "phase_frequency_hertz", "Line frequency of one phase.", labels=("phase",)
)
METER_APPARENT_POWER: Final = _meter(
    "apparent_power_voltamperes", "Apparent power through the meter."
)
METER_REACTIVE_POWER: Final = _meter("reactive_power_vars", "Reactive power through the meter.")
METER_PHASE_APPARENT_POWER: Final = _meter(
    "phase_apparent_power_voltamperes", "Apparent power of one phase.", labels=("phase",)
)
METER_PHASE_REACTIVE_POWER: Final = _meter(
    "phase_reactive_power_vars", "Reactive power of one phase.", labels=("phase",)
)
METER_PHASE_POWER_FACTOR: Final = _meter(
    "phase_power_factor_ratio", "Power factor of one phase, -1 to 1.", labels=("phase",)
)
METER_PHASE_ENERGY: Final = _meter(
    "phase_energy_joules_total",
    "Energy register of one phase, import direction.",
    "counter",
    ("phase",),
)
METER_APPARENT_ENERGY: Final = _meter(
    "apparent_energy_voltampere_seconds_total",
    "Register of apparent energy; 3.6e6 are one kVAh.",
    "counter",
)
METER_REACTIVE_ENERGY: Final = _meter(
    "reactive_energy_var_seconds_total",
    "Register of reactive energy, inductive; 3.6e6 are one kvarh.",
    "counter",
)
METER_CAPACITIVE_ENERGY: Final = _meter(
    "capacitive_energy_var_seconds_total",
    "Register of reactive energy, capacitive; 3.6e6 are one kvarh.",
    "counter",
)
METER_NET_REACTIVE_ENERGY: Final = _meter(
    "net_reactive_energy_var_seconds",
    "Reactive energy, inductive less capacitive: it falls too; 3.6e6 are one kvarh.",
)
METER_PHASE_NET_REACTIVE_ENERGY: Final = _meter(
    "phase_net_reactive_energy_var_seconds",
    "Reactive energy of one phase, inductive less capacitive: it falls too; 3.6e6 are one kvarh.",
    labels=("phase",),
)
METER_VOLTAGE_DISTORTION: Final = _meter(
    "voltage_distortion_ratio",
    "Total harmonic distortion of the voltage (THD, IEC 61000-4-7), 0 to 1.",
    labels=("phase",),
)
METER_CURRENT_DISTORTION: Final = _meter(
    "current_distortion_ratio",
    "Total harmonic distortion of the current (THD, IEC 61000-4-7), 0 and above.",
    labels=("phase",),
)
METER_TEMPERATURE: Final = _meter(
    "temperature_celsius", "Temperature at the meter, by its own name.", labels=("location",)
)
METER_UP: Final = _meter("up", "1 if the meter answered in the last round, else 0.")

PDU_POWER: Final = pdu_metric("power_watts", "Active power drawn through the PDU's inlet.")
PDU_APPARENT_POWER: Final = pdu_metric(
    "apparent_power_voltamperes", "Apparent power drawn through the PDU's inlet."
)
PDU_REACTIVE_POWER: Final = pdu_metric("reactive_power_vars", "Reactive power at the PDU's inlet.")
PDU_ENERGY: Final = pdu_metric(
    "energy_joules_total", "Energy register of the PDU's inlet.", "counter"
)
PDU_RESETTABLE_ENERGY: Final = pdu_metric(
    "resettable_energy_joules_total",
    "Energy at the PDU's inlet since a user last set this register back.",
    "counter",
)
PDU_APPARENT_ENERGY: Final = pdu_metric(
    "apparent_energy_voltampere_seconds_total",
    "Register of apparent energy at the PDU's inlet; 3.6e6 are one kVAh.",
    "counter",
)
PDU_REACTIVE_ENERGY: Final = pdu_metric(
    "reactive_energy_var_seconds_total",
    "Register of reactive energy at the PDU's inlet; 3.6e6 are one kvarh.",
    "counter",
)
PDU_POWER_FACTOR: Final = pdu_metric(
    "power_factor_ratio", "Power factor at the PDU's inlet, -1 to 1."
)
PDU_FREQUENCY: Final = pdu_metric("frequency_hertz", "Line frequency at the PDU's inlet.")
PDU_CURRENT: Final = pdu_metric(
    "current_amperes",
    "Current at the inlet as a whole, where the device states one beside its phases; no sum of"
    " theirs.",
)
PDU_VOLTAGE: Final = pdu_metric(
    "voltage_volts",
    "Voltage at the inlet as a whole, where the device states one beside its phases.",
)
PDU_LOAD: Final = pdu_metric(
    "load_ratio", "Load of the PDU as a share of its rating, 0 to 1 and above."
)
PDU_RATED_APPARENT_POWER: Final = pdu_metric(
    "rated_apparent_power_voltamperes", "Apparent power for which the PDU's inlet is made."
)
PDU_PHASE_RATED_APPARENT_POWER: Final = pdu_metric(
    "phase_rated_apparent_power_voltamperes",
    "Apparent power for which one phase of the inlet is made.",
    labels=("phase",),
)
PDU_TEMPERATURE: Final = pdu_metric("temperature_celsius", "Temperature inside the PDU.")
PDU_PHASE_CURRENT: Final = PHASE.current()
PDU_PHASE_VOLTAGE: Final = PHASE.voltage()
PDU_PHASE_POWER: Final = PHASE.power()
PDU_PHASE_APPARENT_POWER: Final = PHASE.apparent_power()
PDU_PHASE_REACTIVE_POWER: Final = PHASE.reactive_power()
PDU_PHASE_POWER_FACTOR: Final = PHASE.power_factor()
PDU_PHASE_ENERGY: Final = PHASE.energy()
PDU_PHASE_RESETTABLE_ENERGY: Final = PHASE.resettable_energy()
PDU_PHASE_APPARENT_ENERGY: Final = PHASE.apparent_energy()
PDU_PHASE_FREQUENCY: Final = PHASE.frequency()
PDU_VOLTAGE_DISTORTION: Final = pdu_metric(
    "phase_voltage_distortion_ratio",
    "Total harmonic distortion of the voltage (THD, IEC 61000-4-7), 0 to 1.",
    labels=("phase",),
)
PDU_CURRENT_DISTORTION: Final = pdu_metric(
    "phase_current_distortion_ratio",
    "Total harmonic distortion of the current (THD, IEC 61000-4-7), 0 and above.",
    labels=("phase",),
)
PDU_RESIDUAL_CURRENT: Final = pdu_metric(
    "residual_current_amperes",
    "Residual current: what leaves by another way than it came; empty location: the inlet.",
    labels=("location",),
)
PDU_SURGE_PROTECTOR_OK: Final = pdu_metric(
    "surge_protector_ok", "1 while the PDU's surge protector works, else 0."
)
PDU_PHASE_LOAD: Final = PHASE.load()
PDU_PHASE_IMBALANCE: Final = pdu_metric(
    "phase_imbalance_ratio",
    "Largest deviation of a phase's current from the mean of three, over that mean; absent at low"
    " load.",
)
PDU_REPORTED_IMBALANCE: Final = pdu_metric(
    "reported_imbalance_ratio",
    "Imbalance of the phases as the PDU itself reckons it, by its maker's definition.",
)
PDU_PART_ON: Final = pdu_metric(
    "part_on",
    "1 while the PDU says that this cord, line, phase or branch of it is on, 0 while it is off.",
    labels=("part",),
)
PDU_ALARM: Final = pdu_metric(
    "alarm",
    "1 while the device reports the alarm of this name, else 0; empty: any.",
    labels=("alarm",),
)
PDU_UP: Final = pdu_metric("up", "1 if the PDU answered in the last round, else 0.")

SENSOR_TEMPERATURE: Final = Metric(
    namespace="dc",
    subsystem="sensor",
    name="temperature_celsius",
    type="gauge",
    help="Temperature at a sensor attached to a PDU or a monitoring unit.",
    labels=SENSOR,
)
SENSOR_HUMIDITY: Final = Metric(
    namespace="dc",
    subsystem="sensor",
    name="humidity_ratio",
    type="gauge",
    help="Relative humidity at a sensor, 0 to 1.",
    labels=SENSOR,
)
DEVICE_UP: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="up",
    type="gauge",
    help="1 if the monitoring unit or network device answered in the last round, else 0.",
    labels=DEVICE,
)
