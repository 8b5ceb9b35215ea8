"""Which files of a folder are lists of devices, for who reads them and for who looks into them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

YAML_SUFFIXES: Final = (".yaml", ".yml")
CSV_SUFFIX: Final = ".csv"


def lists_in(folder: Path) -> list[Path]:
    """Return the lists of devices in a folder, in order; raises OSError if it cannot be read."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in (*YAML_SUFFIXES, CSV_SUFFIX) and not path.name.startswith(".")
    )
