"""Which sensors of a rack measure the air at its inlet."""

from __future__ import annotations

import re
from typing import Final

_EXHAUST: Final = re.compile(r"exhaust|outlet|return|rear|hot", re.IGNORECASE)


def is_exhaust(sensor: str) -> bool:
    """Tell whether the name of a sensor says that it is on the warm side of a rack."""
    return _EXHAUST.search(sensor) is not None
