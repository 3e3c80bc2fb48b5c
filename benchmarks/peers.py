"""Peers of the claims, each in an environment of its own outside the tree, made at its first use and kept.

What belongs here: finding a Python, making its environment, running a script in it. What does not: any peer or
claim; those stand in the module of their claim, as in

    PEER = Peer("py_vollib_vectorized", python="3.11", requirements=("py_vollib_vectorized==0.1.1", "numpy<2"))
    run = PEER.run(SCRIPT, folder)  # the script's words follow in sys.argv; its last line must be JSON
    run.answer, run.peak_rss_mb

Environments are kept in `butter_pipeline/peers` of the user's cache folder (`XDG_CACHE_HOME` or ~/.cache), named by
what is in them. Remove the folder to make them again.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.measure import peak_memory


class PeerFailed(Exception):
    """An environment that cannot be made, or a script that failed in it; one line says which."""


@dataclass(frozen=True)
class Run:
    """What a script answered, and the peak of its resident memory."""

    answer: Any
    peak_rss_mb: float


@dataclass(frozen=True)
class Peer:
    """A Python such as "3.12" and what pip installs into it."""

    name: str
    python: str
    requirements: tuple[str, ...]

    def run(self, script: str, *words: object) -> Run:
        """Run a script in the environment, outside the tree; the last line that it prints is its answer."""
        command = [str(self.interpreter()), "-c", script, *(str(word) for word in words)]
        process = subprocess.Popen(
            command, cwd=_folder(), env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        with peak_memory(process) as peak:
            output, errors = process.communicate()
        if process.returncode != 0:
            raise PeerFailed(f"the script of {self.name} failed: {_last_line(errors)}")
        return Run(json.loads(_last_line(output)), peak[0])

    def interpreter(self) -> Path:
        """The environment's Python; made and filled if it is not there yet, by one process at a time."""
        digest = hashlib.sha256(json.dumps([self.python, sorted(self.requirements)]).encode()).hexdigest()[:12]
        home = _folder() / f"{self.name}-{self.python}-{digest}"
        python, stamp = home / "bin" / "python", home / "installed"
        with _alone(home):
            if not stamp.exists():
                shutil.rmtree(home, ignore_errors=True)
                _called(self.name, [self._base(), "-m", "venv", str(home)])
                pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
                _called(self.name, [*pip, *self.requirements])
                stamp.touch()
        return python

    def _base(self) -> str:
        """The Python that the environment is made from: the first that really runs, on the path or of pyenv."""
        pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
        named = [shutil.which(f"python{self.python}"), *sorted(pyenv.glob(f"{self.python}.*/bin/python"), reverse=True)]
        for python in (str(each) for each in named if each):
            if subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0:
                return python
        raise PeerFailed(f"{self.name} needs Python {self.python}; put a working python{self.python} on the path")


def _folder() -> Path:
    """Where all environments are."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "butter_pipeline" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def _environment() -> dict[str, str]:
    """The caller's variables without those that would lead a Python to another one's packages."""
    return {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """The block runs in one process at a time."""
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _called(name: str, command: list[str]) -> None:
    done = subprocess.run(command, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PeerFailed(f"the environment of {name} cannot be made: {_last_line(done.stderr)}")


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if re.search(r"\w", line)), "no word")
