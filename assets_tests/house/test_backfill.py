import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets_tests.house.conftest import LAUNCH, House, free_port
from butter_pipeline.settings import PROJECT_ROOT, with_database

pytestmark = [pytest.mark.slow, pytest.mark.database]
SPAN = ("--from", "2023-11-01", "--to", "2024-03-28")


def test_a_backfill_killed_midway_continues_and_ends_with_the_hashes_of_one_that_never_was(
    house: House, tmp_path: Path
) -> None:
    whole = House(tmp_path / "whole").answer("backfill", *SPAN)
    assert whole["error"] is None and whole["sessions"] == 102
    command = [sys.executable, "-m", "butter_pipeline.cli", "backfill", *SPAN]
    for seconds in (3.0, 4.5, 6.0):
        killed = subprocess.Popen(command, env=house.environment, cwd=PROJECT_ROOT, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        killed.kill()
        killed.wait()
    again = house.answer("backfill", *SPAN)
    assert again["content_hash"] == whole["content_hash"]
    assert again["stages"]["market"]["rows"] == whole["stages"]["market"]["rows"]
    nothing = house.answer("backfill", *SPAN)
    assert nothing["runs"] == [] and nothing["content_hash"] == whole["content_hash"]
    anew = house.answer("backfill", *SPAN, "--again")
    assert len(anew["runs"]) == 2 and anew["content_hash"] == whole["content_hash"]


def test_markets_of_other_seeds_and_kinds_live_side_by_side_in_one_home(house: House) -> None:
    usual = house.answer("demo")
    other, fair, lasting = (house.answer("demo", *words) for words in (["--seed", "8"], ["--placebo"], ["--no-break"]))
    hashes = {market["content_hash"] for market in (usual, other, fair)}
    assert len(hashes) == 3 and all(market["sessions"] == 62 for market in (other, fair, lasting))
    assert lasting["content_hash"] == usual["content_hash"]  # before the break they are one market
    assert house.answer("demo")["runs"] == []
    stored = house.answer("status")
    assert "database_state" in stored


def test_a_malformed_file_fails_the_daemon_s_run_by_name_and_a_mended_one_clears_it(tmp_path: Path) -> None:
    feed = tmp_path / "feed"
    feed.mkdir()
    lines = [
        "session,symbol,open,high,low,close,volume",
        "2024-03-04,AAA,10,11,9,10,1000",
        "2024-03-05,AAA,10,11,9,10.1,1001",
    ]
    (feed / "bars.csv").write_text("\n".join([*lines, "2024-03-06,AAA,ten,11,9,10,1002"]) + "\n")
    house = House(tmp_path, BUTTER_VENDOR="csv", BUTTER_CSV_FOLDER=str(feed))
    house.up()
    house.until(house.is_well)
    house.ask(LAUNCH.format(first="2024-03-04", last="2024-03-05"))
    house.until(lambda: len(house.answer("status")["failed_sessions"]) == 2)
    told = house.answer("status")["failed_sessions"]
    assert all("bars.csv: row 4" in line and "ten" in line for line in told), told
    (feed / "bars.csv").write_text("\n".join(lines) + "\n")
    mended = house.answer("backfill", "--from", "2024-03-04", "--to", "2024-03-05")
    assert mended["error"] is None and mended["stages"]["market"]["rows"] == 2
    assert house.answer("status")["failed_sessions"] == []
    assert house.answer("backfill", "--from", "2024-03-04", "--to", "2024-03-05")["runs"] == []
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
    postgres15_url: str, tmp_path: Path
) -> None:
    own = House(tmp_path / "own", BUTTER_DATABASE_URL=with_database(postgres15_url, "butter_own"))
    embedded = House(tmp_path / "embedded")
    ours, theirs = own.answer("demo"), embedded.answer("demo")
    assert ours["content_hash"] == theirs["content_hash"]
    assert not (own.home / "postgres").exists()
    own.up()
    own.until(own.is_well)
    rival = House(tmp_path / "rival", BUTTER_DATABASE_URL=with_database(postgres15_url, "butter_own"))
    second = rival.butter("up")
    assert second.returncode == 2 and "another `butter up` runs on this database" in second.stderr
    assert rival.answer("backfill", "--from", "2023-11-01", "--to", "2024-01-31")["runs"] == []
    shown = own.butter("status").stdout + own.butter("doctor").stdout + own.log.read_text()
    assert "p%40ss" not in shown and "p@ss" not in shown
    assert own.stop() == 0


def test_dbt_and_dg_work_on_the_same_instance_with_the_variables_of_butter_env(house: House) -> None:
    house.answer("demo")
    house.up()
    bin_folder, other = Path(sys.executable).parent, free_port()
    query = '{"query": "{runsOrError{... on Runs{count}} workspaceOrError{... on Workspace{locationEntries{name}}}}"}'
    script = f"""set -e
    eval "$({bin_folder}/butter env)"
    cd "$DBT_PROJECT_DIR"
    dbt build --quiet --target-path {house.home}/dbt --log-path {house.home}/dbt
    cd {PROJECT_ROOT}
    dg list defs --json > {house.home}/defs.json
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
        ["bash", "-c", script], env=house.environment, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "market/bars" in (house.home / "defs.json").read_text()
    # The same instance: it knows the two runs of the sample, and the one code location.
    answer = done.stdout[done.stdout.index('{"data"') :].replace(" ", "")
    assert '"runsOrError":{"count":2}' in answer and '"locationEntries":[{"name":"butter_pipeline"}]' in answer
    import psycopg

    with psycopg.connect(house.answer("env")["BUTTER_DATABASE_URL"]) as connection:
        row = connection.execute("select count(*), bool_and(usable) from marts.session_coverage").fetchone()
    assert row == (62, True)
