"""The three servers of `butter up`: code server, web server, daemon.

What belongs here: starting them, knowing that they are ready, starting again what dies. What does not: the
databases and who owns the home (`operations.supervisor`). The code server is shared by the web server and
the daemon, so the definitions are loaded once.
"""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.error import URLError
from urllib.request import urlopen

from butter_pipeline.errors import ButterError
from butter_pipeline.operations import processes
from butter_pipeline.operations.addresses import Addresses, process_environment
from butter_pipeline.operations.processes import Child
from butter_pipeline.settings import Settings
from butter_pipeline.store.embedded import folder_for_socket, refuse_planted

Say = Callable[[str], None]

RESTARTS_PER_MINUTE = 5
READY_TIMEOUT_SECONDS = 120.0
LOCATION = "butter_pipeline"

WORKSPACE = """load_from:
  - grpc_server:
      host: localhost
      socket: {socket}
      location_name: {location}
"""


class Servers:
    """The three servers of `butter up`."""

    def __init__(self, settings: Settings, where: Addresses, say: Say) -> None:
        """Describe the servers; `start` starts them."""
        self.settings = settings
        self.say = say
        self.environment = process_environment(settings)
        folder = folder_for_socket(where.run_folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        refuse_planted(folder)
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
