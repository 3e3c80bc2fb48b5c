"""A whole house per test: `butter up` as a user runs it, on a short history, on a port of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from butter_pipeline.operations.addresses import OWNER_MARK
from butter_pipeline.settings import PROJECT_ROOT

SAMPLE_ENDS = "2024-01-31"
PATIENCE_SECONDS = 90.0

LAUNCH = """mutation {{ launchRun(executionParams: {{
  selector: {{repositoryLocationName: "butter_pipeline", repositoryName: "__repository__", jobName: "__ASSET_JOB",
    assetSelection: [{{path: ["market", "bars"]}}]}},
  executionMetadata: {{tags: [{{key: "dagster/asset_partition_range_start", value: "{first}"}},
    {{key: "dagster/asset_partition_range_end", value: "{last}"}}]}}
}}) {{ __typename ... on LaunchRunSuccess {{ run {{ runId }} }} ... on PythonError {{ message }} }} }}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """One home, and the commands that run on it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """In a folder, with further variables."""
        self.home = folder / "home"
        self.port = free_port()
        configs = folder / "configs"
        shutil.copytree(PROJECT_ROOT / "configs", configs)
        simulator = configs / "simulator.yml"
        short, count = re.subn(r"(sample_last_session:) \S+", rf"\1 {SAMPLE_ENDS}", simulator.read_text())
        assert count == 1
        simulator.write_text(short)
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("BUTTER_", "DAGSTER_"))}
        own = {"BUTTER_HOME": str(self.home), "BUTTER_CONFIGS": str(configs), "BUTTER_PORT": str(self.port)}
        self.environment = clean | own | environment
        self.process: subprocess.Popen[str] | None = None
        self.log = folder / "up.log"

    def butter(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "butter_pipeline.cli", *words],
            env=self.environment,
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    def answer(self, *words: str) -> Any:
        done = self.butter(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def up(self) -> float:
        """Start, and return the seconds until the page was served."""
        began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "butter_pipeline.cli", "up"],
                env=self.environment,
                cwd=PROJECT_ROOT,
                stdout=log,
                stderr=log,
                text=True,
            )
        self.until(lambda: "is up: http" in self.log.read_text())
        return time.monotonic() - began

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not true():
            ended = self.process is not None and self.process.poll() is not None
            assert not ended and time.monotonic() < deadline, self.log.read_text() + self.logs()
            time.sleep(0.1)

    def logs(self) -> str:
        return "\n".join(f"--- {log.name}\n{log.read_text()[-1500:]}" for log in (self.home / "logs").glob("*.log"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(60)

    def ask(self, query: str) -> Any:
        body = json.dumps({"query": query}).encode()
        headers = {"content-type": "application/json"}
        with urlopen(Request(f"http://127.0.0.1:{self.port}/graphql", body, headers), timeout=20) as answer:
            return json.load(answer)["data"]

    def is_well(self) -> bool:
        """The page is served, the definitions are loaded, and every daemon beats."""
        try:
            entries = self.ask("{workspaceOrError{... on Workspace{locationEntries{locationOrLoadError{__typename}}}}}")
            daemons = self.ask("{instance{daemonHealth{allDaemonStatuses{daemonType healthy}}}}")
        except OSError:
            return False
        if not entries or not daemons:
            return False
        loaded = [e["locationOrLoadError"]["__typename"] for e in entries["workspaceOrError"]["locationEntries"]]
        health = [d["healthy"] for d in daemons["instance"]["daemonHealth"]["allDaemonStatuses"]]
        return loaded == ["RepositoryLocation"] and bool(health) and all(health)

    def family(self) -> dict[str, psutil.Process]:
        """The processes of this house by role."""
        found: dict[str, psutil.Process] = {}
        for process in psutil.process_iter(["cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            if f"{self.home}/postgres/data" in words and "bin/postgres" in words:
                found["postgres"] = process
                continue
            try:
                mine = process.environ().get(OWNER_MARK) == str(self.home)
            except psutil.Error:
                continue
            roles = {"api grpc": "code server", "dagster_webserver": "web server", "dagster._daemon": "daemon"}
            for sign, role in roles.items():
                if mine and sign in words:
                    found[role] = process
        return found

    def kill_everything(self) -> None:
        """What a power cut does: everything at once, no last word."""
        assert self.process is not None
        victims = [*self.family().values(), psutil.Process(self.process.pid)]
        for victim in victims:
            victim.suspend()
        for victim in victims:
            victim.kill()
        self.process.wait(20)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()
    for left in made.family().values():
        left.kill()
