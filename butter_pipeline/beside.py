"""A process beside this one, for what needs libraries that take seconds to import: dbt, Evidently.

What belongs here: starting it, handing it a call, handing back what came of it. What does not: any such call.

A live session takes as long as its process computes, and a third of that would be imports. The process beside
imports on the other core while the session's market data and features are made. It does one call at a time, in the
order asked, with what the call is given and the environment of its start; results and errors come back as they are.
It ends with the process that started it, however that ends: when nobody asks their connection closes, and in the
middle of a call it sees that it has another parent. An orphan that went on would write down, over what the next
process makes, that its own sessions failed.
"""

import atexit
import gc
import importlib
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
WATCH_SECONDS = 0.1
ORPHANED = 1


def prepare() -> None:
    """Start the process beside, if it is not there, so that it is ready when it is needed."""
    _beside(os.getpid())


def call(function: Callable[Given, Found], *given: Given.args, **named: Given.kwargs) -> Found:
    """Call a module's function in the process beside, and return or raise what it did."""
    other = _beside(os.getpid())
    try:
        other.begin(function, *given, **named)
        return other.answer()  # type: ignore[no-any-return]
    finally:
        if other.process.poll() is not None:  # it died, or was ended: the next call starts another
            _beside.cache_clear()


@dataclass
class Beside:
    """A process that calls functions for this one, one at a time."""

    process: "subprocess.Popen[bytes]"
    line: "Connection[Any, Any]"
    at: str = ""

    @classmethod
    def started(cls, ready: Sequence[str] = ()) -> "Beside":
        """A new one, which imports these modules while nothing is asked."""
        mine, its = Pipe()
        command = [sys.executable, "-m", "butter_pipeline.beside", str(its.fileno()), str(os.getpid()), *ready]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=STANDARD_ERROR, pass_fds=[its.fileno()], env=os.environ.copy()
        )
        its.close()
        other = cls(process, mine)
        atexit.register(other.dismiss)
        return other

    def begin(self, function: Callable[Given, Any], *given: Given.args, **named: Given.kwargs) -> None:
        """Hand it a call of a module's function."""
        self.at = f"{function.__module__}.{function.__qualname__}"
        with self._or_its_end():
            self.line.send((function, given, named))

    def answer(self) -> Any:
        """Wait for what became of the call, and return or raise it."""
        with self._or_its_end():
            found, error, trace = self.line.recv()
        if error is not None:
            if not isinstance(error, ButterError):  # whose message is all that there is to know
                error.add_note(f"In the process beside:\n{trace}")
            raise error
        return found

    @contextmanager
    def _or_its_end(self) -> Iterator[None]:
        """Say in one line that it died; where this process is interrupted, what it would answer belongs to no call."""
        try:
            yield
        except (EOFError, ConnectionError):
            self.end()
            raise ButterError(
                f"the process beside ended with {self.process.returncode} during {self.at}; "
                "what was made is kept: run the same again"
            ) from None
        except BaseException:
            self.end()
            raise

    def dismiss(self) -> None:
        """Tell it that nobody will ask any more; it tidies up and goes, or is ended."""
        self.line.close()
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.end()

    def end(self) -> None:
        """End it, whatever it is at."""
        self.line.close()
        self.process.kill()
        self.process.wait()


@lru_cache(maxsize=1)
def _beside(_process: int) -> Beside:
    """One for each process that asks; a fork has its own."""
    return Beside.started(READY)


def serve(line: "Connection[Any, Any]", ready: Sequence[str]) -> None:
    """Answer calls until nobody is there to ask; import what may be needed meanwhile."""
    for name in ready:
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


def end_with(parent: int) -> None:
    """End this process, whatever it is at, as soon as another one is its parent."""
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os._exit(ORPHANED)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is for the process that started this one
    threading.Thread(target=end_with, args=(int(sys.argv[2]),), daemon=True).start()
    serve(Connection(int(sys.argv[1])), sys.argv[3:])
    gc.freeze()  # its owner waits: looking through whatever is left takes a second
