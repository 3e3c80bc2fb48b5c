"""The command line as a user meets it: its answers, its one-line refusals, and what it does not load."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from butter_pipeline.settings import PROJECT_ROOT

BUTTER = [sys.executable, "-m", "butter_pipeline.cli"]


def butter(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BUTTER_")}
    return subprocess.run(
        [*BUTTER, *words], env=clean | environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )


def refused(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def test_help_lists_every_command() -> None:
    shown = butter("--help").stdout
    for command in ("up", "demo", "down", "status", "doctor", "env", "backfill", "query", "quality", "release"):
        assert command in shown


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BUTTER_PORT", "99999", "BUTTER_PORT: "),
        ("BUTTER_PORT", "soon", "BUTTER_PORT: "),
        ("BUTTER_VENDOR", "bloomberg", "BUTTER_VENDOR: "),
        ("BUTTER_DATABASE_URL", "mysql://root:secret@h/db", "BUTTER_DATABASE_URL: must look like postgresql://"),
        ("BUTTER_CONFIGS", "/nowhere", "no such configuration"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(tmp_path: Path, name: str, value: str, said: str) -> None:
    line = refused(butter("demo", BUTTER_HOME=str(tmp_path / "home"), **{name: value}))
    assert said in line and "secret" not in line


def test_with_json_a_refusal_is_an_object_too(tmp_path: Path) -> None:
    done = butter("env", "--json", BUTTER_PORT="x", BUTTER_HOME=str(tmp_path))
    assert json.loads(done.stdout)["error"].startswith("BUTTER_PORT")


def test_a_taken_port_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        line = refused(butter("up", BUTTER_HOME=str(tmp_path / "home"), BUTTER_PORT=str(port)))
    assert f"127.0.0.1:{port}: cannot be served" in line and "BUTTER_PORT" in line
    assert not (tmp_path / "home" / "postgres").exists()


@pytest.mark.parametrize("words", [("demo",), ("query", "select 1")])
def test_a_server_that_is_down_is_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    url = "postgresql://me:secret@127.0.0.1:1/butter"
    line = refused(butter(*words, BUTTER_HOME=str(tmp_path / "home"), BUTTER_DATABASE_URL=url))
    assert "127.0.0.1" in line and "secret" not in line


def test_a_home_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    assert "set BUTTER_HOME" in refused(butter("up", BUTTER_HOME=str(tmp_path / "home")))


def test_a_misspelt_variable_is_named_with_the_one_that_was_meant(tmp_path: Path) -> None:
    line = refused(butter("env", BUTTER_HOME=str(tmp_path), BUTTER_PROT="3100"))
    assert line == "butter: BUTTER_PROT: no such setting; did you mean BUTTER_PORT?"


def test_a_host_that_is_not_ours_is_told_apart_from_a_taken_port(tmp_path: Path) -> None:
    line = refused(butter("up", BUTTER_HOME=str(tmp_path), BUTTER_HOST="192.0.2.1"))
    assert "192.0.2.1:3000: cannot be served" in line and "set BUTTER_HOST right" in line


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("backfill", "--from", "2024-13-01", "--to", "2024-01-05"), "2024-13-01"),
        (("backfill", "--from", "2024-01-05"), "--to"),
        (("backfill", "--frm", "2024-01-05"), "--frm"),
        (("query",), "sql"),
        (("fly",), "fly"),
    ],
)
def test_a_wrong_word_is_one_line_that_names_it(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    assert said in refused(butter(*words, BUTTER_HOME=str(tmp_path)))


def test_env_prints_what_a_shell_can_take_over(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    script = (
        f'eval "$({sys.executable} -m butter_pipeline.cli env)"; echo "$BUTTER_HOME|$DAGSTER_HOME|$BUTTER_DBT_DATABASE"'
    )
    done = subprocess.run(
        ["bash", "-c", script],
        env=os.environ | {"BUTTER_HOME": str(home)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"{home}|{home}/dagster|butter"


def test_status_and_down_answer_when_nothing_runs(tmp_path: Path) -> None:
    found = json.loads(butter("status", "--json", BUTTER_HOME=str(tmp_path)).stdout)
    assert found["owner"] is None and "butter up" in found["database_state"]
    assert json.loads(butter("down", "--json", BUTTER_HOME=str(tmp_path)).stdout) == {"stopped": None}


def test_doctor_finds_nothing_wrong_here_and_names_what_is_wrong_elsewhere(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    well = json.loads(butter("doctor", "--json", BUTTER_HOME=str(tmp_path), BUTTER_PORT=port).stdout)
    assert [finding for finding in well["findings"] if not finding["ok"]] == []
    ill = butter(
        "doctor",
        "--json",
        BUTTER_HOME=str(tmp_path),
        BUTTER_PORT=port,
        BUTTER_DATABASE_URL="postgresql://h@127.0.0.1:1/x",
    )
    assert ill.returncode == 2
    wrong = [finding for finding in json.loads(ill.stdout)["findings"] if not finding["ok"]]
    assert wrong and all(finding["remedy"] for finding in wrong)


@pytest.mark.parametrize("command", ["env", "status", "down", "doctor"])
def test_commands_that_only_look_do_not_load_dagster(tmp_path: Path, command: str) -> None:
    code = (
        "import sys\nfrom butter_pipeline import cli\nsys.argv = ['butter', sys.argv[1]]\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "sys.exit(3 if {'dagster', 'pandas', 'alembic'} & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, command],
        env=os.environ | {"BUTTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
