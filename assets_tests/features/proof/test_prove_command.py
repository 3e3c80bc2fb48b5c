"""`butter prove --module` as a user meets it: exit codes, one object, one-line refusals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from butter_pipeline.settings import PROJECT_ROOT

CLEAN = "def behind(df):\n    print('noise')\n    return df['close'].shift(1)\n"
LEAK = "def ahead(df): return df['close'].shift(-1)\n"
BROKEN = "def broken(df): raise RuntimeError('no')\n"


def prove(folder: Path, source: str) -> "subprocess.CompletedProcess[str]":
    file = folder / "mine.py"
    file.write_text(source)
    words = ["prove", "--module", str(file), "--seconds", "0", "--workers", "1", "--json"]
    command = [sys.executable, "-m", "butter_pipeline.cli", *words]
    environment = os.environ | {"BUTTER_HOME": str(folder / "home")}
    return subprocess.run(command, cwd=PROJECT_ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("source", "code", "counts"),
    [(CLEAN, 0, (1, 0, 1, 0)), (CLEAN + LEAK + BROKEN, 2, (3, 1, 1, 1))],
)
def test_the_exit_code_says_whether_all_are_clean(tmp_path: Path, source: str, code: int, counts: tuple) -> None:
    done = prove(tmp_path, source)
    report = json.loads(done.stdout)
    assert done.returncode == code
    assert (report["judged"], report["leaks"], report["clean"], report["failed"]) == counts


def test_a_file_that_holds_nothing_to_judge_is_one_line(tmp_path: Path) -> None:
    done = prove(tmp_path, "x = 1\n")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "holds no function to judge" in json.loads(done.stdout)["error"]
