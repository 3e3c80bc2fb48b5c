"""A process beside this one, for what needs libraries that take seconds to import: dbt, Evidently.

What belongs here: starting it, handing it a call, handing back what came of it. What does not: any such call.

A live session takes as long as its process computes, and a third of that would be imports. The process beside
imports on the other core while the session's market data and features are made. It does one call at a time, in the
order asked, with what the call is given and the environment of its start; results and errors come back as they are.
It ends with the process that started it, however that ends: their connection then closes.
"""

import atexit
import importlib
import os
import pickle
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from butter_pipeline.errors import ButterError

Given = ParamSpec("Given")
Found = TypeVar("Found")

READY = ("pandas", "sqlalchemy", "pyarrow.parquet", "dbt.cli.main", "dbt.adapters.postgres", "evidently")
"""Imported while nothing is asked, in this order."""
STANDARD_ERROR = 2
PATIENCE_SECONDS = 5.0


def prepare() -> None:
    """Start the process beside, if it is not there, so that it is ready when it is needed."""
    _beside(os.getpid())


def call(function: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Call a module's function in the process beside, and return or raise what it did."""
    other = _beside(os.getpid())
    try:
        other.line.send((function, given, named))
        found, error, trace = other.line.recv()
    except (EOFError, ConnectionError):
        other.end()
        raise ButterError(
            f"the process beside ended with {other.process.returncode} during {function.__module__}."
            f"{function.__qualname__}; what was made is kept: run the same again"
        ) from None
    except BaseException:  # interrupted in the middle: what it would answer belongs to no call
        other.end()
        raise
    if error is not None:
        if not isinstance(error, ButterError):  # whose message is all that there is to know
            error.add_note(f"In the process beside:\n{trace}")
        raise error
    return found  # type: ignore[no-any-return]


@dataclass(frozen=True)
class _Beside:
    process: "subprocess.Popen[bytes]"
    line: "Connection[Any, Any]"

    def dismiss(self) -> None:
        """Tell it that nobody will ask any more; it tidies up and goes, or is ended."""
        _beside.cache_clear()
        self.line.close()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()

    def end(self) -> None:
        """End it, whatever it is at; the next call starts another."""
        _beside.cache_clear()
        self.line.close()
        self.process.kill()
        self.process.wait()


@lru_cache(maxsize=1)
def _beside(_process: int) -> _Beside:
    """One for each process that asks; a fork has its own."""
    mine, its = Pipe()
    command = [sys.executable, "-m", "butter_pipeline.beside", str(its.fileno())]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=STANDARD_ERROR, pass_fds=[its.fileno()], env=os.environ.copy()
    )
    its.close()
    other = _Beside(process, mine)
    atexit.register(other.dismiss)
    return other


def serve(line: "Connection[Any, Any]") -> None:
    """Answer calls until nobody is there to ask; import what may be needed meanwhile."""
    for name in READY:
        if not line.poll():
            importlib.import_module(name)
    while True:
        try:
            function, given, named = line.recv()
            line.send(_answer(function, given, named))
        except (EOFError, ConnectionError):
            return


def _answer(
    function: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]
) -> tuple[Any, Exception | None, str]:
    """What came of a call, in a form that the other process can read: a result, or an error and where it arose."""
    try:
        return function(*given, **named), None, ""
    except Exception as error:
        try:
            pickle.loads(pickle.dumps(error))
        except Exception:  # an error whose making cannot be repeated still says what it was
            return None, RuntimeError(f"{type(error).__name__}: {error}"), traceback.format_exc()
        return None, error, traceback.format_exc()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the process that started this one
    serve(Connection(int(sys.argv[1])))
