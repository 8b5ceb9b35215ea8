"""The statement of a site's year as data, and its digest.

The digest is the SHA-256 of the statement as JSON with sorted keys, no white space, and without the
digest itself. Energies are kilowatt-hours, water is litres.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The PUE of a period; `uncertainty` is relative and expanded (k = 2).

    `end` is not part of it. Energies are None where no time is covered.
    """

    start: str
    end: str
    pue: float | None
    state: str
    coverage: float
    uncertainty: float | None
    facility_kwh: float | None
    it_kwh: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A figure beside PUE: `ref`, `erf`, `cue` (kg/kWh) or `wue` (l/kWh), and its standard."""

    name: str
    standard: str
    value: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedMeter:
    """A meter that counts: what it is, since when, and its energy in the covered time.

    `energy` times `factor` is `counted`. `calibrated` is the day of its last calibration, as the
    inventory states it. A meter that was not heard has no energy. `complete` says that all of its
    hours are still in the ledger.
    """

    meter: str
    point: str
    replaced: Sequence[str]
    serial: str
    accuracy_class: float | None
    calibrated: str
    since: str
    until: str
    factor: float
    energy: float | None
    counted: float | None
    unit: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedPoint:
    """The energy of a point in the covered time; `sign` is how it counts in facility energy."""

    point: str
    sign: int
    is_it: bool
    energy: float
    unit: str
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """How many readings of a meter were rejected in the year, for one reason."""

    meter: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file that was imported for the site until the statement was made."""

    time: str
    file: str
    sha256: str
    user: str
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A year of one site. Times are ISO 8601 with the site's offset."""

    site: str
    name: str
    hub: str
    year: int
    made: str
    program: str
    simulated: bool
    edition: str
    category: int | None
    it_point: str
    facility_method: str
    interim: bool
    figure: Figure
    months: Sequence[Figure]
    beside: Sequence[Beside]
    points: Sequence[StatedPoint]
    meters: Sequence[StatedMeter]
    refused: Sequence[Refused]
    imports: Sequence[Imported]
    notes: Sequence[str]

    @property
    def sha256(self) -> str:
        """The digest of everything that is stated."""
        return digest(dataclasses.asdict(self))

    def as_json(self) -> dict[str, object]:
        """Return the statement with its digest, as it is published."""
        return {**dataclasses.asdict(self), "sha256": self.sha256}


def digest(stated: dict[str, object]) -> str:
    """Return the digest of a statement that was read from JSON; its own digest is left out."""
    content = {key: value for key, value in stated.items() if key != "sha256"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
