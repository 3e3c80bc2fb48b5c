"""Quotes that cannot stand together: each rule on a small sound chain with one thing wrong."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from assets_tests.market.quality_tables import MON, TUE, bar, bars, chain, judged, quote, reasons
from butter_pipeline.market.frames import CHAINS
from butter_pipeline.market.quality import Verdict
from butter_pipeline.options.black_scholes import Contracts, price

APRIL, MAY = date(2024, 4, 5), date(2024, 5, 17)
STRIKES = [float(strike) for strike in range(80, 121, 2)]
ONE = {"expiry": APRIL, "strike": 100.0, "right": "C"}


def worth(strike: float, right: str, expiry: date) -> float:
    left = (expiry - MON).days / 365
    held = Contracts(np.array(right == "C"), np.array(100.0), np.array(strike), np.array(left), np.array(0.3))
    return float(price(held))


def judged_with(change: dict[str, Any] | None = None, where: dict[str, Any] | None = None, **more: Any) -> Verdict:
    """A Black-Scholes chain at 30 %, with some values changed where asked (everywhere, if nothing is named)."""
    rows = []
    for expiry in (APRIL, MAY):
        for strike in STRIKES:
            for right in "CP":
                middle = worth(strike, right, expiry)
                own = {"expiry": expiry, "strike": strike, "right": right}
                values = own | {"bid": max(middle - 0.05, 0.0), "ask": middle + 0.05, "vendor_iv": 0.3, "last": None}
                if change is not None and all(own[name] == value for name, value in (where or {}).items()):
                    values |= {name: each(values) if callable(each) else each for name, each in change.items()}
                strike_, right_ = values.pop("strike"), values.pop("right")
                rows.append(quote(MON, strike_, right_, **values))
    return judged(CHAINS, chain(rows), **more)


def dearer(by: float) -> dict[str, Any]:
    return {name: (lambda values, name=name: values[name] + by) for name in ("bid", "ask")}


def test_a_sound_chain_says_nothing() -> None:
    verdict = judged_with()
    assert (verdict.rejected.num_rows, verdict.flagged.num_rows) == (0, 0)
    assert verdict.sessions[MON].reason == ""


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        (dearer(2.7), ONE, "vertical arbitrage"),
        (dearer(0.8), ONE | {"strike": 90.0}, "butterfly arbitrage"),
        (dearer(3.0), {"expiry": APRIL}, "calendar arbitrage"),
        (dearer(2.5), {"expiry": APRIL, "strike": 110.0}, "vertical arbitrage"),
        ({"bid": lambda values: values["ask"]}, ONE, "locked quote"),
        ({"bid": 0.01, "ask": 12.0}, ONE, "wide quote"),
        ({"vendor_iv": 30.0}, ONE, "vendor iv out of range"),
        ({"vendor_iv": 0.7}, ONE, "vendor iv off"),
        ({"strike": 100.37}, ONE, "strike off grid"),
        ({"expiry": date(2024, 4, 7)}, {"expiry": APRIL}, "expiry on no session"),
        ({"volume": 1.5}, ONE, "fractional contracts"),
    ],
)
def test_one_thing_wrong_is_flagged_by_name(change: dict[str, Any], where: dict[str, Any], reason: str) -> None:
    verdict = judged_with(change, where)
    assert reason in reasons(verdict.flagged)
    assert verdict.rejected.num_rows == 0


@pytest.mark.parametrize(
    ("change", "where", "reason"),
    [
        ({"bid": 14.0, "ask": 14.5}, {"expiry": APRIL, "strike": 80.0, "right": "C"}, "price below intrinsic"),
        ({"bid": 103.0, "ask": 104.0}, ONE, "price above bound"),
        ({"underlying_price": 108.0}, ONE, "underlying price off"),
        ({"strike": lambda values: values["strike"] * 1000}, None, "strike unit"),
        ({"right": lambda values: "P" if values["right"] == "C" else "C"}, None, "rights swapped"),
    ],
)
def test_what_cannot_be_is_rejected_by_name(change: dict[str, Any], where: Any, reason: str) -> None:
    assert reason in reasons(judged_with(change, where).rejected)


@pytest.mark.parametrize("expiry", [date(2014, 6, 21), date(2014, 4, 19)])
def test_the_saturdays_of_old_monthly_contracts_are_no_error(expiry: date) -> None:
    day = date(2014, 3, 3)
    assert judged(CHAINS, chain([quote(day, 100.0, right, expiry=expiry) for right in "CP"])).flagged.num_rows == 0


def test_arbitrage_all_over_a_session_blocks_it() -> None:
    verdict = judged_with(
        {
            "bid": lambda v: v["bid"] + 5.0 * (v["strike"] % 4 == 0),
            "ask": lambda v: v["ask"] + 5.0 * (v["strike"] % 4 == 0),
        }
    )
    assert verdict.sessions[MON].status == "blocked"
    assert "vertical arbitrage in" in verdict.sessions[MON].reason


def test_quotes_at_the_last_sessions_close_are_yesterdays() -> None:
    closes = bars([bar(MON, close=100.0), bar(TUE, close=101.5)])
    rows = chain([quote(TUE, strike, right) for strike in STRIKES for right in "CP"])
    assert reasons(judged(CHAINS, rows, closes=closes).rejected) == ["stale chain"]
    still = bars([bar(MON, close=100.0), bar(TUE, close=100.0)])
    assert judged(CHAINS, rows, closes=still).rejected.num_rows == 0


def test_wide_quotes_throughout_make_a_violent_session_that_goes_on() -> None:
    verdict = judged_with({"bid": lambda v: v["bid"] * 0.3, "ask": lambda v: v["ask"] * 1.7})
    assert verdict.rejected.num_rows == 0
    assert verdict.sessions[MON].status == "done"
    assert verdict.sessions[MON].reason.startswith("violent session: ")


def test_a_chain_without_puts_is_one_sided() -> None:
    rows = chain([quote(MON, strike, "C") for strike in STRIKES])
    assert "one-sided chain" in reasons(judged(CHAINS, rows).flagged)
