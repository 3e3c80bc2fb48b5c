"""Compiling kernels with numba, and sharing them out among threads.

What belongs here: the one decorator of what is compiled and kept, and calling it over parts of many series. What does
not: any kernel.

numba keeps what it compiled beside the source, under the source of that one file. A kernel has its callees' code in
it, which stand in other files: so what is kept goes by the version of this whole package, and no edit leaves a stale
kernel behind. Every series is worked on by itself, so that its bits do not depend on how many others there are or on
how many threads share them.
"""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numba

from butter_pipeline.identity import code_version

F = TypeVar("F", bound=Callable[..., Any])

_compiler: Any = numba.njit
_config: Any = numba.config
KEPT = Path(__file__).parent / "__pycache__" / "kernels"
SERIES_AT_ONCE = 64
"""Series that a thread takes at a time; fewer are not worth a second thread."""


def inner(function: F) -> F:
    """What kernels call: compiled into each of them."""
    made: F = _compiler(nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)(function)
    return made


def thin(function: F) -> F:
    """What becomes part of its callers before they are compiled: less work for the compiler than one more level."""
    made: F = _compiler(inline="always")(function)
    return made


def kernel(function: F) -> F:
    """The compiled function, kept on disk for the next process where a folder can be written."""
    before, _config.CACHE_DIR = _config.CACHE_DIR, str(KEPT / code_version("butter_pipeline.features.models"))
    try:
        made: F = _compiler(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:
        made = _compiler(nogil=True, error_model="numpy")(function)
    finally:
        _config.CACHE_DIR = before
    return made


def shared_out(count: int, work: Callable[[int, int], None]) -> None:
    """Calls the work for every part of so many series, from first to end, on as many threads as there are cores."""
    edges = [*range(0, count, SERIES_AT_ONCE), count]
    threads = min(_cores(), len(edges) - 1)
    if threads <= 1:
        work(0, count)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))


def _cores() -> int:
    """Cores that this process may use; NUMBA_NUM_THREADS says fewer."""
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(available, int(_config.NUMBA_NUM_THREADS))
