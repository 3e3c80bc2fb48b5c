"""Claims: implied volatility and five Greeks of 1,000,000 contracts, against four peers and the bare exponentials.

Every side is given the same contracts as arrays in memory and hands back arrays; each works once before it is timed,
so that compilation counts for nobody. The gate before any time counts: our volatilities are within 1e-9 of those
that made the prices wherever the time value exceeds 1e-4, they give the prices back, and our Greeks are QuantLib's.
A peer that misses the gate is timed all the same; its error stands in the workload.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Result, own_peak_mb
from benchmarks.peers import Peer, Run

COUNT = 1_000_000
RUNS = 5
ERROR_MOST = 1e-9
MATTERS = 1e-4
"""The least time value from which on a volatility is held to `ERROR_MOST`."""
WORK = f"implied volatility, delta, gamma, vega, theta and rho of {COUNT:,} contracts"

VECTORIZED = Peer(
    "py_vollib_vectorized",
    python="3.10",
    requirements=(
        "py_vollib_vectorized==0.1.1",
        "py_vollib==1.0.1",
        "py_lets_be_rational==1.0.1",
        "numba==0.56.4",
        "numpy<1.24",
        "pandas<2.1",
        "setuptools<70",
    ),
)
FAST = Peer("fast_vollib", python="3.12", requirements=("fast-vollib[numba]==0.2.4",))
QUANTLIB = Peer("quantlib", python="3.12", requirements=("quantlib==1.44", "numpy<2.5"))

TIMED = """
import json, sys, time, warnings
import numpy as np
warnings.simplefilter("ignore")
given = dict(np.load(sys.argv[1]))
names = ("price", "spot", "strike", "years", "rate", "dividends")
price, spot, strike, years, rate, dividends = (given[name] for name in names)
is_call, matters = given["is_call"], given["matters"]
flag = np.where(is_call, "c", "p")

def answer(work, runs):
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        iv, greeks = work()
        seconds.append(time.perf_counter() - began)
    error = np.abs(np.asarray(iv).reshape(-1) - given["iv"])[matters]
    np.savez(sys.argv[2], **{name: np.asarray(values) for name, values in greeks.items()})
    missed = int(np.count_nonzero(~np.isfinite(error)))
    print(json.dumps({"seconds": seconds, "error": float(np.nanmax(error)), "missed": missed}))
"""
BY_VECTORIZED = """
import py_vollib_vectorized as peer

def work():
    words = {"model": "black_scholes_merton", "return_as": "numpy"}
    iv = peer.vectorized_implied_volatility(
        price, spot, strike, years, rate, flag, q=dividends, on_error="ignore", **words
    )
    words["return_as"] = "dict"
    return iv, peer.get_all_greeks(flag, spot, strike, years, rate, np.asarray(iv).reshape(-1), q=dividends, **words)

work()
answer(work, 5)
"""
BY_FAST = """
import fast_vollib as peer

def work():
    words = {"model": "black_scholes_merton", "backend": "numba"}
    iv = peer.fast_implied_volatility(
        price, spot, strike, years, rate, flag, q=dividends, on_error="ignore", return_as="numpy", **words
    )
    return iv, peer.get_all_greeks(flag, spot, strike, years, rate, iv, q=dividends, return_as="dict", **words)

work()
answer(work, 5)
"""
BY_JAECKEL = """
from fast_vollib.jackel import jackel_iv_black

discount, forward = np.exp(-rate * years), spot * np.exp((rate - dividends) * years)

def work():
    return jackel_iv_black(price / discount, forward, strike, years, is_call), {}

work()
answer(work, 5)
"""
BY_QUANTLIB = """
import QuantLib as ql

discounts, forwards = np.exp(-rate * years), spot * np.exp((rate - dividends) * years)

def work():
    iv = np.empty(len(price))
    greeks = {name: np.empty(len(price)) for name in ("delta", "gamma", "vega", "theta", "rho")}
    for i in range(len(price)):
        kind = ql.Option.Call if is_call[i] else ql.Option.Put
        forward, discount, time_left = float(forwards[i]), float(discounts[i]), float(years[i])
        payoff = ql.PlainVanillaPayoff(kind, float(strike[i]))
        try:
            deviation = ql.blackFormulaImpliedStdDev(
                kind, float(strike[i]), forward, float(price[i]), discount, 0.0, 0.2, 1e-12, 100
            )
        except RuntimeError:
            deviation = float("nan")
        iv[i] = deviation / time_left**0.5
        each = ql.BlackCalculator(payoff, forward, deviation if deviation == deviation else 0.2, discount)
        now = float(spot[i])
        greeks["delta"][i], greeks["gamma"][i] = each.delta(now), each.gamma(now)
        greeks["vega"][i] = each.vega(time_left)
        greeks["theta"][i], greeks["rho"][i] = each.theta(now, time_left), each.rho(time_left)
    return iv, greeks

answer(work, 1)
"""


def contracts() -> dict[str, Any]:
    """A broad chain: a day to three years, 5 to 120 % of volatility, strikes within three deviations, priced by us."""
    from butter_pipeline.options import black_scholes
    from butter_pipeline.options.black_scholes import Contracts

    random = np.random.default_rng(7)
    years, iv = random.integers(1, 757, COUNT) / 252, random.uniform(0.05, 1.2, COUNT)
    spot = random.uniform(5.0, 500.0, COUNT)
    strike = spot * np.exp(iv * np.sqrt(years) * random.uniform(-3.0, 3.0, COUNT))
    rate, dividends = random.uniform(0.0, 0.06, COUNT), random.uniform(0.0, 0.04, COUNT)
    is_call = random.random(COUNT) < 0.5
    price = black_scholes.price(Contracts(is_call, spot, strike, years, iv, rate, dividends))
    inner = spot * np.exp(-dividends * years) - strike * np.exp(-rate * years)
    matters = price - np.maximum(np.where(is_call, inner, -inner), 0.0) > MATTERS
    names = ("is_call", "spot", "strike", "years", "iv", "rate", "dividends", "price", "matters")
    return dict(zip(names, (is_call, spot, strike, years, iv, rate, dividends, price, matters), strict=True))


def measure() -> list[Result]:
    """Ours, then each peer in its environment, then the exponentials alone."""
    from butter_pipeline.options import black_scholes
    from butter_pipeline.options.black_scholes import Contracts, Quotes

    given = contracts()
    market = [given[name] for name in ("rate", "dividends")]
    quotes = Quotes(*(given[name] for name in ("is_call", "spot", "strike", "years", "price")), *market)
    valued = Contracts(*(given[name] for name in ("is_call", "spot", "strike", "years", "iv")), *market)

    def volatilities() -> Any:
        return black_scholes.implied_volatility(quotes).iv

    def ours() -> Any:
        return black_scholes.greeks(replace(valued, iv=volatilities()))

    alone, both = _seconds(volatilities), _seconds(ours)
    peak, bare = own_peak_mb(), _seconds(lambda: _exponentials(given))
    error = float(np.abs(volatilities() - given["iv"])[given["matters"]].max())
    again = black_scholes.price(replace(valued, iv=volatilities()))[given["matters"]]
    returned = float(np.abs(again - given["price"][given["matters"]]).max())
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "given.npz", **given)
        answers = {
            name: (peer.run(TIMED + script, Path(folder) / "given.npz", Path(folder) / f"{name}.npz"))
            for name, (peer, script) in PEERS.items()
        }
        equal = error < ERROR_MOST and returned < 1e-10 and _greeks_agree(ours(), Path(folder) / "quantlib.npz", given)
    results = [
        _against(name, answers[name], alone if name == "fast-vollib, Jaeckel" else both, equal, peak) for name in PEERS
    ]
    exponentials = Result.against(
        claim="implied volatility and five Greeks within 3 times what the exponentials alone cost",
        workload=f"{WORK}; the peer is one logarithm, three exponentials and two erfc each, on as many threads",
        peer="the exponentials alone",
        pairs=list(zip(both, bare, strict=True)),
        limit=3.0,
    )
    return [*results, replace(exponentials.only_if(equal, equal=equal), peak_rss_mb=round(peak))]


PEERS = {
    "py_vollib_vectorized": (VECTORIZED, BY_VECTORIZED),
    "fast-vollib, numba": (FAST, BY_FAST),
    "fast-vollib, Jaeckel": (FAST, BY_JAECKEL),
    "quantlib": (QUANTLIB, BY_QUANTLIB),
}
TIMES = {"py_vollib_vectorized": 10.0, "fast-vollib, numba": 2.0, "fast-vollib, Jaeckel": 2.0, "quantlib": 100.0}
"""How many times faster than each is claimed."""


def _against(name: str, run: Run, seconds: list[float], equal: bool, peak: float) -> Result:
    answer = run.answer
    work = f"implied volatility alone of {COUNT:,} contracts" if "Jaeckel" in name else WORK
    result = Result.faster(
        claim=f"{work} at least {TIMES[name]:g} times as fast as {name}",
        workload=f"{work}; the peer's largest error is {answer['error']:.0e}, {answer['missed']:,} missing, "
        f"its peak {run.peak_rss_mb:,.0f} MB",
        peer=name,
        seconds=(seconds, answer["seconds"]),
        times=TIMES[name],
    )
    return replace(result.only_if(equal, equal=equal), peak_rss_mb=round(peak))


def _seconds(work: Callable[[], object]) -> list[float]:
    work()
    taken = []
    for _ in range(RUNS):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return taken


def _greeks_agree(ours: Any, path: Path, given: dict[str, Any]) -> bool:
    """Whether our Greeks are the peer's, in units of what the option is about, wherever its volatility is known."""
    peer, scale = np.load(path), given["spot"]
    close = []
    for name, unit in (("delta", 1.0), ("gamma", 1.0 / scale), ("vega", scale), ("theta", scale), ("rho", scale)):
        off = np.abs(getattr(ours, name) - peer[name]) / (unit * (1.0 + np.abs(peer[name]) / unit))
        close.append(bool(off[given["matters"]].max() < 1e-8))
    return all(close)


def _exponentials(given: dict[str, Any]) -> None:
    """What no pricing can do without, by the standard library's functions, compiled, on as many threads as ours."""
    from concurrent.futures import ThreadPoolExecutor

    from butter_pipeline.options.kernels.compiled import processors

    columns = [given[name] for name in ("spot", "strike", "years", "rate", "dividends", "iv")]
    parts = processors()
    edges = np.linspace(0, COUNT, parts + 1).astype(int)
    out, alone = np.empty(COUNT), _bare()

    def part(number: int) -> None:
        mine = slice(edges[number], edges[number + 1])
        alone(*(column[mine] for column in columns), out[mine])

    with ThreadPoolExecutor(parts) as pool:
        list(pool.map(part, range(parts)))


@lru_cache
def _bare() -> Any:
    """Compiled once."""
    import math

    import numba

    def bare(spot: Any, strike: Any, years: Any, rate: Any, dividends: Any, iv: Any, out: Any) -> None:
        for i in range(out.size):
            ahead = math.log(spot[i] / strike[i]) + math.exp(-rate[i] * years[i]) - math.exp(-dividends[i] * years[i])
            out[i] = math.exp(-0.5 * ahead * ahead) + math.erfc(ahead - iv[i]) + math.erfc(ahead + iv[i])

    return numba.njit(error_model="numpy", nogil=True)(bare)
