"""YAML's merge key `<<`, by which a mapping takes what others have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

import yaml

Pairs = list[tuple[yaml.ScalarNode, yaml.Node]]

_MERGE: Final = "tag:yaml.org,2002:merge"


class Merges:
    """Resolves merge keys; `fail` is called with a node that cannot be merged."""

    def __init__(self, fail: Callable[[yaml.Node], None]) -> None:
        self._fail: Final = fail
        self._known: Final[dict[int, Pairs]] = {}
        self._kept: Final[list[yaml.Node]] = []

    def pairs(self, node: yaml.MappingNode) -> Pairs:
        """Return a mapping's pairs with those it merges; its own win, then those merged first."""
        if not any(key.tag == _MERGE for key, _ in node.value):
            return cast("Pairs", node.value)
        if id(node) not in self._known:
            self._kept.append(node)  # so that no other node gets its id
            self._known[id(node)] = []  # what a mapping that merges itself finds
            own = [pair for pair in node.value if pair[0].tag != _MERGE]
            names = {key.value for key, _ in own}
            merged = [pair for pair in self._merged(node) if pair[0].value not in names]
            self._known[id(node)] = merged + own
        return self._known[id(node)]

    def _merged(self, node: yaml.MappingNode) -> Pairs:
        taken: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
        for _, source in (pair for pair in node.value if pair[0].tag == _MERGE):
            for one in source.value if isinstance(source, yaml.SequenceNode) else (source,):
                if isinstance(one, yaml.MappingNode):
                    for pair in self.pairs(one):
                        taken.setdefault(pair[0].value, pair)
                else:
                    self._fail(one)
        return list(taken.values())
