"""The little linear algebra that kernels need, written out.

What belongs here: sums, copies and small systems as plain loops. A library's calls would do the same for larger ones,
and each makes compiling take a second longer.
"""

import numpy as np

from butter_pipeline.features.models.kernels.compiled import inner, thin
from butter_pipeline.features.registry import Floats


@thin
def inside(one: Floats, other: Floats) -> float:
    """The sum of products."""
    added = 0.0
    for number in range(len(one)):
        added += one[number] * other[number]
    return added


@thin
def put(values: Floats, target: Floats) -> None:
    """Copies values into the target."""
    for number in range(len(values)):
        target[number] = values[number]


@thin
def copied(values: Floats) -> Floats:
    """A copy."""
    made = np.empty(len(values))
    put(values, made)
    return made


@inner
def eliminated(matrix: Floats, right: Floats) -> None:
    """Solves matrix @ x = right in place, by elimination with the largest pivots."""
    size = len(right)
    for column in range(size):
        chosen = column
        for row in range(column + 1, size):
            if abs(matrix[row, column]) > abs(matrix[chosen, column]):
                chosen = row
        for each in range(size):
            matrix[column, each], matrix[chosen, each] = matrix[chosen, each], matrix[column, each]
        right[column], right[chosen] = right[chosen], right[column]
        for row in range(column + 1, size):
            share = matrix[row, column] / matrix[column, column]
            for each in range(column, size):
                matrix[row, each] -= share * matrix[column, each]
            right[row] -= share * right[column]
    for row in range(size - 1, -1, -1):
        for each in range(row + 1, size):
            right[row] -= matrix[row, each] * right[each]
        right[row] /= matrix[row, row]


@inner
def solved(matrix: Floats, right: Floats, answer: Floats) -> bool:
    """Solves matrix @ answer = right by Cholesky, in place; False where the matrix is not positive definite."""
    size = len(right)
    for row in range(size):
        for column in range(row + 1):
            rest = matrix[row, column]
            for each in range(column):
                rest -= matrix[row, each] * matrix[column, each]
            if row == column:
                if not rest > 0.0:
                    return False
                matrix[row, row] = np.sqrt(rest)
            else:
                matrix[row, column] = rest / matrix[column, column]
    for row in range(size):
        rest = right[row]
        for each in range(row):
            rest -= matrix[row, each] * answer[each]
        answer[row] = rest / matrix[row, row]
    for row in range(size - 1, -1, -1):
        rest = answer[row]
        for each in range(row + 1, size):
            rest -= matrix[each, row] * answer[each]
        answer[row] = rest / matrix[row, row]
    return True
