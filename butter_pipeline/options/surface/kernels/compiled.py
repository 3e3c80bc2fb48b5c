"""How the loops of surfaces are compiled and kept on disk.

What belongs here: the one decorator. What does not: any formula.

numba takes what it kept for current as long as the function's own file is; the stamp here covers every file of this
folder and what they take their sizes from, since a compiled loop holds what it calls.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_HERE = Path(__file__)
_SOURCES = [*sorted(_HERE.parent.glob("*.py")), _HERE.parents[1] / "slices.py", _HERE.parents[1] / "parity.py"]
STAMP = hashlib.sha256(b"".join(source.read_bytes() for source in _SOURCES)).hexdigest()

F = TypeVar("F", bound=Callable[..., object])


def kept(function: F) -> F:
    """Compiled on the first call, and kept for the next process where a folder can be written."""
    dispatcher: Any = numba.njit(error_model="numpy")(function)
    try:
        dispatcher.enable_caching()
    except RuntimeError:  # no folder can be written: compiled anew by every process
        return cast(F, dispatcher)
    dispatcher._cache._cache_file._source_stamp = STAMP
    return cast(F, dispatcher)
