"""One register of a Modbus device profile: its address, its notation, and its metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from collectors.base import Metric
from collectors.catalogue.bounds import has_extremes
from collectors.facility.masks import Pattern, check_mask, parse_number
from collectors.facility.modbus.numbers import WIDTHS, Notation, Order, Type
from collectors.facility.profile import metric_named
from collectors.facility.units import check_unit
from collectors.labels import IDENTITY
from collectors.strict import Parsed, Range

Function = Literal["input", "holding"]

FUNCTIONS: Final[dict[Function, int]] = {"input": 4, "holding": 3}
"""Function codes of the reads (MODBUS Application Protocol V1.1b3, 6.3 and 6.4)."""
ADDRESS_COUNT: Final = 1 << 16


def parse_span(text: str) -> range:
    """Parse a range such as `0x0010-0x001F`, with both ends, or one address; raises ValueError."""
    first, _, last = text.partition("-")
    span = range(parse_number(first), parse_number(last or first) + 1)
    if not span or span.start < 0 or span.stop > ADDRESS_COUNT:
        raise ValueError(text)
    return span


Address = Annotated[
    int,
    Parsed(parse_number, "a register's address such as 52 or 0x0034"),
    Range(0, ADDRESS_COUNT - 1),
]
Span = Annotated[range, Parsed(parse_span, "addresses such as 0x0010-0x001F")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The place of a number: a function, an address, and its notation."""

    function: int
    address: int
    notation: Notation
    words: int = field(init=False)

    def __post_init__(self) -> None:
        """Calculate the number of registers once."""
        object.__setattr__(self, "words", self.notation.words)

    @property
    def end(self) -> int:
        """The address after its last register."""
        return self.address + self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The register in which a device says what it is, and the numbers of the devices of this map.

    It is read alone, since some devices give the number only then. A device that has another number
    has another map. A device without the register is accepted.
    """

    address: Address
    numbers: list[Span] = field(metadata={"help": "numbers such as 71, or ranges such as 330-349"})
    function: Function | None = None

    def __str__(self) -> str:
        """Return the numbers as a text."""
        return ", ".join(
            f"{span.start}-{span[-1]}" if len(span) > 1 else str(span.start)
            for span in self.numbers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor that the device reports: a transformer's ratio, or a scale factor.

    It is `raw * scale`. With `exponent` it is ten to the power of `raw + bias`, as for SunSpec's
    scale factors. Without an `address`, the config must give it (`ratios`). The config may also
    replace a factor that the device reports wrongly.
    """

    address: Address | None = None
    type: Type = "uint16"
    scale: float = 1.0
    exponent: bool = False
    bias: int = 0
    mask: Pattern = 0
    function: Function | None = None
    order: Order | None = None
    sentinels: list[Pattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check that the keys fit together."""
        if self.exponent and self.scale != 1:
            message = "scale: with exponent, use bias instead"
            raise ValueError(message)
        if self.bias and not self.exponent:
            message = "bias: works only with exponent"
            raise ValueError(message)
        _check_mask(self.type, self.mask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """One value of the register map: its address, its notation, and its metric.

    The value is `raw * scale`, times the factors named in `times`, in `unit`. `add` lists the
    addresses of further registers of the same kind whose numbers are added, such as the energy of a
    second tariff. With `map`, each raw value becomes the given one, and all others become
    `otherwise`. `mask` selects some bits. `wraps_at` is the raw value at which a counter wraps to
    0. By default it follows from the width of an unsigned type and is unknown for other types; 0
    means unknown. `sentinels` are raw bit patterns for "no value", in addition to the profile's own
    for this type.
    """

    metric: str
    address: Address
    type: Type
    unit: str = ""
    scale: float = 1.0
    times: list[str] = field(default_factory=list)
    add: list[Address] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    phase: str = field(default="", metadata={"help": "the same as labels: {phase: …}"})
    function: Function | None = None
    order: Order | None = None
    mask: Pattern = 0
    sign_bit: Annotated[int, Range(0, 63)] | None = None
    map: dict[int, float] = field(default_factory=dict)
    otherwise: float | None = None
    wraps_at: float | None = None
    sentinels: list[Pattern] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Check the metric, its unit and its labels, and what its type can do."""
        try:
            metric = metric_named(self.metric)
        except ValueError as error:
            message = f"metric: {error}"
            raise ValueError(message) from None
        self._check_labels(metric)
        if bool(self.unit) == bool(self.map):
            message = "unit: expected a unit, or a map of raw values"
            raise ValueError(message)
        if self.unit:
            check_unit(self.metric, self.unit)
        if self.scale == 0:
            message = "scale: expected a number other than 0"
            raise ValueError(message)
        if self.wraps_at is not None and metric.type != "counter":
            message = f"wraps_at: {self.metric} is not a counter"
            raise ValueError(message)
        _check_mask(self.type, self.mask)
        if self.sign_bit is not None and (
            self.type.startswith(("int", "float")) or self.sign_bit >= 16 * WIDTHS[self.type]
        ):
            message = f"sign_bit: {self.type} already has a sign, or does not have so many bits"
            raise ValueError(message)

    def _check_labels(self, metric: Metric) -> None:
        wanted = {name for name in metric.labels if name not in IDENTITY}
        given = set(self.all_labels())
        if self.phase and "phase" not in wanted:
            message = f"phase: {self.metric} has no phase"
            raise ValueError(message)
        # Only the config names a device that is one sensor. The profile checks this.
        if given - wanted or wanted - given - {"sensor"}:
            message = f"labels: {self.metric} needs {', '.join(sorted(wanted)) or 'no labels'}"
            raise ValueError(message)

    def has_extremes(self) -> bool:
        """Tell whether the extreme of its type means that there is no value."""
        plain = not (self.map or self.mask or self.sign_bit is not None)
        return plain and has_extremes(metric_named(self.metric))

    def all_labels(self) -> dict[str, str]:
        """Return the labels, the phase among them."""
        return self.labels | ({"phase": self.phase} if self.phase else {})


def _check_mask(type: Type, mask: int) -> None:
    if mask and (not type.startswith("uint") or not 0 < mask < 1 << 16 * WIDTHS[type]):
        message = f"mask: expected some bits of an unsigned type, got {mask:#x} of {type}"
        raise ValueError(message)
    check_mask(mask)
