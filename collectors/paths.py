"""What is at a path that a config names. It may be one that no file can have: far too long."""

from __future__ import annotations

from pathlib import Path


def is_folder(path: Path) -> bool:
    """Tell whether a folder is there, as far as can be seen."""
    try:
        return path.is_dir()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False


def is_regular(path: Path) -> bool:
    """Tell whether a regular file is there, as far as can be seen."""
    try:
        return path.is_file()
    except OSError:
        return False
