"""Two vendors of the same rows: what lies more than 5 % apart is named by session, symbol and column."""

from datetime import timedelta

from assets_tests.market.quality_tables import MON, TUE, bar, bars, context
from butter_pipeline.market.frames import BARS, CONTEXT
from butter_pipeline.market.quality import vendors_agree
from butter_pipeline.market.sessions import as_of


def test_rows_within_five_per_cent_agree_and_others_are_named_by_their_worst_column() -> None:
    ours = bars([bar(MON), bar(MON, "BBB"), bar(TUE)])
    theirs = bars([bar(MON, close=10.4), bar(MON, "BBB", high=10.9, close=10.8), bar(TUE)])
    found = vendors_agree(BARS, ours, theirs, 5.0)
    assert [(each.session, each.name, each.column) for each in found.apart] == [(MON, "BBB", "open")]
    assert (found.agreeing_pct(MON), found.agreeing_pct(TUE)) == (50.0, 100.0)
    assert found.told(MON, "other") == "1 of 2 apart from other: BBB open 10 / 10.8"
    assert found.told(TUE, "other") == ""


def test_only_what_both_have_is_compared_and_volume_is_not() -> None:
    found = vendors_agree(BARS, bars([bar(MON), bar(MON, "BBB")]), bars([bar(MON, volume=9e9), bar(MON, "CCC")]), 5.0)
    assert (found.compared, list(found.apart)) == ({MON: 1}, [])
    nothing = vendors_agree(BARS, bars([bar(MON)]), BARS.schema.empty_table(), 5.0)
    assert (nothing.compared, list(nothing.apart), nothing.agreeing_pct(MON)) == ({}, [], 100.0)


def test_the_corrected_row_is_the_one_that_counts() -> None:
    corrected = bars([bar(MON, close=20.0), (*bar(MON), as_of(MON) + timedelta(days=1))])
    assert not vendors_agree(BARS, corrected, bars([bar(MON)]), 5.0).apart
    assert vendors_agree(BARS, corrected[:1], bars([bar(MON)]), 5.0).apart


def test_opposite_signs_and_zero_are_apart() -> None:
    ours, theirs = (
        context([(MON, "a", -1.0), (MON, "b", 0.0), (MON, "c", 0.0)]),
        context([(MON, "a", 1.0), (MON, "b", 1.0), (MON, "c", 0.0)]),
    )
    assert [each.name for each in vendors_agree(CONTEXT, ours, theirs, 5.0).apart] == ["a", "b"]
