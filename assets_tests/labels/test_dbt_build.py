"""How dbt is run: alone, in this process, leaving nothing behind, and saying in one line what failed."""

import logging
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assets_tests.conftest import PASSWORD
from assets_tests.labels import label_worlds
from assets_tests.labels.label_worlds import MATURES, RULES, held, keep, read, run
from butter_pipeline.errors import ButterError
from butter_pipeline.labels.build import Asked, BuildFailed, Project, build
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.labels.project import select
from butter_pipeline.labels.sessions import Model, make
from butter_pipeline.market.sessions import offset
from butter_pipeline.settings import with_database
from butter_pipeline.store import Store, outcomes
from butter_pipeline.store.database import ensure_database, migrate

pytestmark = pytest.mark.database
LABELS = select("butterfly_outcomes")


def asked() -> Asked:
    return Asked((MATURES,), run(), 8, RULES.settings)


def test_dbt_leaves_environment_logging_signals_and_connections_as_they_were(
    database: Store, project: Project, capfd: pytest.CaptureFixture[str]
) -> None:
    build(database, LABELS, asked(), project)
    before = state()
    build(database, LABELS, asked(), project)
    assert state() == before
    assert connections_end(database)
    assert capfd.readouterr() == ("", "")


def connections_end(database: Store) -> bool:
    """Whether the server, which takes a moment to notice, is left by all of dbt's connections."""
    query = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'dbt'"
    for _ in range(40):
        with database.engine.connect() as connection:
            if connection.exec_driver_sql(query).scalar() == 0:
                return True
        time.sleep(0.05)
    return False


def state() -> list[object]:
    root = logging.getLogger()
    return [
        dict(os.environ),
        (root.level, list(root.handlers), logging.root.manager.disable),
        signal.getsignal(signal.SIGINT),
        list(warnings.filters),
        os.getcwd(),  # noqa: PTH109
    ]


def test_a_failing_test_is_named_keeps_its_rows_out_and_the_next_run_goes_on(
    database: Store, project: Project, broken: Callable[[str, str], Project]
) -> None:
    keep(database, [held("a", *[110.0] * 7)])
    wrong = "select * from {{ ref('arrived_butterfly_outcomes') }}"
    model = Model(BUTTERFLY_OUTCOMES, (), 8, RULES.settings)
    with pytest.raises(ButterError, match="test butterfly_profit_is_exit_less_entry came to fail: Got 1 result"):
        make(database, model, [MATURES], run(), broken("tests/butterfly_profit_is_exit_less_entry.sql", wrong))
    (failed,) = outcomes.latest(database, "labels/butterfly_outcomes", label_worlds.VENDOR, MATURES, MATURES)
    assert failed.status == "failed" and "butterfly_profit_is_exit_less_entry" in (failed.reason or "")
    build(database, LABELS, Asked((offset(MATURES, 1),), run(), 8, RULES.settings), project)
    assert read(database, BUTTERFLY_OUTCOMES) == {}
    later = run()
    make(database, model, [MATURES], type(later)(**vars(later) | {"run_id": "s"}), project)
    (done,) = outcomes.latest(database, "labels/butterfly_outcomes", label_worlds.VENDOR, MATURES, MATURES)
    assert (done.status, done.rows) == ("done", 1) and list(read(database, BUTTERFLY_OUTCOMES)) == ["a"]


@pytest.mark.slow
def test_a_model_that_postgresql_refuses_is_named_with_what_was_said(
    database: Store, broken: Callable[[str, str], Project]
) -> None:
    refused = "select 1 / 0 as x from {{ ref('arrived_butterfly_outcomes') }}"
    project = broken("models/labels/butterfly_outcomes.sql", refused)
    keep(database, [held("a", *[110.0] * 7)])
    with pytest.raises(BuildFailed, match="model butterfly_outcomes came to error: .*division by zero") as caught:
        build(database, LABELS, asked(), project)
    assert "\n" not in str(caught.value)
    assert {result.status for result in caught.value.results if result.kind == "test"} == {"pass"}


@pytest.mark.slow
def test_a_project_that_cannot_be_read_is_one_line(database: Store, broken: Callable[[str, str], Project]) -> None:
    with pytest.raises(BuildFailed, match="^dbt: .*nowhere") as caught:
        build(database, LABELS, asked(), broken("models/labels/signal_outcomes.sql", "select {{ ref('nowhere') }}"))
    assert "\n" not in str(caught.value)


def test_what_the_sql_names_and_the_run_does_not_say_is_refused(database: Store, project: Project) -> None:
    with pytest.raises(BuildFailed, match="the run does not say exit_age"):
        build(database, LABELS, Asked((MATURES,), run(), 8, {}), project)


@pytest.mark.slow
def test_an_interruption_ends_what_the_server_is_doing_and_is_passed_on(
    database: Store, broken: Callable[[str, str], Project]
) -> None:
    project = broken("models/labels/butterfly_outcomes.sql", "select 1 as x from pg_sleep(60)")
    interrupting = threading.Thread(target=interrupt_when_asleep, args=(database,))
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        build(database, ["butterfly_outcomes"], asked(), project)
    interrupting.join()
    assert connections_end(database)


def interrupt_when_asleep(database: Store) -> None:
    query = "select count(*) from pg_stat_activity where application_name = 'dbt' and wait_event = 'PgSleep'"
    for _ in range(600):
        with database.engine.connect() as connection:
            if connection.exec_driver_sql(query).scalar():
                os.kill(os.getpid(), signal.SIGINT)
                return
        time.sleep(0.05)


@pytest.mark.slow
def test_a_server_of_one_s_own_with_a_password_that_is_written_nowhere(postgres15_url: str, tmp_path: Path) -> None:
    url = with_database(postgres15_url, "butter_labels")
    ensure_database(url)
    migrate(url)
    with _store(url, tmp_path) as store:
        build(store, LABELS, asked(), Project(tmp_path / "dbt"))
    written = b"".join(file.read_bytes() for file in (tmp_path / "dbt").rglob("*") if file.is_file())
    assert written and PASSWORD.encode() not in written
    assert not [name for name in os.environ if name.startswith("BUTTER_DBT_")]


@contextmanager
def _store(url: str, folder: Path) -> Iterator[Store]:
    made = Store(url, str(folder / "lake"))
    yield made
    made.engine.dispose()
