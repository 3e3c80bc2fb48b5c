"""The process beside: what it returns and raises, and that it goes when its owner goes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from butter_pipeline import beside
from butter_pipeline.errors import ButterError
from butter_pipeline.labels.build import BuildFailed, Result


def other_pid(*given: int, more: int = 0) -> tuple[int, int]:
    return os.getpid(), sum(given) + more


def fails(message: str) -> None:
    raise BuildFailed(message, [Result("mart", "model", "error", "no such table", None)])


def divides(by: int) -> float:
    return 1 / by


class Picky(Exception):
    def __reduce__(self) -> tuple[type["Picky"], tuple[str, str]]:
        return Picky, ("a", "b")  # which its making refuses

    def __new__(cls, message: str) -> "Picky":
        return super().__new__(cls, message)


def fails_unportably() -> None:
    raise Picky("ab")


def dies() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    beside._beside.cache_clear()
    yield
    beside._beside(os.getpid()).dismiss()
    beside._beside.cache_clear()


def test_a_call_is_answered_by_one_other_process() -> None:
    (first, total), (second, _) = beside.call(other_pid, 1, 2, more=3), beside.call(other_pid)
    assert first == second != os.getpid() and total == 6


def test_an_error_arrives_as_it_was_and_the_process_goes_on() -> None:
    with pytest.raises(BuildFailed, match="mart failed") as caught:
        beside.call(fails, "mart failed")
    assert caught.value.results[0].message == "no such table"
    assert not hasattr(caught.value, "__notes__")  # it stays one line
    assert beside.call(other_pid, 4)[1] == 4


def test_an_error_that_nobody_expected_says_where_it_arose() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        beside.call(divides, 0)
    (note,) = caught.value.__notes__
    assert note.startswith("In the process beside:\nTraceback") and "in divides" in note


def test_an_error_that_cannot_travel_still_says_what_it_was() -> None:
    with pytest.raises(RuntimeError, match="Picky: ab"):
        beside.call(fails_unportably)


def test_a_death_is_one_line_and_the_next_call_has_another_process() -> None:
    before, _ = beside.call(other_pid)
    with pytest.raises(ButterError, match=r"ended with -9 during .*dies; what was made is kept"):
        beside.call(dies)
    after, _ = beside.call(other_pid)
    assert after != before


WAITS = "print(beside.call(os.getpid), flush=True); time.sleep(60)"
CALLS = "beside.call(run, [sys.executable, '-c', 'import os, time; print(os.getppid(), flush=True); time.sleep(60)'])"


@pytest.mark.parametrize("at", [WAITS, CALLS], ids=["waiting", "in the middle of a call"])
def test_it_ends_when_its_owner_is_killed(at: str) -> None:
    code = f"import os, sys, time\nfrom subprocess import run\nfrom butter_pipeline import beside\n{at}"
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert owner.stdout is not None
    other = psutil.Process(int(owner.stdout.readline()))
    below = other.children()
    owner.kill()
    owner.wait()
    _, living = psutil.wait_procs([other], timeout=30)
    for each in below:
        each.kill()
    assert not living
