"""What a writing tells and a reading asks: neither is taken without a time zone."""

from dataclasses import replace

import pytest

from assets_tests.store.examples import MONDAY, RECORDED, day, origin, week
from butter_pipeline.store.terms import Reading

NAIVE = RECORDED.replace(tzinfo=None)


@pytest.mark.parametrize("clock", ["received_at", "recorded_at"])
def test_both_clocks_of_a_writing_must_carry_a_time_zone(clock: str) -> None:
    with pytest.raises(ValueError, match=f"{clock} must carry a time zone, was 2025-01-01T00:00:00"):
        replace(origin(), **{clock: NAIVE})


def test_the_moment_of_a_reading_must_be_named_and_carry_a_time_zone() -> None:
    with pytest.raises(TypeError, match="as_of"):
        Reading(vendor="v", first=MONDAY, last=MONDAY)  # type: ignore[call-arg]
    for ask in (week, lambda as_of: day(MONDAY, as_of)):
        with pytest.raises(ValueError, match="as_of must carry a time zone, was 2025-01-01T00:00:00"):
            ask(NAIVE)


def test_a_reading_of_one_session_begins_and_ends_with_it() -> None:
    assert day(MONDAY) == Reading(vendor="v", first=MONDAY, last=MONDAY, as_of=RECORDED)
