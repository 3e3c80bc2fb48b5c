import os
import signal
import subprocess
import sys
import time

import pytest

from assets_tests.house.conftest import LAUNCH, House
from butter_pipeline.settings import PROJECT_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.database]
ROLES = {"postgres", "code server", "web server", "daemon"}
RUNS = "{runsOrError{... on Runs{results{runId status}}}}"


def runs(house: House) -> list[tuple[str, str]]:
    return sorted((run["runId"], run["status"]) for run in house.ask(RUNS)["runsOrError"]["results"])


def test_a_new_home_gets_its_sample_and_the_next_start_is_quick_and_recomputes_nothing(house: House) -> None:
    house.up()
    house.until(house.is_well)
    made = house.answer("status")["stored"]
    assert len(made) == 3 and all("2024-01-31" in line for line in made)
    first = runs(house)
    assert [status for _, status in first] == ["SUCCESS"] * 2  # two years, a run each
    assert house.stop() == 0
    assert house.log.read_text().endswith("stopped; what was started is down, and what was made is kept\n")
    assert house.family() == {}
    assert house.up() < 10
    house.until(house.is_well)
    assert runs(house) == first
    assert house.answer("status")["stored"] == made


def test_a_second_up_says_who_runs_and_exits_2_and_down_stops_the_first(house: House) -> None:
    house.up()
    second = house.butter("up")
    assert second.returncode == 2
    assert f"pid {house.process.pid if house.process else 0}" in second.stderr and "butter down" in second.stderr
    assert house.answer("down")["stopped"] is not None
    assert house.process is not None and house.process.wait(30) == 0
    assert house.family() == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_stop_every_child_even_while_the_sample_is_made(house: House, number: int) -> None:
    with house.log.open("w") as log:
        command = [sys.executable, "-m", "butter_pipeline.cli", "up"]
        house.process = subprocess.Popen(
            command, env=house.environment, cwd=PROJECT_ROOT, stdout=log, stderr=log, text=True
        )
    house.until(lambda: "making the sample history" in house.log.read_text())
    time.sleep(2)
    assert house.stop(number) == 0
    assert house.family() == {}
    house.up()
    house.until(house.is_well)
    assert all("2024-01-31" in line for line in house.answer("status")["stored"])


def test_whichever_process_is_killed_the_house_mends_itself_and_nothing_is_lost(house: House) -> None:
    house.up()
    house.until(house.is_well)
    before = house.answer("status")["stored"]
    for role in sorted(ROLES):
        victim = house.family()[role]
        victim.kill()
        house.until(lambda victim=victim, role=role: house.family().get(role, victim).pid != victim.pid)  # type: ignore[misc]
        house.until(house.is_well)
    assert house.answer("status")["stored"] == before


def test_after_the_owner_or_all_are_killed_the_next_up_works(house: House) -> None:
    house.up()
    before = house.answer("status")["stored"]
    assert house.process is not None
    house.process.kill()
    house.process.wait()
    house.up()
    house.until(house.is_well)
    house.kill_everything()
    house.up()
    house.until(house.is_well)
    assert house.answer("status")["stored"] == before


def test_after_a_reboot_stale_files_that_name_living_strangers_are_not_believed(house: House) -> None:
    house.up()
    house.stop()
    stranger = str(os.getpid())
    (house.home / "postgres" / "data" / "postmaster.pid").write_text(f"{stranger}\n/nowhere\n1\n5432\n\n\n\nready\n")
    (house.home / "owner.lock").write_text(f'{{"pid": {stranger}, "command": "x", "address": "", "since": ""}}')
    house.up()
    house.until(house.is_well)


def test_a_run_asked_for_in_the_ui_is_made_and_one_whose_worker_died_is_ended_at_the_next_start(house: House) -> None:
    house.up()
    house.until(house.is_well)
    launched = house.ask(LAUNCH.format(first="2024-02-01", last="2024-02-05"))["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    house.until(lambda: dict(runs(house))[run_id] == "SUCCESS")
    long = house.ask(LAUNCH.format(first="2024-02-06", last="2024-12-31"))["launchRun"]["run"]["runId"]
    house.until(lambda: dict(runs(house))[long] == "STARTED")
    house.kill_everything()
    house.up()
    house.until(house.is_well)
    assert dict(runs(house))[long] == "FAILURE"
