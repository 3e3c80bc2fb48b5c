"""The child processes of an owner: started so that none outlives it, ended in groups.

What belongs here: starting, watching and ending. What does not: which processes there are
(`operations.supervisor`).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from butter_pipeline.operations.addresses import OWNER_MARK
from butter_pipeline.store.embedded import die_with_parent

GRACE_SECONDS = 15.0


class Child:
    """One child, in a process group of its own, with its output in a log file."""

    def __init__(self, name: str, command: Sequence[str], log: Path | None = None) -> None:
        """Describe the child; `start` starts it. Without a log it speaks on our standard error."""
        self.name = name
        self.command = list(command)
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self, environment: Mapping[str, str], home: Path) -> None:
        """Start it, or start it again."""
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(self.log.open("ab")) if self.log else None
            self.process = subprocess.Popen(
                self.command,
                env={**environment, OWNER_MARK: str(home)},
                stdin=subprocess.DEVNULL,
                stdout=out or sys.stderr,
                stderr=subprocess.STDOUT if out else None,
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        self.started_at = time.monotonic()

    @property
    def exit_code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.process.poll() if self.process else None

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log and self.log.exists() else []
        return lines[-1][:300] if lines else "no output"

    def stop(self) -> None:
        """End it and all that it started: asked first, forced after the grace."""
        if self.process is None:
            return
        for number, patience in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, GRACE_SECONDS)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            if _group_ended(self.process, patience):
                return


def _group_ended(process: subprocess.Popen[bytes], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        process.poll()
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def stop_together(children: Sequence[Child]) -> None:
    """End several at once, so that the slowest alone sets the time."""
    for child in children:
        if child.process is not None and child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGTERM)
    for child in children:
        child.stop()


def end_leftovers(home: Path) -> int:
    """End what a killed owner of this home left behind; returns how many processes that were.

    Only the owner calls this, with the lock held: whatever bears the home's mark then is an orphan.
    """
    orphans = [process for process in psutil.process_iter() if _bears_mark(process, home)]
    for orphan in orphans:
        with contextlib.suppress(psutil.Error):
            orphan.kill()
    psutil.wait_procs(orphans, timeout=GRACE_SECONDS)
    return len(orphans)


def _bears_mark(process: psutil.Process, home: Path) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        return process.environ().get(OWNER_MARK) == str(home)
    except (psutil.Error, OSError):
        return False
