"""Each rule over option chains: a bad quote is caught under the rule's name, its sound look-alike is left alone."""

from datetime import date, timedelta
from math import inf, nan
from typing import Any

import pyarrow as pa
import pytest

from assets_tests.market.quality_tables import MON, TUE, bar, bars, chain, found, judged, quote, reasons
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of

STRIKES = range(80, 121)


def sound(session: date = MON) -> list[tuple[Any, ...]]:
    """A whole chain of one expiry in parity."""
    return [quote(session, float(strike), right) for strike in STRIKES for right in "CP"]


BAD_QUOTES = [
    ("bad right", {"right": "X"}),
    ("bad right", {"right": "c"}),
    ("non-positive strike", {"strike": 0.0}),
    ("non-positive strike", {"strike": nan}),
    ("expired contract", {"expiry": date(2024, 3, 1)}),
    ("bid missing", {"bid": None}),
    ("negative bid", {"bid": -0.01}),
    ("ask missing", {"ask": None}),
    ("ask missing", {"ask": 0.0, "bid": 0.0}),
    ("ask missing", {"ask": inf}),
    ("crossed quote", {"bid": 5.2, "ask": 5.1}),
    ("bad underlying price", {"underlying_price": 0.0}),
    ("bad underlying price", {"underlying_price": nan}),
    ("negative last price", {"last": -1.0}),
    ("negative volume", {"volume": -1.0}),
    ("open interest missing", {"open_interest": nan}),
    ("negative open interest", {"open_interest": -1.0}),
    ("volume missing", {"volume": None}),
]
SOUND_QUOTES: list[dict[str, Any]] = [
    {"bid": 0.0, "ask": 0.05, "strike": 160.0},  # nobody bids
    {"expiry": MON},  # the last session of the contract
    {"last": None, "vendor_iv": None, "volume": 0.0, "open_interest": 0.0},  # has never traded
]


@pytest.mark.parametrize(("reason", "changes"), BAD_QUOTES)
def test_a_bad_quote_is_rejected_by_name_and_the_rest_of_the_chain_is_not(reason: str, changes: dict[str, Any]) -> None:
    verdict = judged(CHAINS, chain([*sound(), quote(**({"strike": 100.5} | changes))]))
    assert found(verdict.rejected) == [(MON, "AAA", reason)]
    assert verdict.accepted.num_rows == len(sound())
    assert verdict.accepted.schema.equals(CHAINS.schema)
    assert verdict.sessions[MON].status == "done"


@pytest.mark.parametrize("changes", SOUND_QUOTES)
def test_an_odd_but_sound_quote_is_accepted(changes: dict[str, Any]) -> None:
    verdict = judged(CHAINS, chain([*sound(), quote(**({"strike": 100.5} | changes))]))
    assert verdict.rejected.num_rows == verdict.flagged.num_rows == 0


def test_missing_last_and_iv_stay_null_in_what_is_accepted() -> None:
    verdict = judged(CHAINS, chain([quote(last=None, vendor_iv=None)]))
    assert verdict.accepted["last"].null_count == verdict.accepted["vendor_iv"].null_count == 1


@pytest.mark.parametrize(("price", "status"), [(104.9, "done"), (95.1, "done"), (105.1, "blocked"), (94.0, "blocked")])
def test_an_underlying_price_far_from_the_bars_close_is_rejected(price: float, status: str) -> None:
    verdict = judged(CHAINS, chain([quote(underlying_price=price)]), closes=bars([bar(MON, close=100.0)]))
    assert reasons(verdict.rejected) == ([] if status == "done" else ["underlying price off"])
    assert verdict.sessions[MON].status == status


def test_the_corrected_close_is_the_one_that_counts() -> None:
    wrong, right = bar(MON, close=50.0), (*bar(MON, close=100.0), as_of(MON) + timedelta(days=1))
    for rows in ([wrong, right], [right, wrong]):
        assert judged(CHAINS, chain(sound()), closes=bars(rows)).rejected.num_rows == 0


def test_a_chain_without_a_bar_is_not_held_against_one() -> None:
    assert judged(CHAINS, chain(sound()), closes=bars([bar(TUE), bar(MON, "BBB")])).rejected.num_rows == 0


def moved(rows: list[tuple[Any, ...]], count: int, by: float) -> pa.Table:
    """The chain with the quotes of its first `count` calls shifted."""
    bid, ask, right = (CHAINS.schema.get_field_index(name) for name in ("bid", "ask", "right"))
    changed, left = [], count
    for row in map(list, rows):
        if row[right] == "C" and left:
            row[bid], row[ask], left = row[bid] + by, row[ask] + by, left - 1
        changed.append(row)
    return chain(changed)


def test_a_pair_grossly_out_of_parity_is_flagged_and_a_few_do_not_block() -> None:
    verdict = judged(CHAINS, moved(sound(), 2, 5.0))  # 2 of 41 pairs
    assert verdict.rejected.num_rows == 0
    assert found(verdict.flagged).count((MON, "AAA", "put-call parity")) == 4
    assert verdict.sessions[MON].status == "done"


def test_parity_violated_by_many_pairs_blocks_the_session() -> None:
    verdict = judged(CHAINS, moved(sound(), 3, 5.0))
    assert verdict.sessions[MON].status == "blocked"
    assert verdict.sessions[MON].reason.startswith("put-call parity is violated by 3 of 41 pairs")
    assert judged(CHAINS, moved(sound(), 3, -4.0)).sessions[MON].status == "blocked"


@pytest.mark.parametrize("by", [1.5, -1.5])
def test_parity_within_two_per_cent_of_spot_is_not_accused(by: float) -> None:
    assert judged(CHAINS, moved(sound(), 41, by)).flagged.num_rows == 0


def test_wide_spreads_explain_a_gap_in_parity() -> None:
    wide = [quote(MON, 100.0, right, bid=1.0, ask=9.0 + 5.0 * (right == "C")) for right in "CP"]
    assert reasons(judged(CHAINS, chain(wide)).flagged) == ["violent session"]


def test_a_years_carry_explains_a_gap_in_parity_and_a_months_does_not() -> None:
    for expiry, flags in ((date(2025, 3, 21), 0), (date(2024, 4, 5), 2)):
        rows = [quote(MON, 100.0, "C", bid=9.9, ask=10.1, expiry=expiry), quote(MON, 100.0, "P", expiry=expiry)]
        assert judged(CHAINS, chain(rows)).flagged.num_rows == flags


def test_a_chain_counts_by_the_share_of_its_contracts_that_are_good() -> None:
    half = [quote(MON, float(strike), right, ask=None) for strike in STRIKES for right in "CP"][: len(sound()) // 2]
    rows = half + sound()[len(sound()) // 2 :] + [(MON, "BBB", *row[2:]) for row in sound()]
    verdict = judged(CHAINS, chain(rows), ["AAA", "BBB"])
    assert verdict.sessions[MON].completeness_pct == 75.0
    assert verdict.sessions[MON].status == "blocked"
    assert verdict.sessions[MON].missing == ()
    alone = judged(CHAINS, chain(half + sound()[len(sound()) // 2 :]), ["AAA"])
    assert alone.sessions[MON].reason.startswith("50.0 % of the contracts of 1 expected chain accepted, 95 % needed;")


def test_a_symbol_without_a_chain_is_missing() -> None:
    verdict = judged(CHAINS, chain(sound()), ["AAA", "BBB"])
    assert verdict.sessions[MON].missing == ("BBB",)
    assert (
        verdict.sessions[MON].reason
        == "50.0 % of the contracts of 2 expected chains accepted, 95 % needed; missing BBB"
    )


def test_identical_copies_of_quotes_do_not_lower_completeness() -> None:
    verdict = judged(CHAINS, chain(sound() * 3))
    assert reasons(verdict.rejected) == ["duplicate key"]
    assert verdict.accepted.num_rows == len(sound())
    assert verdict.sessions[MON].completeness_pct == 100.0
