import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from butter_pipeline.errors import ButterError
from butter_pipeline.operations import home as homes
from butter_pipeline.operations.home import HomeTaken, make_home, own, owner

HOLDER = """
import sys, time
from pathlib import Path
from butter_pipeline.operations.home import own
with own(Path(sys.argv[1]), "butter up", "http://127.0.0.1:3000"):
    print("held", flush=True)
    time.sleep(600)
"""


def held(home: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_owner_is_told_who_the_first_is_and_what_to_do(tmp_path: Path) -> None:
    first = held(tmp_path)
    try:
        with pytest.raises(
            HomeTaken, match=rf"`butter up` already runs on it at http://127.0.0.1:3000 \(pid {first.pid},"
        ):
            own(tmp_path, "butter demo").__enter__()
        known = owner(tmp_path)
        assert known is not None and (known.pid, known.command) == (first.pid, "butter up")
    finally:
        first.kill()
        first.wait()


def test_a_killed_owner_leaves_the_home_free_whatever_its_file_says(tmp_path: Path) -> None:
    first = held(tmp_path)
    first.kill()
    first.wait()
    assert str(first.pid) in (tmp_path / "owner.lock").read_text()
    assert owner(tmp_path) is None
    with own(tmp_path, "butter up"):
        known = owner(tmp_path)
        assert known is not None and known.pid == os.getpid()
    assert owner(tmp_path) is None


def test_a_home_nobody_ever_used_has_no_owner(tmp_path: Path) -> None:
    assert owner(tmp_path / "nothing") is None


def test_a_home_that_cannot_be_made_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ButterError, match=r"cannot be written to .* set BUTTER_HOME to a folder of yours"):
        make_home(tmp_path / "file" / "home")


def test_a_full_disk_is_refused_before_anything_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "LEAST_FREE_BYTES", 10**18)
    with pytest.raises(ButterError, match=r"MB free, 1,000,000,000,000 MB needed; make room"):
        make_home(tmp_path / "home")


def test_owning_is_quick_to_hand_over(tmp_path: Path) -> None:
    for _ in range(20):
        with own(tmp_path, "butter up"):
            time.sleep(0)
