"""AMD accelerators, read from the files of the amdgpu driver under /sys/class/drm.

This needs no library and no special permission.

Only devices of the PCI classes 0x12 and 0x0380 count. Display adapters, such as the graphics part
of a processor, are not accelerators. The two dies of an MI250 are two devices; the second one
reports no power. Source: Documentation/gpu/amdgpu (Linux).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.accelerators.amd_engines import engines, packets
from collectors.accelerators.chip import Chip, ChipReader
from collectors.base import NoData, Reading, Schedule, Unreachable
from collectors.catalogue import node as catalogue

if TYPE_CHECKING:
    from collectors.accelerators.chip import Chips, Value

VENDOR: Final = "AMD"
_VENDOR_ID: Final = "0x1002"
_CLASSES: Final = ("0x12", "0x0380")
_CARD: Final = re.compile(r"card\d+", re.ASCII)
_MODELS: Final = {
    "0x738c": "MI100",
    "0x738e": "MI100",
    "0x7408": "MI250X",
    "0x740c": "MI250X",
    "0x740f": "MI210",
    "0x74a0": "MI300A",
    "0x74a1": "MI300X",
    "0x74b5": "MI300X",
    "0x74a5": "MI325X",
    "0x74a9": "MI300X HF",
    "0x74a2": "MI308X",
}
"""Models by PCI device id (pci.ids), for boards whose FRU gives no product name."""
_CLOCKS: Final = {"sm": "sclk", "memory": "mclk"}
_ERRORS: Final = {"ce": "corrected", "ue": "uncorrected"}
_COUNT: Final = re.compile(r"^(ue|ce): (\d{1,19})$", re.ASCII | re.MULTILINE)
_MAX_TEXT: Final = 4096
_PERCENT: Final = 100.0
_MICRO, _MILLI = 1e-6, 1e-3


class Amd(ChipReader):
    """Reads every AMD accelerator of this node."""

    name: ClassVar[str] = "accelerators"

    def __init__(self, chips: Chips, *, sys: Path, schedule: Schedule) -> None:
        super().__init__(chips)
        self.device = "amd"
        self.schedule = schedule
        self._drm = sys / "class" / "drm"

    def collect(self) -> Sequence[Reading]:
        """Read all chips; raises NoData if no chip has been seen since the start."""
        self._chips.begin()
        chips = list(_chips(self._drm))
        if chips or self._chips.seen:
            return self._chips.readings(chips)
        raise NoData("no AMD accelerator")


def _chips(drm: Path) -> Iterator[Chip]:
    try:
        cards = sorted(
            (path for path in drm.iterdir() if _CARD.fullmatch(path.name)),
            key=lambda path: int(path.name[4:]),
        )
    except FileNotFoundError:
        return
    except OSError as error:
        raise Unreachable(f"{drm}: {error.strerror or error}") from None
    chips = [card for card in cards if _is_chip(card / "device")]
    # The driver counts packets for a second while `pcie_bw` is read. So all chips are read at once.
    with ThreadPoolExecutor(max_workers=max(1, len(chips))) as readers:
        rates = list(readers.map(lambda card: _text(card / "device" / "pcie_bw"), chips))
    for card, rate in zip(chips, rates, strict=True):
        device = card / "device"
        number = _text(device / "device")
        yield Chip(
            name=card.name,
            model=_text(device / "product_name") or _MODELS.get(number, number),
            uuid=_text(device / "unique_id"),
            bus=device.resolve().name if device.is_symlink() else "",
            values=(*_values(device), *packets(rate)),
        )


def _is_chip(device: Path) -> bool:
    return _text(device / "vendor") == _VENDOR_ID and _text(device / "class").startswith(_CLASSES)


def _values(device: Path) -> Iterator[Value]:
    busy = _number(device / "gpu_busy_percent")
    if busy is not None and busy <= _PERCENT:
        yield catalogue.ACCELERATOR_UTILIZATION, "", busy / _PERCENT
    used, total = _number(device / "mem_info_vram_used"), _number(device / "mem_info_vram_total")
    if used is not None and total:
        yield catalogue.ACCELERATOR_MEMORY_USED, "", used
        yield catalogue.ACCELERATOR_MEMORY_TOTAL, "", total
    for sensors in sorted(device.glob("hwmon/hwmon*"))[:1]:
        # Older chips report average power, newer ones present power. A running chip never draws
        # 0 W, so 0 means that this die has no power meter.
        power = _number(sensors / "power1_average") or _number(sensors / "power1_input")
        if power:
            yield catalogue.ACCELERATOR_POWER, "", power * _MICRO
        celsius = _labelled(sensors, "temp", ("junction", "edge"))
        if celsius is not None:
            yield catalogue.ACCELERATOR_TEMPERATURE, "", celsius * _MILLI
        celsius = _labelled(sensors, "temp", ("mem",))
        if celsius:
            yield catalogue.ACCELERATOR_MEMORY_TEMPERATURE, "", celsius * _MILLI
        for clock, label in _CLOCKS.items():
            hertz = _labelled(sensors, "freq", (label,))
            if hertz is not None:
                yield catalogue.ACCELERATOR_CLOCK, clock, hertz
        limit = _number(sensors / "power1_cap")
        if limit:
            yield catalogue.ACCELERATOR_POWER_LIMIT, "", limit * _MICRO
    yield from _health(device)


def _health(device: Path) -> Iterator[Value]:
    """Yield how busy memory and engines are, what PCIe sent again, and memory errors (RAS)."""
    busy = _number(device / "mem_busy_percent")
    if busy is not None and busy <= _PERCENT:
        yield catalogue.ACCELERATOR_ENGINE, "memory", busy / _PERCENT
    video = _number(device / "vcn_busy_percent")
    shares = {engine: share for _, engine, share in engines(_bytes(device / "gpu_metrics"))}
    if video is not None and video <= _PERCENT:
        shares["video"] = video / _PERCENT
    for engine, share in shares.items():
        yield catalogue.ACCELERATOR_ENGINE, engine, share
    replays = _number(device / "pcie_replay_count")
    if replays is not None:
        yield catalogue.ACCELERATOR_PCIE_REPLAYS, "", replays
    counts = dict(_COUNT.findall(_text(device / "ras" / "umc_err_count")))
    for word, kind in _ERRORS.items():
        if word in counts:
            yield catalogue.ACCELERATOR_ECC_ERRORS, kind, float(counts[word])


def _labelled(sensors: Path, kind: str, labels: Sequence[str]) -> float | None:
    """Return the first of some sensors of a kind (`temp`, `freq`), by the driver's labels.

    The chip throttles by its junction temperature, so it comes before the edge's. Temperatures are
    in thousandths of a degree Celsius, frequencies in hertz.
    """
    found = {
        _text(path): path.with_name(path.name.replace("label", "input"))
        for path in sensors.glob(f"{kind}*_label")
    }
    for label in labels:
        if label in found and (value := _number(found[label])) is not None:
            return value
    return None


def _text(path: Path) -> str:
    """Return the text of a small file.

    Empty if the file is missing or cannot be read now, for example while a chip is reset.
    """
    return _bytes(path).decode("utf-8", "replace").strip()


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_TEXT)
    except OSError:
        return b""


def _number(path: Path) -> float | None:
    text = _text(path)
    return float(text) if text.isdecimal() and text.isascii() and len(text) < 20 else None
