"""Small systems of linear equations with a symmetric positive matrix, without any library."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul

Column = Sequence[float]
Rows = Sequence[Sequence[float]]


def dot(one: Column, other: Column) -> float:
    """Return the sum of the products."""
    total: float = sum(map(mul, one, other))
    return total


def root(matrix: Rows) -> list[list[float]]:
    """Return the lower Cholesky root, row by row up to its diagonal.

    Raises ValueError where the matrix is not positive definite.
    """
    rows: list[list[float]] = []
    for index, given in enumerate(matrix):
        row: list[float] = []
        for other in range(index):
            above = rows[other]
            row.append((given[other] - dot(row, above[:other])) / above[other])
        row.append(math.sqrt(_positive(given[index] - dot(row, row))))
        rows.append(row)
    return rows


def _positive(value: float) -> float:
    if not value > 0:
        raise ValueError("the matrix is not positive definite")
    return value


def forward(lower: Rows, column: Column) -> list[float]:
    """Return the column with a root's correlation taken out: L⁻¹ column."""
    found: list[float] = []
    for row, value in zip(lower, column, strict=True):
        found.append((value - dot(row[:-1], found)) / row[-1])
    return found


def backward(lower: Rows, column: Column) -> list[float]:
    """Return L⁻ᵀ column."""
    found = [0.0] * len(column)
    for index in range(len(column) - 1, -1, -1):
        taken = sum(lower[n][index] * found[n] for n in range(index + 1, len(column)))
        found[index] = (column[index] - taken) / lower[index][index]
    return found


def log_size(lower: Rows) -> float:
    """Return half the logarithm of the determinant."""
    return sum(math.log(row[-1]) for row in lower)
