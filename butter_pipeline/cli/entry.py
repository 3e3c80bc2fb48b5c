"""Running a command, and what comes of it: an exit code, and one line for what has a remedy."""

import atexit
import gc
import json
import logging
import sys

import typer

from butter_pipeline.cli.shown import Failed, app, say
from butter_pipeline.errors import ButterError

INTERRUPTED = 130
"""What typer gives for an interrupt."""


def main() -> None:
    """Run a command; what has a remedy is one line and exit 2, an interruption exits 130."""
    # Libraries that retry a lost database say so line by line; what comes of it is said once, at the end.
    logging.getLogger().addHandler(logging.NullHandler())
    atexit.register(gc.freeze)  # whatever is left goes with the process: looking through it takes a second
    try:
        code = app(standalone_mode=False)
        if code == INTERRUPTED:
            say.print("stopped; what was started is down, and what was made is kept")
            sys.exit(0 if sys.argv[1:2] == ["up"] else INTERRUPTED)
        if isinstance(code, int) and code:  # a command that ends with a code of its own
            sys.exit(code)
    except Failed:
        sys.exit(2)
    except ButterError as error:
        _refuse(str(error))
    except typer.Exit as done:
        sys.exit(done.exit_code)
    except typer.TyperException as error:
        _refuse(" ".join(getattr(error, "format_message", error.__str__)().split()))
    except Exception as error:
        if not (broken := _broken_underneath(error)):
            raise
        _refuse(broken)


def _broken_underneath(error: BaseException) -> str:
    """One line for a disk or a database that failed while in use; empty for an error of ours."""
    cause: BaseException | None = error
    said = ""
    while cause is not None:
        if isinstance(cause, OSError) or type(cause).__module__.split(".")[0] in (
            "psycopg",
            "psycopg2",
            "adbc_driver_manager",
        ):
            said = next(iter(str(cause).strip().splitlines()), type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    return (
        f"the disk or the database failed: {said}; mend that and run the same command again, it continues"
        if said
        else ""
    )


def _refuse(line: str) -> None:
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps({"error": line}) + "\n")
    say.print(f"butter: {line}", markup=False)
    sys.exit(2)
