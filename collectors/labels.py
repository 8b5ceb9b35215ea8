"""Names and label values of series: both are outside data, such as a textfile or a PDU's name.

A label value is made safe. A name is taken or refused: a changed name would be another series.
"""

from __future__ import annotations

import functools
import re
from typing import Final

IDENTITY: Final = (
    "hub",
    "site",
    "row",
    "rack",
    "pdu",
    "feed",
    "ups",
    "unit",
    "ats",
    "dcplant",
    "generator",
    "device",
    "meter",
    "point",
)
"""Labels that identify a facility device. They come from the config.

A profile gives all other labels of a metric.
"""
MAX_LABEL_LENGTH: Final = 1024
"""Label values are cut at this many characters: a device's name is data from outside."""

# A label value comes from outside (interface names, PDU names, chips): one table makes it safe for
# both text formats. Control characters become spaces: line protocol has no escape for a newline,
# and a NUL breaks some databases. So do the line breaks of Unicode, and what turns the direction of
# all text behind it: in a log or an alert a name would change what stands beside it.
_CONTROL: Final = dict.fromkeys(
    (
        *range(0x20),
        *range(0x7F, 0xA0),
        0x2028,
        0x2029,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    ),
    " ",
)

_METRIC_NAME: Final = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL_NAME: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@functools.lru_cache(maxsize=4096)
def names_allowed(sample: str, labels: tuple[str, ...]) -> bool:
    """Tell whether the names of a sample and of its labels can stand in both text formats.

    They are the names of the Prometheus data model before version 3. Text format 0.0.4 and line
    protocol know no quotes around a name, and one wrong name costs the whole page. A label name
    comes once, and `__name__` is the metric's own.
    """
    return bool(
        _METRIC_NAME.fullmatch(sample)
        and all(map(_LABEL_NAME.fullmatch, labels))
        and len(set(labels)) == len(labels)
        and "__name__" not in labels
    )


def safe_help(text: str) -> str:
    """Make any string safe as the help of a metric, on one line."""
    return text[:MAX_LABEL_LENGTH].translate(_CONTROL).encode("utf-8", "replace").decode()


def safe_label(value: str) -> str:
    """Make any string safe as a label value of at most `MAX_LABEL_LENGTH` characters.

    The result is valid UTF-8 without control characters. Lone surrogates (undecodable bytes in a
    file name) become U+FFFD. A trailing backslash is cut: in line protocol it would escape the
    separator behind it.
    """
    if len(value) > MAX_LABEL_LENGTH:
        value = value[:MAX_LABEL_LENGTH]
    if not value.isprintable() or not value.isascii():
        value = (
            value.translate(_CONTROL).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        )
    return value.rstrip("\\")


def text_escape(value: str) -> str:
    """Escape a label value for the exposition format."""
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def line_escape(value: str) -> str:
    """Escape a tag for line protocol; it must be safe already."""
    return value.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")
