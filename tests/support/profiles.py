"""The names of the packaged profiles, without reading them: each process of a run collects
tests.
"""

from __future__ import annotations

import re
from functools import cache

from collectors.facility.profile import PACKAGED


@cache
def profile_names(protocol: str) -> list[str]:
    """Return the names of the packaged profiles of one protocol."""
    spoken = re.compile(rf"^protocol: {protocol}$", re.MULTILINE)
    found = [path.stem for path in PACKAGED.glob("*.yaml") if spoken.search(path.read_text())]
    assert found
    return sorted(found)
