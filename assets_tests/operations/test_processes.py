import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from butter_pipeline.operations.addresses import OWNER_MARK
from butter_pipeline.operations.processes import Child, end_leftovers, stop_together

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""
FAMILY = [sys.executable, "-c", PARENT]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
]


def gone(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def first_line(log: Path) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if log.exists() and "\n" in log.read_text():
            return log.read_text().splitlines()[0]
        time.sleep(0.05)
    raise AssertionError(f"{log} stayed empty")


def test_stopping_ends_a_child_and_what_it_started(tmp_path: Path) -> None:
    child = Child("family", FAMILY, tmp_path / "log")
    child.start(os.environ, tmp_path)
    grandchild = int(first_line(tmp_path / "log"))
    child.stop()
    assert child.exit_code is not None
    assert gone(grandchild)


def test_a_child_that_does_not_listen_is_forced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("butter_pipeline.operations.processes.GRACE_SECONDS", 0.5)
    child = Child("stubborn", STUBBORN, tmp_path / "log")
    child.start(os.environ, tmp_path)
    assert first_line(tmp_path / "log") == "deaf"
    child.stop()
    assert child.exit_code == -signal.SIGKILL


def test_several_children_are_asked_at_once(tmp_path: Path) -> None:
    children = [Child(f"sleeper {n}", SLEEPER, tmp_path / f"log{n}") for n in range(3)]
    for child in children:
        child.start(os.environ, tmp_path)
    stop_together(children)
    assert [child.exit_code for child in children] == [-signal.SIGTERM] * 3


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    parent = """
import os, sys, time
from pathlib import Path
from butter_pipeline.operations.processes import Child
child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], Path(sys.argv[1]) / "log")
child.start(os.environ, Path(sys.argv[1]))
print(child.process.pid, flush=True)
time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", parent, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    orphan = int(process.stdout.readline())
    process.kill()
    process.wait()
    if sys.platform == "linux":
        assert gone(orphan)
    end_leftovers(tmp_path)
    assert gone(orphan)


def test_the_next_owner_ends_what_bears_the_home_s_mark_and_nothing_else(tmp_path: Path) -> None:
    mine = subprocess.Popen(SLEEPER, env={**os.environ, OWNER_MARK: str(tmp_path)})
    other = subprocess.Popen(SLEEPER, env={**os.environ, OWNER_MARK: str(tmp_path / "another")})
    try:
        time.sleep(0.3)
        assert end_leftovers(tmp_path) == 1
        assert mine.wait(5) is not None
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_last_words_are_the_last_line_of_the_log(tmp_path: Path) -> None:
    child = Child("talker", [sys.executable, "-c", "print('one'); print('two: the end')"], tmp_path / "log")
    child.start(os.environ, tmp_path)
    assert child.process is not None
    child.process.wait()
    assert child.last_words() == "two: the end"
