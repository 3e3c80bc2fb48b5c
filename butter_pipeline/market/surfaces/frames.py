"""The shape of what is kept of a surface: a row per symbol, session and expiry.

What belongs here: columns, their units and the natural key. What does not: how they are computed (`rows`).
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, day, number, text

COMPONENTS = (1, 2, 3)


def _component(place: int) -> list[pa.Field]:
    return [
        number(f"weight_{place}", f"weight of the slice's own lognormal {place}", nullable=True),
        number(f"mean_{place}", "its mean, in units of the forward", nullable=True),
        number(f"deviation_{place}", "its standard deviation to expiry, of the logarithm", nullable=True),
    ]


SURFACES = Frame(
    "surfaces",
    pa.schema(
        [
            SESSION,
            text("symbol", "underlying instrument"),
            day("expiry", "last session of the contracts"),
            number("years", "sessions to expiry over 252"),
            number("forward", "forward by put-call parity; null with the reason", nullable=True),
            number("forward_error", "its standard error", nullable=True),
            number("forward_lowest", "the least forward that bids and asks near the money allow", nullable=True),
            number("forward_highest", "the greatest that they allow", nullable=True),
            number("discount", "discount factor by put-call parity", nullable=True),
            number("rate_pct", "its rate, continuously compounded, per cent a year", nullable=True),
            number("rate_error_pct", "the rate's standard error, per cent a year", nullable=True),
            count("pairs", "strikes near the money that are quoted on both sides"),
            count("quotes", "quotes out of the money that count"),
            number("atm_iv_pct", "implied volatility at the forward, per cent a year", nullable=True),
            number("skew_pct", "implied volatility 0.6745 deviations below the forward less above", nullable=True),
            number("inside_spread_pct", "share of quotes whose bid and ask hold the surface's price", nullable=True),
            number(
                "rmse_points", "error in volatility within two deviations, root mean square, per cent", nullable=True
            ),
            number("largest_points", "largest such error, per cent", nullable=True),
            number(
                "rmse_half_spreads", "error in price over all quotes, root mean square, half spreads", nullable=True
            ),
            *(field for place in COMPONENTS for field in _component(place)),
            number("share_before", "of the expiry before, widened, that is mixed in against arbitrage", nullable=True),
            number("widening", "variance by which that is widened", nullable=True),
            text("arbitrage", "none, or the kinds found: bounds, butterfly, calendar, wings", nullable=True),
            text("reason", "why there is no slice; null where there is one", nullable=True),
            AVAILABLE_AT,
        ]
    ),
    key=("session", "symbol", "expiry"),
)
