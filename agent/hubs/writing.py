"""Write a new hub file: it is checked with all others first, and replaces none."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from agent.hubs.loader import SUFFIXES, load_registry
from collectors.base import ConfigError
from collectors.strict import Problems


def check_file(path: Path, text: str) -> None:
    """Load a copy of the folder with the new file in it; raises Problems that name the file."""
    with tempfile.TemporaryDirectory() as scratch:
        for other in sorted(path.parent.glob("*")) if path.parent.exists() else ():
            if other.suffix in SUFFIXES:
                shutil.copy(other, scratch)
        (Path(scratch) / path.name).write_text(text, "utf-8")
        try:
            load_registry(Path(scratch))
        except Problems as problems:
            moved = [
                ConfigError(
                    error.message,
                    file=str(path.parent / Path(error.file).name),
                    line=error.line,
                    key=error.key,
                )
                for error in problems.errors
            ]
            raise Problems(moved) from None


def write_file(path: Path, text: str) -> None:
    """Write the file whole or not at all; raises ConfigError if it exists already, or OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=path.parent, prefix=".", suffix=".tmp", encoding="utf-8", delete=False
    ) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    try:
        os.link(file.name, path)
    except FileExistsError:
        raise ConfigError("exists already", file=str(path)) from None
    finally:
        Path(file.name).unlink()
