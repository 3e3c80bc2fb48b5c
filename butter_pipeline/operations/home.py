"""One owner per home: the lock, and who holds it.

What belongs here: taking, holding and asking about the lock. What does not: what an owner then does.
The lock is the kernel's, on an open file: it ends with its process, however that dies, so nothing here
ever has to believe a stale file. What the file says only serves the message to a person.
"""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from butter_pipeline.errors import ButterError

LEAST_FREE_BYTES = 1_000_000_000
"""The sample market needs about a third of this; the rest is room for the server's log."""


class HomeTaken(ButterError):
    """Another process owns the home."""


@dataclass(frozen=True)
class Owner:
    """The process that owns a home."""

    pid: int
    command: str
    address: str
    since: str


def owner(home: Path) -> Owner | None:
    """Who owns the home now, or None."""
    path = home / "owner.lock"
    try:
        with path.open("r+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = lock.read()
                return Owner(**json.loads(text)) if text else Owner(0, "butter", "", "a moment ago")
    except (FileNotFoundError, NotADirectoryError):
        pass
    except PermissionError:
        raise ButterError(f"{path}: may not be opened by this user; set BUTTER_HOME to a folder of yours") from None
    return None


@contextmanager
def own(home: Path, command: str, address: str = "") -> Iterator[None]:
    """Own the home for the length of a block; raises `HomeTaken` if somebody does already."""
    make_home(home)
    with (home / "owner.lock").open("a+") as lock:
        if not _locked(lock):
            raise HomeTaken(_taken(home))
        lock.truncate(0)
        json.dump(asdict(Owner(os.getpid(), command, address, datetime.now(UTC).isoformat(timespec="seconds"))), lock)
        lock.flush()
        yield


def _locked(lock: TextIO) -> bool:
    """Take the lock, trying for a moment: somebody who only asks holds it for an instant."""
    for _ in range(10):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(0.05)
    return False


def _taken(home: Path) -> str:
    holder = owner(home)
    if holder is None:
        return f"{home}: was in use a moment ago; try again"
    place = f" at {holder.address}" if holder.address else ""
    return (
        f"{home}: `{holder.command}` already runs on it{place} (pid {holder.pid}, since {holder.since}); "
        "use that one, or stop it with `butter down`"
    )


def make_home(home: Path) -> None:
    """Make the folder and see that it can be written to and has room."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        probe = home / f".probe-{os.getpid()}"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ButterError(f"{home}: cannot be written to ({reason}); set BUTTER_HOME to a folder of yours") from None
    free = shutil.disk_usage(home).free
    if free < LEAST_FREE_BYTES:
        raise ButterError(
            f"{home}: {free / 1e6:,.0f} MB free, {LEAST_FREE_BYTES / 1e6:,.0f} MB needed; "
            "make room, or set BUTTER_HOME to a folder on another disk"
        )
