"""The hubs that come with the program: one YAML file each in this folder, named after its key.

Kept apart from the loader, so that a node agent can check its hub without loading any.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

PACKAGED: Final = Path(__file__).parent
_NOT_HUBS: Final = ("kpis.yaml", "policy.yaml")


def packaged_files() -> Sequence[Path]:
    """Return the packaged hubs' files, in the order of their keys."""
    return sorted(path for path in PACKAGED.glob("*.yaml") if path.name not in _NOT_HUBS)


def packaged_keys() -> Sequence[str]:
    """Return the packaged hubs' keys; reads no file."""
    return [path.stem for path in packaged_files()]
