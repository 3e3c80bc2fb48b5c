"""The health of features as an asset: a picture of every family, once a week.

What belongs here: the asset. What does not: what health is (`features.health`) and how it looks (`features.pictures`).
"""

import dagster as dg

from butter_pipeline.defs.features.assets import CHOSEN, DRAWN_SESSIONS, JOINED, STAGE
from butter_pipeline.defs.metadata import picture
from butter_pipeline.defs.resources import House
from butter_pipeline.features.registry import families, features_of
from butter_pipeline.market.sessions import as_of, look_back


@dg.asset(
    group_name="features",
    key_prefix="features",
    kinds={"python"},
    deps=[[STAGE.name, name] for name in (*families(), JOINED.frame.name)],
    code_version=STAGE.code_version,
)
def health(house: House) -> dg.MaterializeResult:
    """How every family has been over the last half year: missing, out of bounds, moving, and alike.

    For people; nothing reads it. Must not see: anything after the latest session.
    """
    from butter_pipeline.features import pictures
    from butter_pipeline.store import outcomes

    reader = house.reader()
    last = outcomes.last_session(reader.store, "features/matrix", reader.vendor)
    if last is None:
        return dg.MaterializeResult(metadata={"session": "no session has features yet"})
    span, drawn = (look_back(last, DRAWN_SESSIONS - 1), last), {}
    for family in families():
        rows = reader.read(f"features.{family}", span, as_of(last))
        if rows.num_rows:
            drawn[family] = picture(pictures.health(rows, features_of(family), f"Health of {family}"))
    matrix = reader.read("features.matrix", span, as_of(last))
    drawn["correlations"] = picture(pictures.correlations(matrix, CHOSEN))
    return dg.MaterializeResult(metadata={"session": last.isoformat(), **drawn})
