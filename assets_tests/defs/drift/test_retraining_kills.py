"""Everything that retrains is killed at every step of it: each alert still makes one challenger, the very same."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from sqlalchemy import text

from assets_tests.defs.drift.retraining_house import MODULE, little_configs, turns, with_history
from assets_tests.learning.learning_worlds import FIRST, plan, sources
from assets_tests.registry.registry_rows import LAST, VENDOR, WORLD
from butter_pipeline import configs
from butter_pipeline.defs.operations.janitor import end_dead_runs
from butter_pipeline.identity import content_hash
from butter_pipeline.learning import model_file
from butter_pipeline.learning.dataset import joined
from butter_pipeline.learning.success import fit
from butter_pipeline.market.sessions import next_session
from butter_pipeline.operations.addresses import addresses, variables
from butter_pipeline.registry.folding import unsettled
from butter_pipeline.registry.versions import fetched
from butter_pipeline.settings import PROJECT_ROOT, settings
from butter_pipeline.store import Store
from butter_pipeline.store.database import ensure_database

pytestmark = [pytest.mark.slow, pytest.mark.database]

INTENTS, FITTING = "butter_pipeline.drift.intents", "butter_pipeline.registry.fitting"
LAKE, OUTCOMES = "butter_pipeline.store.lake", "butter_pipeline.store.outcomes"
STEPS = {
    "a tick has asked and nobody heard it": ("butter_pipeline.defs.drift.retraining", "retraining_requests", "after"),
    "the run is made and not launched": ("dagster", "DagsterInstance.submit_run", "before"),
    "the run is launched and has not claimed": (INTENTS, "claim", "before"),
    "its claim is not committed": (INTENTS, "_note", "after"),
    "its claim is committed": (INTENTS, "claim", "after"),
    "the dataset's file is written and nothing refers to it": (LAKE, "_keep", "after"),
    "the dataset is kept": (LAKE, "write", "after"),
    "the dataset's outcome is told": (OUTCOMES, "record", "after"),
    "the model is fitted": ("butter_pipeline.learning.success", "fit", "after"),
    "the model's file is kept": (FITTING, "_version", "after"),
    "the model is entered and the intent is not settled": ("butter_pipeline.registry.versions", "register", "after"),
    "the intent is settled and nothing is committed": (INTENTS, "finish", "after"),
}
ENTERED = (OUTCOMES, "enter", "after", "2")  # the first is the dataset's
COMMITTED = ("butter_pipeline.defs.learning.assets", "_pictures", "before", "1")
KILLS = [pytest.param((*step, "1"), False, id=name) for name, step in STEPS.items()]
KILLS += [
    pytest.param(ENTERED, False, id="the outcome is entered and nothing is committed"),
    pytest.param(COMMITTED, True, id="all is committed and Dagster has not heard of it"),
]


def in_process(kind: str) -> dict[str, str]:
    name = f"sync_in_memory_run_{kind}"
    where = "launcher" if kind == "launcher" else "run_coordinator"
    return {"module": f"dagster._core.{where}.{name}", "class": f"SyncInMemoryRun{kind.title()}"}


@pytest.fixture
def little_house(house: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A house whose vintages need little; Dagster's database is on the same server, by our own dagster.yaml.

    But for the launcher and the queue: the daemon makes its runs itself, so that one signal kills them all.
    """
    monkeypatch.setenv("BUTTER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BUTTER_CONFIGS", str(little_configs(tmp_path / "configs")))
    settings.cache_clear()
    configs.load.cache_clear()
    for name, value in variables(settings()).items():
        monkeypatch.setenv(name, value)
    ensure_database(addresses(settings()).dagster_url)
    instance = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text())
    del instance["concurrency"]
    instance |= {"run_launcher": in_process("launcher"), "run_coordinator": in_process("coordinator")}
    folder = addresses(settings()).dagster_files
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text(yaml.safe_dump(instance))
    return house


@pytest.fixture
def asked(little_house: Store) -> Store:
    """A house with one retraining asked for."""
    with_history(little_house)
    return little_house


def begin(*step: str) -> "subprocess.Popen[str]":
    """The process that answers, and dies at that step."""
    command = [sys.executable, "-m", MODULE, *step]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def kill_at(*step: str) -> None:
    dying = begin(*step)
    _, said = dying.communicate(timeout=400)
    assert dying.returncode == -signal.SIGKILL, said[-3000:]


def start_again() -> list[str]:
    """What the next start of the house does, here; returns the ids of the runs that it made."""
    with dg.DagsterInstance.get() as instance:
        end_dead_runs(instance)
        return turns(instance)


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def attempts(store: Store) -> list[tuple[int, str]]:
    return rows(store, "select attempt, state from drift.intent_events order by attempt, state <> 'claimed', state")


def expect_one_challenger(store: Store) -> None:
    """The one that an undisturbed retraining would have made, settled once, watched once."""
    table = joined(sources(WORLD), (FIRST, LAST)).table
    undisturbed = fit(table, plan()).model
    ((model_id, model_hash, data_hash, vintage),) = rows(
        store, "select model_id, content_hash, training_data_hash, vintage_session from registry.models"
    )
    assert (model_hash, data_hash, vintage) == (undisturbed.content_hash, content_hash(table), LAST)
    assert model_file.dumps(fetched(store, model_id)) == model_file.dumps(undisturbed)
    assert rows(store, "select hash from lake.manifest where what = 'learning.dataset'") == [(data_hash,)]
    moves = "select model_id, to_state, effective_session from registry.events order by effective_session"
    assert rows(store, moves) == [(model_id, "training", LAST), (model_id, "shadow", next_session(LAST))]
    settled = "select state, reason from drift.intent_events where state in ('finished', 'closed')"
    assert rows(store, settled) == [("finished", f"registered {model_id}")]
    assert unsettled(store, VENDOR, [next_session(LAST)], []) == {}


@pytest.mark.parametrize(("step", "committed"), KILLS)
def test_wherever_it_is_killed_an_alert_makes_one_challenger(
    asked: Store, step: tuple[str, str, str, str], committed: bool
) -> None:
    kill_at(*step)
    assert rows(asked, "select count(*) from registry.models") == [(int(committed),)]
    made = start_again()
    assert len(made) <= (0 if committed else 1)
    expect_one_challenger(asked)
    assert start_again() == []


def test_killed_twice_at_different_steps_the_third_attempt_makes_it(asked: Store) -> None:
    kill_at(*STEPS["its claim is committed"], "1")
    with dg.DagsterInstance.get() as instance:
        assert len(end_dead_runs(instance)) == 1
    kill_at(*STEPS["the intent is settled and nothing is committed"], "1")
    assert len(start_again()) == 1
    assert attempts(asked) == [
        (1, "claimed"),
        (1, "failed"),
        (2, "claimed"),
        (2, "failed"),
        (3, "claimed"),
        (3, "finished"),
    ]
    expect_one_challenger(asked)


def test_two_daemons_that_answer_at_once_make_one_challenger(little_house: Store) -> None:
    start_again()  # Dagster's own daemon cannot begin twice at once on an empty database
    with_history(little_house)
    both = [begin("os", "getpid", "before", "0") for _ in range(2)]
    for each in both:
        _, said = each.communicate(timeout=400)
        assert each.returncode == 0, said[-3000:]
    assert start_again() == []
    expect_one_challenger(little_house)


def test_a_run_that_was_pruned_after_it_died_is_followed_by_one_that_makes_it(asked: Store) -> None:
    kill_at(*STEPS["the model is fitted"], "1")
    with dg.DagsterInstance.get() as instance:
        (run,) = instance.get_runs()
        instance.delete_run(run.run_id)
    start_again()
    assert attempts(asked) == [(1, "claimed"), (1, "failed"), (2, "claimed"), (2, "finished")]
    expect_one_challenger(asked)


def test_killed_at_every_attempt_the_retraining_is_given_up_and_says_so(asked: Store) -> None:
    for _ in range(3):
        kill_at(*STEPS["the model is fitted"], "1")
        with dg.DagsterInstance.get() as instance:
            end_dead_runs(instance)
    assert start_again() == []
    ((attempt, said),) = rows(asked, "select attempt, reason from drift.intent_events where state = 'closed'")
    assert (attempt, said) == (4, "given up after 3 attempts; the last: its run died")
    assert rows(asked, "select * from registry.models") == []
    assert unsettled(asked, VENDOR, [next_session(LAST)], []) == {}
