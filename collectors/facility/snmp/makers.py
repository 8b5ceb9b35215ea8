"""Names of makers by their private enterprise numbers, as registered with IANA."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from collectors.strict import Document


def maker_name(number: str) -> str:
    """Return the name of a maker by its enterprise number; empty if it is not known here."""
    return _names().get(number, "")


@functools.cache
def _names() -> Mapping[str, str]:
    plain = Document(Path(__file__).with_name("enterprises.yaml")).plain()
    return {str(number): str(name) for number, name in plain.items()}
