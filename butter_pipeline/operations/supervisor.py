"""Owning a home: its databases for as long as a command needs them, and `butter up` on top of them.

What belongs here: the order in which things start and stop. What does not: the lock itself
(`operations.home`) and the servers (`operations.servers`).
"""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from types import FrameType

from butter_pipeline.errors import ButterError
from butter_pipeline.operations import processes
from butter_pipeline.operations.addresses import Addresses, addresses, process_environment, without_password
from butter_pipeline.operations.home import HomeTaken, Owner, make_home, own, owner
from butter_pipeline.operations.servers import Say, Servers
from butter_pipeline.settings import PROJECT_ROOT, Settings

STOP_TIMEOUT_SECONDS = 60.0
DAGSTER_VARIABLE = "BUTTER_DAGSTER_DATABASE_URL"


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
        _ensure_dagster_database(settings, where)
        migrate(where.database_url)
        yield where
    finally:
        if where.embedded is not None:
            where.embedded.stop()


def _ensure_dagster_database(settings: Settings, where: Addresses) -> None:
    """See that Dagster's database is there and that Dagster may make its tables in it."""
    import psycopg

    from butter_pipeline.store.database import DatabaseError, ensure_database

    try:
        ensure_database(where.dagster_url)
    except DatabaseError as error:
        mine = settings.dagster_database_url is not None
        raise DatabaseError(
            str(error).replace("BUTTER_DATABASE_URL", DAGSTER_VARIABLE) if mine else str(error)
        ) from None
    with psycopg.connect(where.dagster_url) as connection:
        may = connection.execute("select has_schema_privilege('public', 'create')").fetchone()
    if may != (True,):
        place = without_password(where.dagster_url)
        raise DatabaseError(f"{place}: this user may not make tables in schema public; grant create on it to this user")


@contextmanager
def owned(settings: Settings, command: str, address: str = "") -> Iterator[Addresses]:
    """The home, owned by this process, swept of what a killed owner left, with its databases."""
    with stoppable(), own(settings.home, command, address):
        processes.end_leftovers(settings.home)
        _make_folders(settings)
        with databases(settings) as where, sole_use(where) as alone:
            if alone:
                end_dead_runs(settings, where)
            elif command.startswith("butter up"):
                raise HomeTaken(
                    f"{without_password(where.database_url)}: another `butter up` runs on this database; "
                    "use that one, or set BUTTER_DATABASE_URL to another database"
                )
            yield where


def _make_folders(settings: Settings) -> None:
    for folder in ("run", "logs", "dagster"):
        (settings.home / folder).mkdir(exist_ok=True)
    link = settings.home / "dagster" / "dagster.yaml"
    if not link.exists() or link.resolve() != PROJECT_ROOT / "dagster.yaml":
        link.unlink(missing_ok=True)
        link.symlink_to(PROJECT_ROOT / "dagster.yaml")


@contextmanager
def sole_use(where: Addresses) -> Iterator[bool]:
    """Whether no other home's owner uses the database now; if so, nobody else becomes one during the block.

    A home's lock says nothing about a server of the user's own, which several homes may name.
    """
    import psycopg

    # The lock ends with the connection, which a restarted server may have ended before us.
    with closing(psycopg.connect(where.dagster_url, autocommit=True)) as connection:
        answer = connection.execute("select pg_try_advisory_lock(hashtext('butter_pipeline owner'))").fetchone()
        yield answer == (True,)


@contextmanager
def databases_for(settings: Settings, command: str) -> Iterator[Addresses]:
    """The databases for a command that ends by itself: those of a running `butter up`, or owned for its length."""
    holder = owner(settings.home)
    if holder is None or not holder.command.startswith("butter up"):
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
    if holder.pid <= 0:
        raise ButterError(f"{settings.home}: was taken a moment ago; try again")
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
            taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
            remedy = "stop what uses it, or set BUTTER_PORT to another" if taken else "set BUTTER_HOST right"
            raise ButterError(f"{host}:{port}: cannot be served ({error.strerror}); {remedy}") from None


def up(settings: Settings, say: Say, prepare: Callable[[], None]) -> None:
    """Run until stopped. `prepare` makes the sample history if it is missing, once the databases stand."""
    address = f"http://{settings.host}:{settings.port}"
    make_home(settings.home)
    if owner(settings.home) is None:
        # Before anything is started; when the home is taken, that is the better thing to say.
        require_free_port(settings.host, settings.port)
    with owned(settings, "butter up", address) as where:
        prepare()
        servers = Servers(settings, where, say)
        try:
            servers.start()
            say(welcome(address))
            servers.watch()
        finally:
            servers.stop()


def hold_databases(settings: Settings, say: Say) -> None:
    """Keep the databases running until stopped, for tools that bring servers of their own."""
    with owned(settings, "butter up --only-databases") as where:
        say(f"the databases are up: {without_password(where.database_url)}")
        say('  elsewhere: eval "$(.venv/bin/butter env)", then `dg dev`; stop with Ctrl-C or `butter down`')
        while where.embedded is None or where.embedded.is_running():
            time.sleep(0.5)
        raise ButterError(f"the embedded PostgreSQL died; see {where.embedded.log}, then run the same command again")


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
