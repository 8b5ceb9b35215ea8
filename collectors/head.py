"""What all series of a device share: the label values that say what is measured.

Each set of values is one object, however many series and devices have it.
"""

from __future__ import annotations

import sys
import threading
from typing import Final
from weakref import WeakValueDictionary

from collectors.labels import IDENTITY, text_escape

Labels = tuple[str, ...]

_SUBJECTS: Final = frozenset((*IDENTITY, "node", "accelerator", "collector"))
"""Labels that say what is measured. A series' first labels of this kind are its head."""
NAMED_WITHIN: Final = "sensor"
"""The label whose value begins with the name of its device: `A07-A/temperature 1`."""
_MAX_SHARED: Final = 65_536
"""At most this many label values of single series are shared; beyond it sharing begins anew."""


class Head:
    """The label values that all series of a device share: its place and its name.

    `begins` is what the values of the label behind these begin with, as do those of `NAMED_WITHIN`;
    empty of all other labels. So devices of one make differ in their heads only.
    """

    __slots__ = ("__weakref__", "begins", "labels", "text", "values")

    def __init__(self, labels: Labels, values: Labels, begins: str) -> None:
        self.labels: Final = labels
        self.values: Final = values
        self.begins: Final = begins
        text = text_of(labels, values)
        if begins:
            text += f"{',' if text else ''}{_OPENED}{text_escape(begins)}"
        self.text: Final = text.encode("utf-8", "replace")
        """The labels as exposition text: `hub="kunming",pdu="A07-A"`."""

    @property
    def joint(self) -> str:
        """What stands between its text and that of the labels behind it."""
        return "," if self.labels and not self.begins else ""

    def with_rest(self, rest: Labels) -> Labels:
        """Return all values of a series, of those behind this head."""
        if self.begins:
            return *self.values, self.begins + rest[0], *rest[1:]
        return self.values + rest if rest else self.values

    def cut(self, text: str) -> str:
        """Return the exposition text of the labels behind it without what its own text has."""
        return text[len(_OPENED) :] if self.begins else text


_OPENED: Final = f'{NAMED_WITHIN}="'
_HEADS: Final[WeakValueDictionary[tuple[Labels, Labels, str], Head]] = WeakValueDictionary()
_HEADS_LOCK: Final = threading.Lock()
_SHARED: Final[dict[Labels, Labels]] = {}


def head_of(labels: Labels, values: Labels, begins: str = "") -> Head:
    """Return the one Head of these label values, which are safe already."""
    key = (labels, values, begins)
    found = _HEADS.get(key)
    if found is None:
        with _HEADS_LOCK:
            found = _HEADS.get(key)
            if found is None:
                # A hub has a hundred thousand heads, with few names of labels, sites and rows.
                labels, values = shared(labels), tuple(map(sys.intern, values))
                found = _HEADS[labels, values, begins] = Head(labels, values, begins)
    return found


def subjects(labels: Labels) -> int:
    """Return how many of the first labels say what is measured."""
    return next((n for n, name in enumerate(labels) if name not in _SUBJECTS), len(labels))


def shared(values: Labels) -> Labels:
    """Return these label values, as one object for all series that have them: `("L1",)`."""
    if len(_SHARED) > _MAX_SHARED:
        _SHARED.clear()
    return _SHARED.setdefault(values, values)


def text_of(labels: Labels, values: Labels) -> str:
    """Return labels as exposition text, without braces."""
    return ",".join(
        f'{name}="{text_escape(value)}"' for name, value in zip(labels, values, strict=True)
    )
