"""Read the YAML files that an operator writes, strictly.

All mistakes are shown at once, each with file, line, key and what was expected. A model is a frozen
dataclass, and `read` builds it from YAML. A field's type says what is accepted, its default that it
may be left out, and `metadata={"help": …}` what the generated reference says of it. A field with
`metadata={"rest": test}` takes the texts under all further keys that pass the test. The same reader
serves the config file, the inventory, the hub registry and the device profiles.
"""

from __future__ import annotations

from collectors.strict.document import Document, read
from collectors.strict.nodes import is_null
from collectors.strict.problems import Problems, describe, nearest, note_name, under
from collectors.strict.scalars import (
    Count,
    Duration,
    Parsed,
    Positive,
    Range,
    Ratio,
    Regex,
    Size,
    parse_duration,
    parse_size,
)

__all__ = [
    "Count",
    "Document",
    "Duration",
    "Parsed",
    "Positive",
    "Problems",
    "Range",
    "Ratio",
    "Regex",
    "Size",
    "describe",
    "is_null",
    "nearest",
    "note_name",
    "parse_duration",
    "parse_size",
    "read",
    "under",
]
