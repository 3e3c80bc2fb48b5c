"""`butter up`: the databases, the sample history, then the web server and the daemon, kept alive.

What belongs here: the order in which things start and stop, and what happens when one of them dies.
What does not: what the processes do. The code server is shared by the web server and the daemon, so the
definitions are loaded once.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from butter_pipeline.errors import ButterError
from butter_pipeline.operations import processes
from butter_pipeline.operations.addresses import Addresses, addresses, process_environment
from butter_pipeline.operations.home import Owner, own, owner
from butter_pipeline.operations.processes import Child
from butter_pipeline.settings import Settings
from butter_pipeline.store.embedded import folder_for_socket

Say = Callable[[str], None]

RESTARTS_PER_MINUTE = 5
READY_TIMEOUT_SECONDS = 120.0
STOP_TIMEOUT_SECONDS = 60.0
LOCATION = "butter_pipeline"

WORKSPACE = """load_from:
  - grpc_server:
      host: localhost
      socket: {socket}
      location_name: {location}
"""


class Stopped(KeyboardInterrupt):
    """Somebody asked the owner to stop; an interrupt, so that a run under way ends as interrupted."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn Ctrl-C and SIGTERM into `Stopped`, once; a second one while stopping is ignored."""

    def stop(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    before = [signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
            signal.signal(number, handler)


@contextmanager
def databases(settings: Settings) -> Iterator[Addresses]:
    """Both databases, reachable and migrated; the embedded server runs for the length of the block."""
    from butter_pipeline.store.database import ensure_database, migrate

    where = addresses(settings)
    try:
        if where.embedded is not None:
            where.embedded.start()
        ensure_database(where.database_url)
        migrate(where.database_url)
        ensure_database(where.dagster_url)
        yield where
    finally:
        if where.embedded is not None:
            where.embedded.stop()


@contextmanager
def owned(settings: Settings, command: str, address: str = "") -> Iterator[Addresses]:
    """The home, owned by this process, swept of what a killed owner left, with its databases."""
    with stoppable(), own(settings.home, command, address):
        processes.end_leftovers(settings.home)
        for folder in ("run", "logs", "dagster"):
            (settings.home / folder).mkdir(exist_ok=True)
        with databases(settings) as where:
            end_dead_runs(settings, where)
            yield where


@contextmanager
def databases_for(settings: Settings, command: str) -> Iterator[Addresses]:
    """The databases for a command that ends by itself: those of a running `butter up`, or owned for its length."""
    holder = owner(settings.home)
    if holder is None or holder.command != "butter up":
        with owned(settings, command) as where:
            yield where
    else:
        with stoppable():
            yield addresses(settings)


def end_dead_runs(settings: Settings, where: Addresses) -> None:
    """End the runs whose worker died; Dagster is only loaded (elsewhere) if there are unfinished runs at all."""
    import psycopg

    with psycopg.connect(where.dagster_url) as connection:
        known = connection.execute("select to_regclass('public.runs')").fetchone()
        if known is None or known[0] is None:
            return
        query = "select count(*) from runs where status in ('STARTING', 'STARTED', 'CANCELING')"
        unfinished = connection.execute(query).fetchone()
    if unfinished is not None and unfinished[0]:
        janitor = [sys.executable, "-m", "butter_pipeline.defs.operations.janitor"]
        subprocess.run(janitor, env=process_environment(settings), check=True, stdin=subprocess.DEVNULL)


def stop_owner(settings: Settings) -> Owner | None:
    """Ask the owner of the home to stop and wait until it has; None if there was none."""
    holder = owner(settings.home)
    if holder is None:
        return None
    os.kill(holder.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT_SECONDS
    while owner(settings.home) is not None:
        if time.monotonic() > deadline:
            raise ButterError(
                f"`{holder.command}` (pid {holder.pid}) has not stopped; end it with: kill -9 {holder.pid}"
            )
        time.sleep(0.1)
    return holder


def require_free_port(host: str, port: int) -> None:
    """Raise if the address cannot be served."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, socket.gaierror) as error:
            remedy = "stop what uses it, or set BUTTER_PORT to another port"
            raise ButterError(f"{host}:{port}: cannot be served ({error.strerror}); {remedy}") from None


def up(settings: Settings, say: Say, prepare: Callable[[], None]) -> None:
    """Run until stopped. `prepare` makes the sample history if it is missing, once the databases stand."""
    address = f"http://{settings.host}:{settings.port}"
    if owner(settings.home) is None:
        # Before anything is made; when the home is taken, that is the better thing to say.
        require_free_port(settings.host, settings.port)
    with owned(settings, "butter up", address) as where:
        prepare()
        house = House(settings, where, say)
        try:
            house.start()
            say(welcome(address))
            house.watch()
        finally:
            house.stop()


def welcome(address: str) -> str:
    """What to click."""
    return "\n".join(
        (
            f"butter_pipeline is up: {address}",
            f"  lineage     {address}/asset-groups   the graph, by stage; click an asset for its sessions and checks",
            f"  a chart     {address}/assets/market/bars   pick the last session, then `plot` among its metadata",
            f"  schedules   {address}/automation   the session after each close, taken from the exchange calendar",
            "  stop        Ctrl-C here, or `butter down` elsewhere; nothing is lost",
        )
    )


class House:
    """The three servers of `butter up`."""

    def __init__(self, settings: Settings, where: Addresses, say: Say) -> None:
        """Describe the servers; `start` starts them."""
        self.settings = settings
        self.say = say
        self.environment = process_environment(settings)
        folder = folder_for_socket(where.run_folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.socket = folder / "code.sock"
        workspace = where.run_folder / "workspace.yaml"
        workspace.write_text(WORKSPACE.format(socket=self.socket, location=LOCATION))
        logs = settings.home / "logs"
        python = [sys.executable, "-m"]
        code = ["dagster", "api", "grpc", "-m", "butter_pipeline.definitions", "--socket", str(self.socket)]
        web = ["dagster_webserver", "-h", settings.host, "-p", str(settings.port), "-w", str(workspace)]
        daemon = ["dagster._daemon", "run", "-w", str(workspace)]
        self.code = Child("code server", [*python, *code, "--location-name", LOCATION], logs / "code-server.log")
        self.web = Child("web server", [*python, *web], logs / "webserver.log")
        self.daemon = Child("daemon", [*python, *daemon], logs / "daemon.log")
        self.children = (self.code, self.web, self.daemon)
        self.restarts: list[float] = []
        self.server = where.embedded

    def start(self) -> None:
        """Start all; return when the page is served and knows the definitions."""
        self._start(self.code)
        self._start(self.web)
        _wait_for(self.code, self.socket.exists)
        _wait_for(self.web, lambda: _answers(f"http://{self.settings.host}:{self.settings.port}/server_info"))
        self._start(self.daemon)

    def _start(self, child: Child) -> None:
        if child is self.code:
            self.socket.unlink(missing_ok=True)
        child.start(self.environment, self.settings.home)

    def watch(self) -> None:
        """Start again what dies, until somebody asks to stop or one dies over and over."""
        while True:
            time.sleep(0.5)
            if self.server is not None and not self.server.is_running():
                self.say("the embedded PostgreSQL died; starting it again")
                self._count_restart("the embedded PostgreSQL", str(self.server.log))
                self.server.start()
            for child in self.children:
                if child.exit_code is not None:
                    self.say(f"the {child.name} ended (exit {child.exit_code}); starting it again")
                    self._count_restart(f"the {child.name}", str(child.log))
                    self._start(child)

    def _count_restart(self, what: str, log: str) -> None:
        now = time.monotonic()
        self.restarts = [then for then in self.restarts if now - then < 60] + [now]
        if len(self.restarts) > RESTARTS_PER_MINUTE:
            raise ButterError(f"{what} keeps dying; see {log}, and `butter doctor`")

    def stop(self) -> None:
        """End all servers and the runs they launched."""
        processes.stop_together(self.children)
        self.socket.unlink(missing_ok=True)


def _wait_for(child: Child, ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    while not ready():
        if child.exit_code is not None:
            raise ButterError(f"the {child.name} did not start: {child.last_words()}; see {child.log}")
        if time.monotonic() > deadline:
            raise ButterError(f"the {child.name} was not ready after {READY_TIMEOUT_SECONDS:.0f} s; see {child.log}")
        time.sleep(0.1)


def _answers(url: str) -> bool:
    with suppress(URLError, OSError), urlopen(url, timeout=2) as answer:
        return bool(answer.status == 200)
    return False
