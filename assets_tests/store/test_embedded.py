import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from butter_pipeline.store.embedded import EmbeddedServer, EmbeddedServerError, folder_for_socket

pytestmark = pytest.mark.database

OWNER = """
import sys, time
from pathlib import Path
from butter_pipeline.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.start(), server.process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def server(tmp_path: Path) -> EmbeddedServer:
    return EmbeddedServer(tmp_path / "postgres" / "data")


def count(server: EmbeddedServer) -> int:
    with psycopg.connect(server.url()) as connection:
        row = connection.execute("select count(*) from kept").fetchone()
        assert row is not None
        return int(row[0])


def keep(server: EmbeddedServer, rows: int) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("create table if not exists kept (n bigint)")
        connection.execute("insert into kept select generate_series(1, %s)", [rows])


def test_it_starts_keeps_rows_over_a_restart_and_stops_for_good(server: EmbeddedServer) -> None:
    server.start()
    keep(server, 1000)
    server.stop()
    assert not server.is_running()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url(), connect_timeout=2)
    server.stop()
    server.start()
    assert count(server) == 1000
    server.stop()


def test_committed_rows_survive_sigkill_of_the_server(server: EmbeddedServer) -> None:
    server.start()
    keep(server, 500)
    assert server.process is not None
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert not server.is_running()
    server.start()
    assert count(server) == 500
    server.stop()


def test_sigkill_of_the_owner_ends_the_server_and_the_next_owner_starts_it(server: EmbeddedServer) -> None:
    command = [sys.executable, "-c", OWNER, str(server.data)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    postmaster = int(owner.stdout.readline().split()[1])
    keep(server, 7)
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 20
    while Path(f"/proc/{postmaster}").exists() and _state(postmaster) != "Z" and time.monotonic() < deadline:
        time.sleep(0.1)
    server.start()
    assert count(server) == 7
    server.stop()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2]
    except FileNotFoundError:
        return "Z"


def test_a_stale_pid_file_that_names_a_living_process_is_not_believed(server: EmbeddedServer) -> None:
    server.start()
    keep(server, 3)
    server.stop()
    lock = [str(os.getpid()), str(server.data), "1", "5432", str(server.socket_folder), "", "", "ready"]
    (server.data / "postmaster.pid").write_text("\n".join(lock) + "\n")
    server.socket_folder.mkdir(exist_ok=True)
    (server.socket_folder / ".s.PGSQL.5432.lock").write_text("\n".join(lock) + "\n")
    server.start()
    assert count(server) == 3
    server.stop()


def test_a_creation_that_died_midway_is_made_anew(server: EmbeddedServer) -> None:
    draft = server.data.with_name("data.draft")
    (draft / "base").mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    server.start()
    assert not draft.exists()
    server.stop()


def test_nobody_else_may_open_the_data_or_the_socket(server: EmbeddedServer) -> None:
    server.start()
    try:
        assert server.data.stat().st_mode & 0o077 == 0
        assert server.socket_folder.stat().st_mode & 0o077 == 0
    finally:
        server.stop()


def test_a_home_too_deep_for_a_socket_still_works(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = EmbeddedServer(deep / "data")
    assert len(str(server.socket_folder)) < 90
    server.start()
    keep(server, 1)
    server.stop()


def test_a_socket_folder_is_the_wanted_one_when_it_is_short_enough() -> None:
    assert folder_for_socket(Path("/srv/butter/socket")) == Path("/srv/butter/socket")
    long = Path("/srv") / ("x" * 90)
    assert folder_for_socket(long) != long
    assert folder_for_socket(long) == folder_for_socket(long)


def test_a_server_that_cannot_start_says_why_in_one_line(server: EmbeddedServer) -> None:
    server.start()
    server.stop()
    with (server.data / "postgresql.conf").open("a") as settings:
        settings.write("\nshared_buffers = 'nonsense'\nnot_a_setting = 1\n")
    with pytest.raises(EmbeddedServerError, match="PostgreSQL did not start: ") as told:
        server.start()
    assert "\n" not in str(told.value) and "postgres.log" in str(told.value)
