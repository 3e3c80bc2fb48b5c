import os
import signal

import pytest

from assets_tests.house.conftest import BY_SESSION, BY_VINTAGE, SAMPLE_ENDS, SAMPLE_SESSIONS, VINTAGE, House

pytestmark = [pytest.mark.slow, pytest.mark.database]
ROLES = {"postgres", "code server", "web server", "daemon"}


def whole_sample(house: House) -> list[str]:
    """What `butter status` says is stored, which must be every asset's sample."""
    stored: list[str] = house.answer("status")["stored"]
    assert [line.split()[0] for line in stored] == sorted([*BY_SESSION, *BY_VINTAGE])
    for line in stored:
        held = f"1 sessions {VINTAGE}..{VINTAGE}" if line.split()[0] in BY_VINTAGE else None
        assert (held or f"{SAMPLE_SESSIONS} sessions 2023-11-01..{SAMPLE_ENDS}") in line
    return stored


def test_a_new_home_gets_its_sample_and_the_next_start_is_quick_and_recomputes_nothing(house: House) -> None:
    making = house.up()
    house.until(house.is_well)
    stored = whole_sample(house)
    first = house.runs()
    assert list(first.values()) == ["SUCCESS"] * 5  # before the models, aside, the model, on the models, the review
    assert house.stop() == 0
    assert house.log.read_text().endswith("stopped; what was started is down, and what was made is kept\n")
    assert house.family() == {}
    assert house.up() < making / 2
    house.until(house.is_well)
    assert house.runs() == first
    assert house.answer("status")["stored"] == stored


def test_a_second_up_says_who_runs_and_exits_2_and_down_stops_the_first(made: House) -> None:
    made.up()
    second = made.butter("up")
    assert second.returncode == 2
    assert f"pid {made.process.pid if made.process else 0}" in second.stderr and "butter down" in second.stderr
    assert made.answer("down")["stopped"] is not None
    assert made.process is not None and made.process.wait(30) == 0
    assert made.family() == {}


@pytest.mark.parametrize(("number", "reached"), [(signal.SIGINT, "market/bars"), (signal.SIGTERM, "trading/books")])
def test_both_signals_stop_every_child_even_while_the_sample_is_made(house: House, number: int, reached: str) -> None:
    house.start("up")
    house.until(lambda: house.has(reached))
    assert house.stop(number) == 0
    assert house.family() == {}
    house.up()
    house.until(house.is_well)
    whole_sample(house)


def test_whichever_process_is_killed_the_house_mends_itself_and_nothing_is_lost(made: House) -> None:
    made.up()
    made.until(made.is_well)
    before = made.answer("status")["stored"]
    for role in sorted(ROLES):
        victim = made.family()[role]
        victim.kill()
        made.until(lambda victim=victim, role=role: made.family().get(role, victim).pid != victim.pid)  # type: ignore[misc]
        made.until(made.is_well)
    assert made.answer("status")["stored"] == before


def test_after_the_owner_or_all_are_killed_the_next_up_works(made: House) -> None:
    made.up()
    before = made.answer("status")["stored"]
    assert made.process is not None
    made.process.kill()
    made.process.wait()
    made.up()
    made.until(made.is_well)
    made.kill_everything()
    made.up()
    made.until(made.is_well)
    assert made.answer("status")["stored"] == before


def test_after_a_reboot_stale_files_that_name_living_strangers_are_not_believed(made: House) -> None:
    made.up()
    made.stop()
    stranger = str(os.getpid())
    (made.home / "postgres" / "data" / "postmaster.pid").write_text(f"{stranger}\n/nowhere\n1\n5432\n\n\n\nready\n")
    (made.home / "owner.lock").write_text(f'{{"pid": {stranger}, "command": "x", "address": "", "since": ""}}')
    made.up()
    made.until(made.is_well)


def test_a_run_asked_for_in_the_ui_is_made_and_one_whose_worker_died_is_ended_at_the_next_start(made: House) -> None:
    made.up()
    made.until(made.is_well)
    short = made.launch("2024-02-01", "2024-02-05")
    made.until(lambda: made.runs()[short] == "SUCCESS")
    long = made.launch("2024-02-06", "2024-12-31")
    made.until(lambda: made.runs()[long] == "STARTED")
    made.kill_everything()
    made.up()
    made.until(made.is_well)
    assert made.runs()[long] == "FAILURE"


def test_a_question_is_answered_whether_the_house_runs_or_not_and_a_write_is_refused(made: House) -> None:
    counted = "select asset, count(*) as sessions from operations.latest_outcomes group by asset order by asset"
    stopped = made.rows(counted)
    assert {row["asset"]: row["sessions"] for row in stopped} == {
        **dict.fromkeys(BY_SESSION, SAMPLE_SESSIONS),
        **dict.fromkeys(BY_VINTAGE, 1),
    }
    made.up()
    assert made.rows(counted) == stopped
    shown = made.butter("query", "select distinct arm from trading.decisions order by arm").stdout.split()
    assert shown == ["arm", "ButterA", "ButterB"]
    for statement in ("delete from trading.decisions", "commit; delete from trading.decisions"):
        refused = made.butter("query", statement)
        assert refused.returncode == 2 and "the database refused it" in refused.stderr
        assert "Traceback" not in refused.stderr and refused.stdout == ""
    assert made.rows("select count(*) as n from trading.decisions")[0]["n"] > 0
    assert made.answer("status")["failed_sessions"] == []
