import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assets_tests.house.conftest import BY_SESSION, GROUPS, SAMPLE_SESSIONS, Demo, House, free_port
from butter_pipeline.settings import PROJECT_ROOT, with_database

pytestmark = [pytest.mark.slow, pytest.mark.database]
SPAN = ("--from", "2023-11-01", "--to", "2024-01-05")
KILLED_AT = ("market/chains", "labels/butterfly_outcomes", "learning/dataset", "trading/books")
"""Each the first asset of its stage or turn that is seen to be stored; the process dies while it goes on."""


@pytest.mark.timeout(1200)
def test_a_backfill_killed_in_every_turn_continues_and_ends_with_the_hashes_of_one_that_never_was(
    house: House, tmp_path: Path
) -> None:
    whole = House(tmp_path / "whole").answer("backfill", *SPAN)
    assert whole["error"] is None and whole["sessions"] == 45 and sorted(whole["stages"]) == GROUPS
    assert all(stage["rows"] and not stage["blocked"] for stage in whole["stages"].values()), whole["stages"]
    for asset in KILLED_AT:
        house.start("backfill", *SPAN)
        house.until(lambda asset=asset: house.has(asset))  # type: ignore[misc]
        assert house.process is not None
        house.process.kill()
        house.process.wait()
    again = house.answer("backfill", *SPAN)
    assert again["stages"] == whole["stages"] and again["content_hash"] == whole["content_hash"]
    nothing = house.answer("backfill", *SPAN)
    assert nothing["runs"] == [] and nothing["content_hash"] == whole["content_hash"]
    anew = house.answer("backfill", *SPAN, "--again")
    # Two years before the models and two aside, the months' vintages, two years on the models, the review.
    assert len(anew["runs"]) == len(whole["runs"]) == 8
    assert anew["stages"] == whole["stages"]
    # A session alone is not worth another process: what stands aside goes along with the first of its two runs.
    alone = house.answer("backfill", "--from", "2024-01-08", "--to", "2024-01-08")
    assert len(alone["runs"]) == 2 and alone["stages"]["features"]["blocked"] == 0


def told(report: dict[str, Any]) -> dict[str, Any]:
    """What a demo tells of its market: everything but which runs made it and how long they took."""
    return {name: value for name, value in report.items() if name not in ("runs", "seconds")}


@pytest.mark.timeout(600)
def test_a_seed_is_one_market_in_every_home_and_others_live_beside_it(demo: Demo, house: House) -> None:
    usual = house.answer("demo")
    assert told(usual) == told(demo.report) and usual["sessions"] == SAMPLE_SESSIONS
    assert (
        sorted(usual["stages"]) == GROUPS
        and sum(usual["executions"].values()) > 0
        and usual["stages"]["learning"]["rows"] > 0
    )
    other, fair, lasting = (house.answer("demo", *words) for words in (["--seed", "8"], ["--placebo"], ["--no-break"]))
    for stage in GROUPS:
        assert len({market["stages"][stage]["content_hash"] for market in (usual, other, fair)}) == 3, stage
    assert len({market["content_hash"] for market in (usual, other, fair)}) == 3
    assert all(market["sessions"] == SAMPLE_SESSIONS for market in (other, fair, lasting))
    # Before the break they are one market; ids of what is derived name their market all the same.
    assert lasting["stages"]["market"]["content_hash"] == usual["stages"]["market"]["content_hash"]
    assert house.answer("demo")["runs"] == []


def test_a_malformed_file_fails_the_daemon_s_run_by_name_and_a_mended_one_clears_it(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    feed.mkdir()
    lines = [
        "session,symbol,open,high,low,close,volume",
        "2024-03-04,AAA,10,11,9,10,1000",
        "2024-03-05,AAA,10,11,9,10.1,1001",
    ]
    (feed / "bars.csv").write_text("\n".join([lines[0].replace("close", "fin"), *lines[1:]]) + "\n")
    house = House(tmp_path, BUTTER_VENDOR="csv", BUTTER_CSV_FOLDER=str(feed))
    house.up()
    house.until(house.is_well)
    house.launch("2024-03-04", "2024-03-05")
    house.until(lambda: len(house.answer("status")["failed_sessions"]) == 2)
    told = house.answer("status")["failed_sessions"]
    assert all("bars.csv: row 1" in line and "close" in line for line in told), told
    (feed / "bars.csv").write_text("\n".join(lines) + "\n")
    words = ("--from", "2024-03-04", "--to", "2024-03-05", "--select", "key:market/bars")
    mended = house.answer("backfill", *words)
    assert mended["error"] is None and mended["stages"]["market"]["rows"] == 2
    assert house.answer("status")["failed_sessions"] == []
    assert house.answer("backfill", *words)["runs"] == []
    house.stop()


def test_a_selection_makes_only_what_it_names(house: House) -> None:
    made = house.answer("backfill", "--from", "2023-11-01", "--to", "2023-11-03", "--select", "key:market/bars")
    assert made["stages"]["market"]["assets"] == ["market/bars"]
    assert made["stages"]["market"]["materialized"] == 3


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2024-01-05", "2024-01-02", "swap them"),
        ("2024-01-05", "2039-01-05", "the last settled session"),
        ("2001-01-05", "2001-02-05", "where configs/market.yml begins"),
    ],
)
def test_sessions_that_cannot_be_are_refused(house: House, first: str, last: str, said: str) -> None:
    done = house.butter("backfill", "--from", first, "--to", last)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_on_the_user_s_own_postgresql_15_over_tcp_everything_is_the_same_to_the_bit(
    postgres15_url: str, demo: Demo, tmp_path: Path
) -> None:
    own = House(tmp_path / "own", BUTTER_DATABASE_URL=with_database(postgres15_url, "butter_own"))
    assert told(own.answer("demo")) == told(demo.report)
    assert not (own.home / "postgres").exists()
    own.up()
    own.until(own.is_well)
    rival = House(tmp_path / "rival", BUTTER_DATABASE_URL=with_database(postgres15_url, "butter_own"))
    second = rival.butter("up")
    assert second.returncode == 2 and "another `butter up` runs on this database" in second.stderr
    assert rival.answer("demo")["runs"] == []
    shown = own.butter("status").stdout + own.butter("doctor").stdout + own.log.read_text()
    assert "p%40ss" not in shown and "p@ss" not in shown
    assert own.stop() == 0


def test_dbt_and_dg_work_on_the_same_instance_with_the_variables_of_butter_env(made: House) -> None:
    made.up()
    bin_folder, other = Path(sys.executable).parent, free_port()
    query = '{"query": "{runsOrError{... on Runs{count}} workspaceOrError{... on Workspace{locationEntries{name}}}}"}'
    script = f"""set -e
    eval "$({bin_folder}/butter env)"
    cd "$DBT_PROJECT_DIR"
    dbt build --quiet --target-path {made.home}/dbt --log-path {made.home}/dbt
    cd {PROJECT_ROOT}
    dg list defs --json > {made.home}/defs.json
    dagster-webserver -w workspace.yaml -p {other} & web=$!
    trap "kill $web" EXIT
    for _ in $(seq 300); do
        curl -sf http://127.0.0.1:{other}/server_info > /dev/null && break
        sleep 0.2
    done
    curl -sf http://127.0.0.1:{other}/graphql -H 'content-type: application/json' \\
        -d '{query}'
    """
    done = subprocess.run(
        ["bash", "-c", script], env=made.environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = (made.home / "defs.json").read_text()
    assert all(asset in listed for asset in BY_SESSION)
    # The same instance: it knows the runs of the sample, and the one code location.
    answer = done.stdout[done.stdout.index('{"data"') :].replace(" ", "")
    assert '"runsOrError":{"count":5}' in answer and '"locationEntries":[{"name":"butter_pipeline"}]' in answer
    import psycopg

    with psycopg.connect(made.answer("env")["BUTTER_DATABASE_URL"]) as connection:
        row = connection.execute("select count(*), bool_and(usable) from marts.session_coverage").fetchone()
    assert row == (SAMPLE_SESSIONS, True)
