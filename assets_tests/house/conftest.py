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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import psycopg
import pytest
import yaml

from butter_pipeline.operations.addresses import OWNER_MARK
from butter_pipeline.settings import PROJECT_ROOT
from butter_pipeline.store.embedded import EmbeddedServer

SAMPLE_ENDS = "2023-12-01"
SAMPLE_SESSIONS = 22
VINTAGE = "2023-11-30"
"""The one model that the sample is long enough for."""
PATIENCE_SECONDS = 240.0

GRAPH = json.loads((PROJECT_ROOT / "assets_tests" / "defs" / "graph.json").read_text())["assets"]
GROUPS = sorted({asset["group"] for asset in GRAPH.values()})
BY_SESSION = sorted(name for name, asset in GRAPH.items() if asset["partitions"] == "TimeWindowPartitionsDefinition")
BY_VINTAGE = sorted(name for name, asset in GRAPH.items() if asset["partitions"] == "DynamicPartitionsDefinition")

LAUNCH = """mutation {{ launchRun(executionParams: {{
  selector: {{repositoryLocationName: "butter_pipeline", repositoryName: "__repository__", jobName: "__ASSET_JOB",
    assetSelection: {assets}}},
  executionMetadata: {{tags: [{{key: "dagster/asset_partition_range_start", value: "{first}"}},
    {{key: "dagster/asset_partition_range_end", value: "{last}"}}]}}
}}) {{ __typename ... on LaunchRunSuccess {{ run {{ runId }} }} ... on PythonError {{ message }} }} }}"""
RUNS = "{runsOrError{... on Runs{results{runId status}}}}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def short_configs(folder: Path, sample_ends: str) -> Path:
    """The configurations, with a sample that ends early and models that a month of history is enough for."""
    shutil.copytree(PROJECT_ROOT / "configs", folder)
    simulator = folder / "simulator.yml"
    short, count = re.subn(r"(sample_last_session:) \S+", rf"\1 {sample_ends}", simulator.read_text())
    assert count == 1
    simulator.write_text(short)
    learning = folder / "learning.yml"
    values = yaml.safe_load(learning.read_text())
    values["vintages"] |= {"minimum_sessions": 20}
    values["needs"] = {"minimum_rows": 100, "minimum_sessions": 10}
    values["validation"] |= {"minimum_rows": 50, "resamples": 50}
    values["trees"] |= {"min_data_in_leaf": 30}
    learning.write_text(yaml.safe_dump(values))
    return folder


class House:
    """One home, and the commands that run on it."""

    def __init__(self, folder: Path, sample_ends: str = SAMPLE_ENDS, **environment: str) -> None:
        """In a folder, with the last session of its sample and further variables."""
        self.home = folder / "home"
        self.port = free_port()
        configs = short_configs(folder / "configs", sample_ends)
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

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What `butter query` answers."""
        found: list[dict[str, Any]] = self.answer("query", sql)["rows"]
        return found

    def has(self, asset: str) -> bool:
        """Whether an asset has an outcome; asked past `butter`, while another process owns the home."""
        try:
            with psycopg.connect(EmbeddedServer(self.home / "postgres" / "data").url("butter")) as here:
                query = "select exists (select from operations.session_outcomes where asset = %s)"
                return here.execute(query, (asset,)).fetchone() == (True,)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return False

    def start(self, *words: str) -> None:
        """Start a command without waiting for it."""
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "butter_pipeline.cli", *words]
            self.process = subprocess.Popen(
                command, env=self.environment, cwd=PROJECT_ROOT, stdout=log, stderr=log, text=True
            )

    def up(self) -> float:
        """Start, and return the seconds until the page was served."""
        began = time.monotonic()
        self.start("up")
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

    def launch(self, first: str, last: str, assets: Sequence[str] = ("market/bars",)) -> str:
        """Ask for a run over a range of sessions as the UI does; returns its id."""
        paths = ", ".join(f"{{path: {json.dumps(asset.split('/'))}}}" for asset in assets)
        launched = self.ask(LAUNCH.format(assets=f"[{paths}]", first=first, last=last))["launchRun"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def runs(self) -> dict[str, str]:
        """Every run's status by its id."""
        return {run["runId"]: run["status"] for run in self.ask(RUNS)["runsOrError"]["results"]}

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

    def end(self) -> None:
        """Whatever a test left running."""
        if self.process is not None and self.process.poll() is None:
            self.stop()
        for left in self.family().values():
            left.kill()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A new home."""
    made = House(tmp_path)
    yield made
    made.end()


@dataclass(frozen=True)
class Demo:
    """A home in which `butter demo` was run, and what it told."""

    house: House
    report: dict[str, Any]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Made once, then only copied and compared with."""
    house = House(tmp_path_factory.mktemp("demo"))
    return Demo(house, house.answer("demo"))


@pytest.fixture
def made(demo: Demo, tmp_path: Path) -> Iterator[House]:
    """A home that has its sample: for tests of what happens to a house rather than of how it is made."""
    house = House(tmp_path)
    subprocess.run(["cp", "-a", demo.house.home, house.home], check=True)  # the server's files have an owner
    yield house
    house.end()
