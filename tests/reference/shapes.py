"""How made-up loads go: watts, constant within each cell of five minutes."""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = ("flat", "step", "ramp", "cycle", "bursts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a load goes about its mean; `swing` is a share in thousandths."""

    name: str = "flat"
    swing: int = 0
    cells: int = 6

    def watts(self, mean: int, count: int, shift: int = 0) -> list[int]:
        """Return the watts of each cell."""
        return [mean * (1000 + self._swing(index + shift, count)) // 1000 for index in range(count)]

    def _swing(self, index: int, count: int) -> int:
        if self.name == "step":
            return self.swing if index * 2 >= count else -self.swing
        if self.name == "ramp":
            return -self.swing + 2 * self.swing * index // max(1, count)
        if self.name == "cycle":
            return self.swing if index // self.cells % 2 else -self.swing
        if self.name == "bursts":
            return self.swing if index % (4 * self.cells) < self.cells else -self.swing // 3
        return 0


FLAT = Shape()


def battery(most_kw: int, sold_kw: int, count: int) -> tuple[list[int], list[int]]:
    """Return the watts that a battery takes (below 0: gives), and those that are sold meanwhile.

    It takes for six cells and gives a third as much for eighteen. Nothing is lost in it.
    """
    power, sold = most_kw * 1000 // 3, sold_kw * 1000
    charges = [index % 24 < 6 for index in range(count)]
    return (
        [3 * power if charging else -power for charging in charges],
        [0 if charging else sold for charging in charges],
    )
