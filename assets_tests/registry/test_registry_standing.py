from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from butter_pipeline.learning.plan import Registry
from butter_pipeline.market.sessions import next_session, offset, sessions_between
from butter_pipeline.registry.frames import STANDING
from butter_pipeline.registry.standing import History, Model, Move, fold, stand, table

RULES = Registry(shadow_sessions=5, most_shadows=2)
FIRST = date(2024, 10, 31)
SECOND, THIRD, FOURTH = date(2024, 11, 29), date(2024, 12, 31), date(2025, 1, 31)


def model(vintage: date, passed: bool = True, name: str = "") -> Model:
    return Model(name or f"model-{vintage}", "success", vintage, passed)


def registered(*models: Model) -> History:
    """Models as they stand in the registry when they were just made."""
    moves = [
        move
        for each in models
        for move in (
            Move(each.model_id, None, "training", each.vintage, "learning/success", "fitted"),
            Move(each.model_id, "training", "shadow", next_session(each.vintage), "learning/success", "watched"),
        )
    ]
    return History("success", models, moves)


def stood(history: History, first: date, last: date) -> dict[date, tuple[date | None, list[date]]]:
    """The vintage that decides and those that are watched, by session."""
    standings, _ = fold(history, sessions_between(first, last), RULES)
    return {
        each.session: (each.production.vintage if each.production else None, [s.vintage for s in each.shadows])
        for each in standings
    }


def test_where_there_is_no_model_none_stands() -> None:
    found, moves = stand(registered(), FIRST, RULES)
    assert (found.production, found.shadows, moves) == (None, (), [])
    assert "the market's probability decides" in found.reason


def test_a_model_is_watched_from_the_session_after_its_cutoff_and_decides_after_five() -> None:
    found = stood(registered(model(FIRST)), FIRST, offset(FIRST, 7))
    assert found[FIRST] == (None, [])
    for day in range(1, 6):
        assert found[offset(FIRST, day)] == (None, [FIRST])
    assert found[offset(FIRST, 6)] == (FIRST, []) == found[offset(FIRST, 7)]


def test_a_model_whose_gate_did_not_pass_never_decides() -> None:
    found = stood(registered(model(FIRST, passed=False)), FIRST, offset(FIRST, 200))
    assert {production for production, _ in found.values()} == {None}
    assert found[offset(FIRST, 200)] == (None, [FIRST])


def test_a_newer_model_takes_over_and_the_one_before_retires() -> None:
    history = registered(model(FIRST), model(SECOND))
    found = stood(history, FIRST, offset(SECOND, 10))
    assert found[offset(SECOND, 5)] == (FIRST, [SECOND])
    assert found[offset(SECOND, 6)] == (SECOND, [])
    _, moves = fold(history, sessions_between(FIRST, offset(SECOND, 10)), RULES)
    assert [(move.model_id, move.to_state) for move in moves] == [
        (f"model-{FIRST}", "production"),
        (f"model-{SECOND}", "production"),
        (f"model-{FIRST}", "retired"),
    ]
    assert {move.effective_session for move in moves[1:]} == {offset(SECOND, 6)}


def test_the_incumbent_stays_when_a_newer_model_does_not_pass() -> None:
    found = stood(registered(model(FIRST), model(SECOND, passed=False)), FIRST, offset(SECOND, 60))
    assert found[offset(SECOND, 60)] == (FIRST, [SECOND])


def test_a_shadow_that_did_not_pass_makes_room_once_a_newer_one_is_there() -> None:
    found = stood(registered(model(FIRST, False), model(SECOND, False)), FIRST, offset(SECOND, 3))
    assert found[next_session(SECOND)] == (None, [FIRST, SECOND])
    assert found[offset(SECOND, 2)] == (None, [SECOND])


def test_no_more_than_two_are_watched_for_longer_than_a_session() -> None:
    models = [model(offset(FIRST, day)) for day in range(4)]
    found = stood(registered(*models), FIRST, offset(FIRST, 5))
    assert [len(watched) for _, watched in found.values()] == [0, 1, 2, 3, 3, 2]


def test_a_model_that_comes_late_and_is_older_than_who_decides_is_retired() -> None:
    history = registered(model(FIRST), model(SECOND))
    _, moves = fold(history, sessions_between(FIRST, offset(SECOND, 10)), RULES)
    late = registered(model(date(2024, 11, 15)))
    known = History("success", [*history.models, *late.models], [*history.moves, *moves, *late.moves])
    standing, brought = stand(known, offset(SECOND, 11), RULES)
    assert standing.production == history.models[1]
    assert [(move.model_id, move.to_state) for move in brought] == [("model-2024-11-15", "retired")]


def test_a_model_or_a_move_of_later_sessions_changes_nothing_before() -> None:
    early, later = registered(model(FIRST)), registered(model(FIRST), model(SECOND), model(THIRD, False))
    assert stood(early, FIRST, SECOND) == stood(later, FIRST, SECOND)


VINTAGES = [FIRST, date(2024, 11, 8), SECOND, date(2024, 12, 4), THIRD, FOURTH]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(VINTAGES), st.booleans()),
    st.lists(st.integers(1, 80), max_size=6),
    st.randoms(),
)
def test_a_fold_over_a_range_is_the_fold_session_by_session(
    passed: dict[date, bool], cuts: list[int], random: object
) -> None:
    history = registered(*(model(vintage, ok) for vintage, ok in sorted(passed.items())))
    sessions = sessions_between(FIRST, FOURTH)
    whole, brought = fold(history, sessions, RULES)
    apart, moves = [], list(history.moves)
    places = [0, *sorted(cuts), len(sessions)]
    for start, end in pairwise(places):
        random.shuffle(moves)  # type: ignore[attr-defined]
        more, new = fold(History("success", history.models[::-1], moves), sessions[start:end], RULES)
        apart += more
        moves += new
    assert table(apart) == table(whole)
    assert set(moves) == {*history.moves, *brought}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(VINTAGES), st.booleans()))
def test_who_decides_passed_its_gate_is_never_older_than_before_and_few_are_watched(passed: dict[date, bool]) -> None:
    history = registered(*(model(vintage, ok) for vintage, ok in sorted(passed.items())))
    standings, _ = fold(history, sessions_between(FIRST, offset(FOURTH, 30)), RULES)
    before = date.min
    for standing in standings:
        if standing.production is not None:
            assert standing.production.passed and standing.production.vintage >= before
            assert standing.production.vintage < standing.session
            before = standing.production.vintage
    assert len(standings[-1].shadows) <= RULES.most_shadows


def test_standings_are_rows_of_their_frame() -> None:
    standings, _ = fold(registered(model(FIRST), model(SECOND, False)), [offset(SECOND, 3)], RULES)
    (row,) = table(standings).to_pylist()
    assert table(standings).schema == STANDING.schema
    assert row["production_model_id"] is None and row["shadow_model_ids"] == f"model-{FIRST},model-{SECOND}"
    assert row["reason"].endswith("watched: success of 2024-10-31, success of 2024-11-29 (its gate did not pass)")
