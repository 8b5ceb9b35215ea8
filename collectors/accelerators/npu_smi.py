"""The table that Huawei's `npu-smi info` prints, read by its own headings.

The headings differ between chips and versions.

Each chip has two rows under two rows of headings, cells parted by bars. What was seen of it, by
version and product:

- 910A, 910ProB (21 to 22): `Chip`, `Bus-Id`, `AICore(%)`, `Memory-Usage(MB)` (DDR) and
  `HBM-Usage(MB)`;
- 910B (23 to 25): `Hugepages-Usage(page)` as well, and no DDR, so `0 / 0`;
- Atlas A3, 910C (24 on): `Phy-ID` beside `Chip`; two dies a module, whose power stands at the
  first, `-` at the second;
- 310, 310P (21 to 25): `Device` beside `Chip`, no HBM column; a 310P says `NA` for power.

"MB" are MiB: a chip of 64 GiB has 65536. Source: "npu-smi Command Reference", `npu-smi info`.
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
# `3161 / 65536` is one value; possessive, so that nothing is tried twice.
_VALUE: Final = re.compile(r"[^\s/]++\s*+/\s*+[^\s/]++|\S++")
_NUMBER: Final = re.compile(r"\d{1,12}(?:\.\d{1,6})?", re.ASCII)
_UNITS: Final = {"KB": 2.0**10, "MB": 2.0**20, "GB": 2.0**30}
_PERCENT: Final = 100.0


def parse(text: str) -> list[Chip]:
    """Return the chips of a table; a row that cannot be read costs its chip only.

    Raises BadReply for what is no such table.
    """
    first: list[list[str]] = []
    second: list[list[str]] = []
    chips: list[Chip] = []
    above: Sequence[str] | None = None
    for cells in _rows(text):
        words = cells[0].split()
        if words[:1] == ["NPU"]:
            if "Process" in "".join(cells[1:]):  # the processes stand below the chips
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
            # Rows come in pairs; where one is missing, the next may begin a pair.
            above = None if chip is not None else cells
            chips += [chip] if chip is not None else []
    if not second:
        raise BadReply(f"npu-smi prints no table of chips: {_last_line(text)}")
    return chips


def _rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of every line that has some."""
    rows = 0
    for line in text.splitlines():
        if line.startswith("|") and len(line) <= _MAX_LINE:
            rows += 1
            if rows > _MAX_ROWS:
                raise BadReply("npu-smi prints more rows than chips can have")
            yield line.strip().strip("|").split("|")


def _last_line(text: str) -> str:
    """Return the last line of a program that failed; its libraries may print before it."""
    lines = [line.strip() for line in text[-_TAIL:].splitlines() if line.strip(" \t+-=|")]
    return safe_label(lines[-1][:_SHOWN]) if lines else "nothing at all"


def _read(headings: Sequence[Sequence[str]], cells: Sequence[str]) -> dict[str, str]:
    """Pair headings with values, cell by cell.

    Empty where the row has other cells than the heading.

    A cell with more or fewer values than its heading has words is left out, unless it ends in a
    name, which may have blanks.
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
    """Make a chip of its two rows; None where they do not say which chip it is."""
    npu, chip = row.get("NPU", ""), row.get("Chip", "")
    if not (_is_id(npu) and _is_id(chip) and row.get("Name")):
        return None
    # The device file's number, where the table has it. Without, an NPU is a chip but for the second
    # of a card.
    device = row.get("Phy-ID", row.get("Device", ""))
    number = device if _is_id(device) else npu if chip == "0" else f"{npu}-{chip}"
    bus = row.get("Bus-Id", "")
    return Chip(
        name=f"davinci{number}",
        model=row["Name"],
        bus=bus if ":" in bus else "",
        values=tuple(_values(row)),
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
    for name in (
        "HBM-Usage",
        "Memory-Usage",
    ):  # what a chip computes in is its HBM where it has any
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
    """Return a number; None for `-`, `NA` and whatever else is none."""
    return float(text) if _NUMBER.fullmatch(text) else None
