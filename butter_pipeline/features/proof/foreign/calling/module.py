"""Files of functions: loading one as often as needed, each time as if for the first time.

What belongs here: source to module. What does not: what is in it (`things`).

A module that was loaded anew remembers nothing of earlier calls; comparing it with one that was called before shows
what remembers.
"""

import sys
import types
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from butter_pipeline.errors import ButterError


class NoModule(ButterError):
    """A file that cannot be judged; the message is one line with its remedy."""


@dataclass(frozen=True)
class File:
    """A file of functions."""

    path: Path

    @property
    def name(self) -> str:
        """The name under which its modules go."""
        return f"judged_{self.path.stem}"

    def fresh(self) -> types.ModuleType:
        """Its module, loaded anew."""
        module = types.ModuleType(self.name)
        module.__file__ = str(self.path)
        sys.modules[self.name] = module
        folder = str(self.path.parent.resolve())
        sys.path.insert(0, folder)
        try:
            exec(_code(self.path), vars(module))
        except NoModule:
            raise
        except Exception as error:
            raise NoModule(f"{self.path}: could not be loaded: {one_line(error)}; mend that first") from error
        finally:
            sys.path.remove(folder)
        return module


def _code(path: Path) -> types.CodeType:
    try:
        return _compiled(path, path.read_text())
    except OSError as error:
        raise NoModule(f"{path}: cannot be read: {error.strerror}; name a file of Python functions") from None
    except (SyntaxError, ValueError) as error:
        line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise NoModule(f"{path}{line}: is no Python: {one_line(error)}; mend that first") from None


@lru_cache(maxsize=256)
def _compiled(path: Path, source: str) -> types.CodeType:
    return compile(source, str(path), "exec", dont_inherit=True)


def one_line(error: BaseException) -> str:
    """An error in one line: its kind and the beginning of what it says."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:200]}" if said else type(error).__name__
