"""What the policy writes down: the analyzer's weights that the learned arm uses, session by session.

What belongs here: the columns. What does not: how weights are learned.
"""

import pyarrow as pa

from butter_pipeline.frame import AVAILABLE_AT, SESSION, Frame, count, number, text

WEIGHTS = Frame(
    "weights",
    pa.schema(
        [
            SESSION,
            text("candidate", "name of the weighting that was chosen"),
            number("price_match", "weight of the price match"),
            number("vol_mispricing", "weight of the volatility mispricing"),
            number("stability", "weight of the stability"),
            number("fourier", "weight of the cycles' alignment"),
            number("expected_reward_pct", "what its matured picks returned on average, shrunk; per cent of cost"),
            count("observed_sessions", "matured sessions that it was judged by"),
            text("candidates_json", "what every candidate had returned, and its draw, as JSON"),
            AVAILABLE_AT,
        ]
    ),
    key=("session",),
    stage="policy",
)
