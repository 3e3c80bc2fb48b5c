"""Marks of open butterflies: a literal life, what is missing, and the delivered market against a plain search."""

import gzip
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pytest

from assets_tests.market.actions.action_tables import action, actions
from assets_tests.opportunities.tiny import (
    ANALYZER,
    COSTS,
    SAMPLE,
    SESSION,
    SPAN,
    chain,
    features,
    sample_chains,
    sample_features,
    table,
)
from assets_tests.shared_data import shared_data
from butter_pipeline.market.actions.adjust import in_effect
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.sessions import as_of, offset, sessions_between
from butter_pipeline.market.vendors.simulated_splits import Split, quoted
from butter_pipeline.opportunities.butterflies import butterflies
from butter_pipeline.opportunities.frames import BUTTERFLIES, MARKS
from butter_pipeline.opportunities.marks import marks

LIFE = sessions_between(SESSION, offset(SESSION, 8))


def life(ahead: int = 8) -> list[dict[str, object]]:
    """The contracts of one expiry, session by session; the spot moves up by one each."""
    return [
        row | {"expiry": offset(SESSION, ahead)}
        for age, session in enumerate(LIFE)
        for row in chain(session=session, ahead=ahead - age, spot=100.0 + age)
    ]


def opened(ahead: int = 8) -> pa.Table:
    return butterflies(table([row for row in life(ahead) if row["session"] == SESSION]), features(), SPAN, ANALYZER)


def marked(rows: list[dict[str, object]], sessions: list[date] = LIFE, ahead: int = 8) -> list[dict[str, object]]:
    return marks(table(rows), opened(ahead), sessions, COSTS).to_pylist()


def leg(rows: list[dict[str, object]], session: date, strike: float) -> dict[str, object]:
    return next(row for row in rows if (row["session"], row["strike"], row["right"]) == (session, strike, "C"))


def test_an_opportunity_has_a_mark_for_every_session_of_its_life() -> None:
    rows = marked(life())
    assert [row["age_sessions"] for row in rows] == list(range(9))
    assert [row["session"] for row in rows] == list(LIFE)
    assert {row["opened_session"] for row in rows} == {SESSION}
    assert {row["opportunity_id"] for row in rows} == set(opened()["opportunity_id"].to_pylist())
    assert [row["underlying_price"] for row in rows] == [100.0 + age for age in range(9)]
    assert [row["available_at"] for row in rows] == [as_of(session) for session in LIFE]


def test_a_mark_holds_the_quotes_of_its_own_session_and_what_they_come_to() -> None:
    row, session = marked(life())[3], LIFE[3]
    lower, body, upper = (leg(life(), session, strike) for strike in (90.0, 100.0, 110.0))
    quotes = [row[name] for name in ("lower_bid", "lower_ask", "body_bid", "body_ask", "upper_bid", "upper_ask")]
    assert quotes == [each[side] for each in (lower, body, upper) for side in ("bid", "ask")]
    cost = 100.0 * (lower["ask"] - 2.0 * body["bid"] + upper["ask"]) + 2.6
    value = 100.0 * (lower["bid"] - 2.0 * body["ask"] + upper["bid"]) - 2.6
    assert row["open_cost_usd"] == pytest.approx(cost)
    assert row["close_value_usd"] == pytest.approx(value)
    assert row["mid_usd"] == pytest.approx(0.5 * (cost + value))


def test_the_mark_of_the_session_that_found_it_repeats_what_it_said() -> None:
    (found,) = opened().to_pylist()
    row = marked(life())[0]
    assert (row["open_cost_usd"], row["mid_usd"]) == (found["open_cost_usd"], found["mid_usd"])


def test_a_butterfly_with_a_leg_that_is_not_quoted_has_no_value_but_a_row() -> None:
    rows = [row for row in life() if (row["session"], row["strike"]) != (LIFE[2], 110.0)]
    row = marked(rows)[2]
    assert [row[name] for name in ("upper_bid", "upper_ask", "mid_usd", "open_cost_usd", "close_value_usd")] == [
        None
    ] * 5
    assert row["lower_bid"] is not None and row["underlying_price"] == 102.0


def test_a_session_without_the_symbols_chain_leaves_nothing_but_the_row() -> None:
    rows = [row for row in life() if row["session"] != LIFE[4]] + chain(symbol="BBB", session=LIFE[4])
    row = marked(rows)[4]
    assert row["age_sessions"] == 4 and row["underlying_price"] is None and row["close_value_usd"] is None


def test_in_their_last_session_contracts_without_a_quote_are_settled() -> None:
    rows = [row for row in life() if (row["session"], row["strike"]) != (LIFE[8], 90.0)]
    row = marked(rows)[8]
    assert row["underlying_price"] == 108.0 and row["lower_bid"] is None and row["open_cost_usd"] is None
    assert row["mid_usd"] == pytest.approx(200.0)
    assert row["close_value_usd"] == pytest.approx(200.0 - 2.6)


def test_before_their_last_session_nothing_is_settled() -> None:
    rows = [row for row in life(ahead=9) if (row["session"], row["strike"]) != (LIFE[8], 90.0)]
    assert marked(rows, ahead=9)[8]["close_value_usd"] is None


def test_contracts_that_are_quoted_in_their_last_session_are_closed_at_the_quotes() -> None:
    row = marked(life())[8]
    quoted = [leg(life(), LIFE[8], strike) for strike in (90.0, 100.0, 110.0)]
    value = 100.0 * (quoted[0]["bid"] - 2.0 * quoted[1]["ask"] + quoted[2]["bid"]) - 2.6
    assert row["close_value_usd"] == pytest.approx(value)


def test_the_sessions_asked_for_are_made_and_no_others() -> None:
    rows = marked(life(), [LIFE[2], LIFE[5]])
    assert [row["age_sessions"] for row in rows] == [2, 5]
    assert marked(life(), [offset(SESSION, 9), offset(SESSION, -1)]) == []


def test_without_butterflies_there_are_no_marks() -> None:
    none = marks(table(life()), opened().slice(0, 0), LIFE, COSTS)
    assert none.num_rows == 0 and none.schema.equals(MARKS.schema)


@pytest.fixture(scope="module")
def found() -> pa.Table:
    return butterflies(sample_chains(), sample_features(), SPAN, ANALYZER)


@pytest.fixture(scope="module")
def sample(found: pa.Table) -> pa.Table:
    return marks(sample_chains(), found, SAMPLE, COSTS)


def test_rows_have_the_schema_and_are_in_order(sample: pa.Table, found: pa.Table) -> None:
    assert sample.schema.equals(MARKS.schema)
    sample.validate(full=True)
    assert sample.equals(sample.sort_by([(name, "ascending") for name in MARKS.key]))
    places = {session: place for place, session in enumerate(SAMPLE)}
    last = len(SAMPLE) - 1
    assert sample.num_rows == sum(min(8, last - places[session]) + 1 for session in found["session"].to_pylist())


def test_the_delivered_market_quotes_every_leg_until_the_exit(sample: pa.Table) -> None:
    assert sample["close_value_usd"].null_count == 0


def test_marks_are_what_a_plain_search_finds(sample: pa.Table, found: pa.Table) -> None:
    key = ("session", "symbol", "expiry", "strike", "right")
    wanted = sample.take(pa.array(np.random.default_rng(1).permutation(sample.num_rows)[:300])).to_pylist()
    quoted = {tuple(row[name] for name in key): row for row in sample_chains().to_pylist()}
    rights = dict(zip(found["opportunity_id"].to_pylist(), found["option_right"].to_pylist(), strict=True))
    for row in wanted:
        for name in ("lower", "body", "upper"):
            contract = (
                row["session"],
                row["symbol"],
                row["expiry"],
                row[f"{name}_strike"],
                rights[row["opportunity_id"]],
            )
            assert (row[f"{name}_bid"], row[f"{name}_ask"]) == (quoted[contract]["bid"], quoted[contract]["ask"])


@pytest.mark.parametrize("at", [0, 5, 13])
def test_a_session_has_the_same_bits_alone_and_in_a_range_and_with_rows_shuffled(
    at: int, sample: pa.Table, found: pa.Table
) -> None:
    session, random = SAMPLE[at], np.random.default_rng(at)
    chains = sample_chains().filter(pc.equal(sample_chains()["session"], pa.scalar(session)))
    chains = chains.take(pa.array(random.permutation(chains.num_rows)))
    recent = found.filter(pc.greater_equal(found["session"], pa.scalar(offset(session, -8))))
    recent = recent.take(pa.array(random.permutation(recent.num_rows)))
    alone = marks(chains, recent, [session], COSTS)
    assert alone.equals(sample.filter(pc.equal(sample["session"], pa.scalar(session))).combine_chunks())


def test_what_comes_later_changes_no_mark(sample: pa.Table, found: pa.Table) -> None:
    until = SAMPLE[9]
    chains, known = (each.filter(pc.less_equal(each["session"], pa.scalar(until))) for each in (sample_chains(), found))
    early = marks(chains, known, SAMPLE[:10], COSTS)
    assert early.equals(sample.filter(pc.less_equal(sample["session"], pa.scalar(until))).combine_chunks())


def over_a_split(ratio: float, at: int = 3, **told: object) -> list[dict[str, object]]:
    """The marks of a life in which the shares split at some age: chains are quoted on the new basis from then on."""
    split = Split("AAA", LIFE[at], ratio)
    chains = quoted(table(life()), [split])
    told_of = actions(action(LIFE[at], ratio=ratio, **told))
    return marks(chains, opened(), LIFE, COSTS, in_effect(told_of, as_of(LIFE[-1]))).to_pylist()


def test_over_a_whole_split_a_butterfly_goes_on_with_more_contracts_of_lower_strikes() -> None:
    plain, split = marked(life()), over_a_split(2.0)
    assert split[:3] == plain[:3]
    for age, (before, after) in enumerate(zip(plain[3:], split[3:], strict=True), start=3):
        for leg in ("lower", "body", "upper"):
            assert after[f"{leg}_strike"] == before[f"{leg}_strike"] / 2.0
            assert after[f"{leg}_bid"] == before[f"{leg}_bid"] / 2.0
        assert after["underlying_price"] == (100.0 + age) / 2.0
        assert after["mid_usd"] == pytest.approx(before["mid_usd"], rel=1e-12)
        # two butterflies pay twice the commission of one
        assert after["open_cost_usd"] == pytest.approx(before["open_cost_usd"] + COSTS.commission_usd, rel=1e-12)
        assert after["close_value_usd"] == pytest.approx(before["close_value_usd"] - COSTS.commission_usd, rel=1e-12)


@pytest.mark.parametrize(("ratio", "contracts"), [(1.5, 1.0), (0.1, 1.0), (7.0, 7.0), (4.0, 4.0)])
def test_over_any_split_the_money_is_the_same_but_for_commission_and_rounded_strikes(
    ratio: float, contracts: float
) -> None:
    more = COSTS.commission_usd * (contracts - 1.0)
    for before, after in zip(marked(life())[3:], over_a_split(ratio)[3:], strict=True):
        assert after["open_cost_usd"] == pytest.approx(before["open_cost_usd"] + more, rel=1e-9)
        if after["age_sessions"] < 8:
            assert after["close_value_usd"] == pytest.approx(before["close_value_usd"] - more, rel=1e-9)


def test_a_split_in_the_session_that_found_a_butterfly_does_not_carry_it() -> None:
    told = in_effect(actions(action(SESSION, ratio=2.0)), as_of(LIFE[-1]))
    assert marks(table(life()), opened(), LIFE, COSTS, told).to_pylist() == marked(life())


def test_an_ordinary_dividend_does_not_carry_a_butterfly_and_a_spin_off_leaves_it_without_quotes() -> None:
    paid = in_effect(actions(action(LIFE[3], "dividend", cash=2.0)), as_of(LIFE[-1]))
    assert marks(table(life()), opened(), LIFE, COSTS, paid).to_pylist() == marked(life())
    spun = in_effect(actions(action(LIFE[3], "spin_off", cash=5.0)), as_of(LIFE[-1]))
    rows = marks(table(life()), opened(), LIFE, COSTS, spun).to_pylist()
    assert [row["close_value_usd"] is None for row in rows] == [False] * 3 + [True] * 6


def test_a_split_that_nobody_told_of_leaves_no_quotes() -> None:
    chains = quoted(table(life()), [Split("AAA", LIFE[3], 7.0)])
    rows = marks(chains, opened(), LIFE, COSTS).to_pylist()
    assert [row["open_cost_usd"] is None for row in rows] == [False] * 3 + [True] * 6


def real_chains() -> pa.Table:
    """AAPL over its split of 2014-06-09: the file's mids as bid and ask, since it has no quotes."""
    read = pacsv.read_csv(
        gzip.open(shared_data("options", "AAPL_2014-06.csv.gz")),  # noqa: SIM115 - Arrow closes it
        convert_options=pacsv.ConvertOptions(column_types={"session": pa.string(), "expiry": pa.string()}),
    )
    mid = read["close"].cast(pa.float64())
    columns = {
        "symbol": pa.array(["AAPL"] * read.num_rows),
        "bid": mid,
        "ask": mid,
        "last": mid,
        "open_interest": pc.fill_null(read["open_interest"].cast(pa.float64()), 0.0),
        "vendor_iv": read["implied_volatility"],
        "underlying_price": read["underlying_close"],
    }
    columns |= {name: read[name].cast(pa.float64()) for name in ("strike", "volume")} | {"right": read["right"]}
    for name in ("session", "expiry"):
        columns[name] = pa.array([date.fromisoformat(each) for each in read[name].to_pylist()], pa.date32())
    known = [as_of(each) for each in columns["session"].to_pylist()]
    columns["available_at"] = pa.array(known, CHAINS.schema.field("available_at").type)
    made = pa.table([columns[name] for name in CHAINS.schema.names], schema=CHAINS.schema)
    return made.filter(pc.greater(made["ask"], 0.0))


def test_a_real_butterfly_is_marked_over_a_real_split() -> None:
    found_in, ex, costs = date(2014, 6, 5), date(2014, 6, 9), COSTS
    butterfly = opened().slice(0, 1).to_pylist()[0] | {
        "session": found_in,
        "symbol": "AAPL",
        "option_right": "C",
        "expiry": date(2014, 7, 19),
        "lower_strike": 600.0,
        "body_strike": 645.0,
        "upper_strike": 690.0,
    }
    told = in_effect(actions(action(ex, symbol="AAPL", ratio=7.0)), as_of(date(2014, 6, 16)))
    days = sessions_between(found_in, date(2014, 6, 13))
    rows = marks(real_chains(), pa.Table.from_pylist([butterfly], BUTTERFLIES.schema), days, costs, told).to_pylist()
    by_day = {row["session"]: row for row in rows}
    assert [by_day[ex][f"{leg}_strike"] for leg in ("lower", "body", "upper")] == [85.71, 92.14, 98.57]
    before, after = by_day[found_in]["mid_usd"], by_day[ex]["mid_usd"]
    # the shares went from 647.35 to 93.70 x 7 = 655.9: what is quoted for seven is in the range of what one was
    assert before is not None and after is not None
    assert 0.6 < after / before < 1.6
