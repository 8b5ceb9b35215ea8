"""The table that Huawei's `npu-smi info` prints.

The columns differ between chips and versions, so they are found by their headings.

Each chip has two rows under two rows of headings. Bars separate the cells. These forms are known,
by product and version:

- 910A, 910ProB (21 to 22): `Chip`, `Bus-Id`, `AICore(%)`, `Memory-Usage(MB)` (DDR) and
  `HBM-Usage(MB)`;
- 910B (23 to 25): the same and `Hugepages-Usage(page)`; without DDR, so that shows `0 / 0`;
- Atlas A3, 910C (from 24 on): `Phy-ID` beside `Chip`; a module has two dies, and its power is shown
  at the first die, with `-` at the second;
- 310, 310P (21 to 25): `Device` beside `Chip`, and no HBM column; a 310P shows `NA` for power.

"MB" means MiB: a chip with 64 GiB shows 65536. Source: "npu-smi Command Reference", `npu-smi info`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from collectors.accelerators.chip import Chip
from collectors.base import BadReply
from collectors.catalogue import node as catalogue
from collectors.labels import safe_label

if TYPE_CHECKING:
    from collectors.accelerators.chip import Value

_MAX_LINE: Final = 1000
_MAX_ROWS: Final = 4096
_SHOWN: Final = 160
_TAIL: Final = 4096
# `3161 / 65536` is one value. The quantifiers are possessive, so a match never backtracks.
_VALUE: Final = re.compile(r"[^\s/]++\s*+/\s*+[^\s/]++|\S++")
_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_UNITS: Final = {"KB": 2.0**10, "MB": 2.0**20, "GB": 2.0**30}
_PERCENT: Final = 100.0


def parse(text: str) -> list[Chip]:
    """Return the chips of a table. A row that cannot be read loses only its own chip.

    Raises BadReply if the text has no such table.
    """
    first: list[list[str]] = []
    second: list[list[str]] = []
    chips: list[Chip] = []
    above: Sequence[str] | None = None
    for cells in _rows(text):
        words = cells[0].split()
        if words[:1] == ["NPU"]:
            if "Process" in "".join(cells[1:]):  # the table of processes is below that of chips
                break
            first, second, above = [cell.split() for cell in cells], [], None
        elif words[:1] == ["Chip"]:
            second, above = [cell.split() for cell in cells], None
        elif not second:
            continue
        elif above is None:
            above = cells
        else:
            chip = _chip(_read(first, above) | _read(second, cells))
            # Rows come in pairs. If one row is missing, this one may be the first of a new pair.
            above = None if chip is not None else cells
            chips += [chip] if chip is not None else []
    if not second:
        raise BadReply(f"npu-smi prints no table of chips; its last line: {_last_line(text)}")
    return chips


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every line that has cells."""
    rows = 0
    for line in text.splitlines():
        if line.startswith("|") and len(line) <= _MAX_LINE:
            rows += 1
            if rows > _MAX_ROWS:
                raise BadReply(f"npu-smi prints more than {_MAX_ROWS} rows")
            yield line.strip().strip("|").split("|")


def _last_line(text: str) -> str:
    """Return the last line of the output, where a failed program states its error."""
    lines = [line.strip() for line in text[-_TAIL:].splitlines() if line.strip(" \t+-=|")]
    return safe_label(lines[-1][:_SHOWN]) if lines else "nothing at all"


def _read(headings: Sequence[Sequence[str]], cells: Sequence[str]) -> dict[str, str]:
    """Return the values of a row by their headings.

    The result is empty if the row does not have as many cells as the headings. A cell that does not
    have as many values as its heading has words is left out. The exception is a cell that ends in a
    name: a name may contain spaces.
    """
    if len(headings) != len(cells):
        return {}
    found: dict[str, str] = {}
    for names, cell in zip(headings, cells, strict=True):
        values = _VALUE.findall(cell)
        if names[-1:] == ["Name"] and len(values) > len(names):
            values[len(names) - 1 :] = [" ".join(values[len(names) - 1 :])]
        if len(names) == len(values):
            found.update(zip(names, values, strict=True))
    return found


def _chip(row: Mapping[str, str]) -> Chip | None:
    """Make a chip from its two rows; None if they do not identify it."""
    npu, chip = row.get("NPU", ""), row.get("Chip", "")
    if not (_is_id(npu) and _is_id(chip) and row.get("Name")):
        return None
    # The number of the device file, if the table has it. Else the number of the NPU; the second
    # chip of a card also gets its own number.
    device = row.get("Phy-ID", row.get("Device", ""))
    number = device if _is_id(device) else npu if chip == "0" else f"{npu}-{chip}"
    bus = row.get("Bus-Id", "")
    return Chip(
        name=f"davinci{number}",
        model=row["Name"],
        bus=bus if ":" in bus else "",
        values=tuple(_values(row)),
        asked_by=("-i", npu, "-c", chip),
    )


def _values(row: Mapping[str, str]) -> Iterator[Value]:
    health = row.get("Health", "")
    if health not in ("", "-", "NA"):
        yield catalogue.ACCELERATOR_HEALTHY, "", float(health == "OK")
    power = _number(row.get("Power(W)", ""))
    if power is not None:
        yield catalogue.ACCELERATOR_POWER, "", power
    temperature = _number(row.get("Temp(C)", ""))
    if temperature is not None:
        yield catalogue.ACCELERATOR_TEMPERATURE, "", temperature
    busy = _number(row.get("AICore(%)", ""))
    if busy is not None and busy <= _PERCENT:
        yield catalogue.ACCELERATOR_UTILIZATION, "", busy / _PERCENT
    # A chip computes in its HBM, if it has one.
    for name in ("HBM-Usage", "Memory-Usage"):
        used, total = _memory(row, name)
        if used is not None and total:
            yield catalogue.ACCELERATOR_MEMORY_USED, "", used
            yield catalogue.ACCELERATOR_MEMORY_TOTAL, "", total
            return


def _scaled(number: float | None, scale: float) -> float | None:
    return None if number is None else number * scale


def _memory(row: Mapping[str, str], name: str) -> tuple[float | None, float | None]:
    for heading, value in row.items():
        word, _, unit = heading.partition("(")
        if word == name and (scale := _UNITS.get(unit.removesuffix(")"))) is not None:
            used, _, total = (part.strip() for part in value.partition("/"))
            return _scaled(_number(used), scale), _scaled(_number(total), scale)
    return None, None


def _is_id(text: str) -> bool:
    return text.isdecimal() and text.isascii() and len(text) < 5


def _number(text: str) -> float | None:
    """Return a number; None for `-`, `NA` and any other text that is not a number."""
    return float(text) if _NUMBER.fullmatch(text) else None
