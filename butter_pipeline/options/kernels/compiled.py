"""How kernels are compiled, kept on disk, and fed block by block.

What belongs here: decorators, blocks, threads. What does not: any formula.

A kernel works on one block of `WIDTH` contracts: rows of a flat workspace that stand `WIDTH` apart, so that the
compiler can see that no two overlap. Compiled code is kept beside the source, or in the user's cache where that
cannot be written, or nowhere. numba takes what it kept for current as long as the kernel's own file is; the stamp
here covers every file of this folder, since a kernel holds what it calls. Threads are plain ones that let go of the
interpreter: numba's own pool may end the process when two threads call at once.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WIDTH = 256
APART = 32768
"""Contracts that a thread is worth."""

_SOURCES = sorted(Path(__file__).parent.glob("*.py"))
STAMP = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()

F = TypeVar("F", bound=Callable[..., object])


def inlined(function: F) -> F:
    """A function that becomes part of whoever calls it."""
    return cast(F, numba.njit(error_model="numpy", forceinline=True)(function))


def called(function: F) -> F:
    """A function that stays one, where the same would be compiled many times over."""
    return cast(F, numba.njit(error_model="numpy")(function))


def kernel(inputs: int, tables: int = 0) -> Callable[[Callable[..., None]], Any]:
    """An entry: takes that many columns, the rows to fill, the first and last contract, and tables of constants."""
    types: Any = numba.types
    columns = types.UniTuple(types.Array(types.float64, 1, "C", readonly=True), inputs)
    matrix = types.Array(types.float64, 2, "C")
    signature = types.void(columns, matrix, types.int64, types.int64, *[matrix] * tables)

    def compiled(function: Callable[..., None]) -> Any:
        dispatcher = numba.njit(error_model="numpy", nogil=True)(function)
        _keep(dispatcher)
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        return dispatcher

    return compiled


def _keep(dispatcher: Any) -> None:
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder can be written: compiled anew by every process
        return
    dispatcher._cache._cache_file._source_stamp = STAMP


@inlined
def load(columns: tuple[Floats, ...], work: Floats, start: int, last: int) -> None:
    """Fill the first rows of the workspace; a column of one is the same for all, a short block repeats its end."""
    for row in range(len(columns)):
        column = columns[row]
        count = min(WIDTH, last - start)
        if column.size == 1:
            for i in range(WIDTH):
                work[row * WIDTH + i] = column[0]
        else:
            for i in range(count):
                work[row * WIDTH + i] = column[start + i]
            for i in range(count, WIDTH):
                work[row * WIDTH + i] = column[last - 1]


@inlined
def store(work: Floats, origin: int, rows: Floats, start: int, last: int) -> None:
    """Take the results, which stand in the workspace from a row on."""
    for row in range(rows.shape[0]):
        for i in range(min(WIDTH, last - start)):
            rows[row, start + i] = work[(origin + row) * WIDTH + i]


def run(entry: Any, columns: Sequence[Any], results: int, *tables: Floats) -> Floats:
    """The kernel's rows of results for columns that broadcast against each other, [row, *their shape]."""
    arrays = [np.asarray(column, dtype=np.float64) for column in columns]
    shape = np.broadcast_shapes(*(array.shape for array in arrays))
    flat = tuple(_flat(array, shape) for array in arrays)
    count = int(np.prod(shape))
    rows = np.empty((results, count))
    if count >= 2 * APART:
        parts = min(processors(), count // APART)
        edges = np.linspace(0, count, parts + 1).astype(int) // WIDTH * WIDTH
        edges[-1] = count
        with ThreadPoolExecutor(parts) as pool:
            list(pool.map(lambda part: entry(flat, rows, edges[part], edges[part + 1], *tables), range(parts)))
    elif count:
        entry(flat, rows, 0, count, *tables)
    return rows.reshape((results, *shape))


def processors() -> int:
    """How many of the machine's processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _flat(array: Floats, shape: tuple[int, ...]) -> Floats:
    if array.size == 1:
        return array.reshape(1)
    return np.ascontiguousarray(np.broadcast_to(array, shape)).reshape(-1)
