"""Checks whether a driver has made its device files.

On a node without chips a round does nothing else.
"""

from __future__ import annotations

import os
from pathlib import Path


def has_device(folder: Path, prefix: str) -> bool:
    """Tell whether a folder (/dev) has a file whose name begins with `prefix`."""
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.startswith(prefix) for entry in entries)
    except OSError:
        return False
