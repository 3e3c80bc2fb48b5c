"""Tradier on the loopback: its JSON with its quirks, its limits, and what it cannot give."""

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assets_tests.market.vendors.loopback import Answer, Reply, Request, serving
from butter_pipeline.configs import ConfigError, load
from butter_pipeline.market.frames import BARS, CHAINS
from butter_pipeline.market.sessions import as_of, close_at, sessions_between
from butter_pipeline.market.vendors import VendorError, VendorUnavailable, vendor_from_settings
from butter_pipeline.market.vendors.http import JsonService, Patience
from butter_pipeline.market.vendors.tradier import Tradier, Wanted
from butter_pipeline.settings import Settings

LAG = timedelta(minutes=30)
MON, TUE = date(2024, 3, 4), date(2024, 3, 5)
EVENING = as_of(TUE) + timedelta(minutes=1)
DAY = {"date": "2024-03-05", "open": 10, "high": 11.5, "low": 9, "close": 10.5, "volume": 100}
WANTED = Wanted(("AAA",), ("AAA",), {}, 60, date(2015, 1, 2))
CONTRACT = {
    "root_symbol": "AAA",
    "option_type": "put",
    "expiration_date": "2024-03-15",
    "contract_size": 100,
    "strike": 10.0,
    "bid": 0.4,
    "ask": 0.5,
    "last": None,
    "volume": 3,
    "open_interest": 7,
    "greeks": {"mid_iv": 0.0, "smv_vol": 0.31},
}


def history(*days: Any) -> Answer:
    return lambda _: Reply({"history": {"day": list(days)}})


def vendor(url: str, now: datetime = EVENING, wanted: Wanted = WANTED) -> tuple[Tradier, list[float]]:
    """The vendor, and the waits that it makes instead of sleeping."""
    waits: list[float] = []
    patience = Patience(tries=4, first_s=0.5, longest_s=60, timeout_s=5, sleep=waits.append)
    return Tradier(
        JsonService("tradier", url, "t", "set BUTTER_TRADIER_TOKEN", patience), wanted, LAG, lambda: now
    ), waits


@pytest.mark.parametrize(
    ("answer", "closes"),
    [
        ({"history": {"day": DAY}}, [10.5]),
        ({"history": {"day": [DAY | {"date": "2024-03-04"}, DAY]}}, [10.5, 10.5]),
        ({"history": None}, []),
        ({"history": "null"}, []),
        ({"history": {"day": None}}, []),
    ],
)
def test_one_day_comes_without_its_list_and_none_as_null(answer: Any, closes: list[float]) -> None:
    with serving(lambda _: Reply(answer)) as (url, asked):
        table = vendor(url)[0].bars([MON, TUE])
    assert table["close"].to_pylist() == closes
    assert asked[0].query == {"symbol": "AAA", "interval": "daily", "start": "2024-03-04", "end": "2024-03-05"}
    assert asked[0].headers["Authorization"] == "Bearer t"


def scripted(*replies: Reply) -> Answer:
    """The replies one after another, then a day."""
    left = iter(replies)
    return lambda _: next(left, Reply({"history": {"day": DAY}}))


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_may_pass_is_tried_again_after_twice_the_wait(status: int) -> None:
    with serving(scripted(Reply("busy", status), Reply("busy", status))) as (url, asked):
        found, waits = vendor(url)
        assert found.bars([TUE]).num_rows == 1
    assert (waits, len(asked)) == ([0.5, 1.0], 3)


def test_the_service_s_own_wait_is_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    limits = {"X-Ratelimit-Available": "0", "X-Ratelimit-Expiry": "1700000020000"}
    with serving(scripted(Reply("", 429, {"Retry-After": "7"}), Reply("", 429, limits))) as (url, _):
        found, waits = vendor(url)
        assert found.bars([TUE]).num_rows == 1
    assert waits == [7.0, 20.0]


def test_the_last_request_of_a_minute_is_followed_by_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    limits = {"X-Ratelimit-Available": "0", "X-Ratelimit-Expiry": "1700000012000"}
    with serving(scripted(Reply({"history": {"day": DAY}}, 200, limits))) as (url, _):
        found, waits = vendor(url)
        assert found.bars([TUE]).num_rows == 1
    assert waits == [12.0]


def test_a_service_that_stays_busy_is_unavailable_after_the_last_try() -> None:
    with serving(lambda _: Reply("", 503)) as (url, asked), pytest.raises(
        VendorUnavailable, match=r"/v1/markets/history: answered 503 at each of 4 tries; try later$"
    ):
        vendor(url)[0].bars([TUE])
    assert len(asked) == 4


def test_a_wait_that_is_too_long_is_not_made() -> None:
    with serving(lambda _: Reply("", 429, {"Retry-After": "3600"})) as (url, asked):
        found, waits = vendor(url)
        with pytest.raises(VendorUnavailable, match="answered 429, to be asked again in 3600 s; try later"):
            found.bars([TUE])
    assert (waits, len(asked)) == ([], 1)


def test_nobody_there_is_unavailable_and_html_is_no_answer() -> None:
    with serving(history(DAY)) as (url, _):
        pass
    with pytest.raises(VendorUnavailable, match=r"no answer \(ConnectError [^\n]*at each of 4 tries; try later$"):
        vendor(url)[0].bars([TUE])
    with (
        serving(lambda _: Reply("<html>maintenance</html>")) as (url, _),
        pytest.raises(VendorUnavailable, match="no JSON"),
    ):
        vendor(url)[0].bars([TUE])


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_token_names_its_remedy_and_is_not_tried_again(status: int) -> None:
    with serving(lambda _: Reply("Invalid Access Token", status)) as (url, asked), pytest.raises(
        VendorError, match=rf"answered {status}, the key is missing [^\n]*set BUTTER_TRADIER_TOKEN$"
    ):
        vendor(url)[0].bars([TUE])
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply("Invalid parameter, symbol: is required.", 400), "answered 400 .Invalid parameter, symbol: is required"),
        (Reply({"fault": "x"}), "answered without 'history'"),
        (Reply([1, 2]), "answered without 'history'"),
        (Reply({"history": {"day": ["2024-03-05"]}}), "day holds '2024-03-05'; is that Tradier's API"),
    ],
)
def test_an_answer_that_is_not_tradier_s_is_said_in_one_line(reply: Reply, fault: str) -> None:
    with serving(lambda _: reply) as (url, _), pytest.raises(VendorError, match=fault) as caught:
        vendor(url)[0].bars([TUE])
    assert "\n" not in str(caught.value) and not isinstance(caught.value, VendorUnavailable)


def test_a_field_of_another_kind_sets_its_row_aside_and_the_others_go_on() -> None:
    text, dateless = DAY | {"date": "2024-03-04", "close": "10.5"}, DAY | {"date": "soon"}
    with serving(history(text, DAY, dateless)) as (url, _):
        found = vendor(url)[0]
        assert found.bars([MON, TUE])["session"].to_pylist() == [TUE]
    details = found.refused(BARS, [MON, TUE])["detail"].to_pylist()
    assert details[0].endswith("/v1/markets/history: row 1: column close: must be a number, was '10.5'")
    assert details[1].endswith("row 3: column session: is missing or cannot be read, must name the row")


def chains(request: Request) -> Reply:
    other = CONTRACT | {"root_symbol": "AAA1", "contract_size": 150}
    call = CONTRACT | {"option_type": "call", "greeks": {"mid_iv": 0.33, "smv_vol": 0.31}}
    return {
        "/v1/markets/quotes": Reply({"quotes": {"quote": {"symbol": "AAA", "last": 10.25}}}),
        "/v1/markets/options/expirations": Reply({"expirations": {"date": ["2024-03-15", "2025-01-17"]}}),
        "/v1/markets/options/chains": Reply({"options": {"option": [CONTRACT, other, call]}}),
    }[request.path]


def test_chains_come_with_volatility_and_without_adjusted_contracts_and_far_expiries() -> None:
    with serving(chains) as (url, asked):
        found = vendor(url)[0]
        call, put = found.chains([MON, TUE]).to_pylist()
    assert put == {
        "session": TUE,
        "symbol": "AAA",
        "expiry": date(2024, 3, 15),
        "strike": 10.0,
        "right": "P",
        "bid": 0.4,
        "ask": 0.5,
        "last": None,
        "volume": 3.0,
        "open_interest": 7.0,
        "vendor_iv": 0.31,
        "underlying_price": 10.25,
        "available_at": close_at(TUE) + LAG,
    }
    assert (call["right"], call["vendor_iv"]) == ("C", 0.33)
    (aside,) = found.refused(CHAINS, [TUE])["detail"].to_pylist()
    assert "row 2: is an adjusted contract (root 'AAA1', size 150), must be of AAA and 100 shares" in aside
    assert [r.query.get("expiration") for r in asked if r.path.endswith("chains")] == ["2024-03-15"]
    assert all(r.query["greeks"] == "true" for r in asked if r.path.endswith("chains"))


@pytest.mark.parametrize(
    ("now", "held"),
    [
        (as_of(TUE) - timedelta(seconds=1), []),
        (as_of(TUE), [TUE]),
        (datetime(2024, 3, 6, 14, 29, 59, tzinfo=UTC), [TUE]),
        (datetime(2024, 3, 6, 14, 30, tzinfo=UTC), []),
    ],
)
def test_chains_are_had_from_a_session_s_settling_until_the_next_opening(now: datetime, held: list[date]) -> None:
    with serving(chains) as (url, _):
        found = vendor(url, now)[0]
        away = found.withheld(CHAINS, [MON, TUE])
        assert sorted({MON, TUE} - set(away)) == held
        assert all("in the present only" in reason for reason in away.values())
        assert sorted(set(found.chains([MON, TUE])["session"].to_pylist())) == held
        assert found.withheld(BARS, [MON, TUE]) == {}


def test_the_sandbox_has_a_name_of_its_own() -> None:
    found = vendor("https://sandbox.tradier.com")[0]
    assert found.name == "tradier-sandbox"
    assert replace(found, service=replace(found.service, url="https://api.tradier.com")).name == "tradier"


def test_it_is_chosen_by_name_and_wants_its_token() -> None:
    chosen = vendor_from_settings(Settings(vendor="tradier", tradier_token="t"))
    assert (chosen.name, chosen.lag) == ("tradier", LAG)
    with pytest.raises(VendorError, match=r"^BUTTER_TRADIER_TOKEN: not set, [^\n]*to an access token of the account$"):
        vendor_from_settings(Settings(vendor="tradier"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"symbols": "AAPL"}, "symbols must be a list of symbols, was 'AAPL'"),
        ({"series": ["VIX"]}, "series must map series to symbols"),
        ({"longest_expiry_days": 0}, "longest_expiry_days must be a number, was 0"),
        ({"first_session": date(2024, 3, 3)}, "first_session must be a session"),
    ],
)
def test_a_section_that_says_something_else_is_refused(change: dict[str, Any], fault: str) -> None:
    section = load("market").values["vendors"]["tradier"]
    assert Wanted.from_config(section).series == {"vol_index": "VIX"}
    with pytest.raises(ConfigError, match=f"^market.yml: vendors.tradier.{fault}"):
        Wanted.from_config(section | change)


def test_history_of_many_sessions_is_asked_once_for_each_symbol() -> None:
    days = sessions_between(date(2024, 1, 2), date(2024, 3, 5))
    rows = [DAY | {"date": str(day)} for day in days]
    with serving(history(*rows)) as (url, asked):
        assert vendor(url)[0].bars(days).num_rows == len(days)
    assert len(asked) == 1
