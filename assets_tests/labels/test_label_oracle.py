"""Labels of a made-up market against a plain computation, and a range against its sessions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from assets_tests.labels import label_worlds
from assets_tests.labels.label_worlds import FOUND, NOW, Held, keep, read
from butter_pipeline.identity import content_hash
from butter_pipeline.labels.frames import BUTTERFLY_OUTCOMES
from butter_pipeline.market.sessions import offset, sessions_between
from butter_pipeline.store import Store, frames
from butter_pipeline.store.terms import Reading

pytestmark = pytest.mark.database
SESSIONS = sessions_between(offset(FOUND, 8), offset(FOUND, 11))


def market(seed: int) -> list[Held]:
    """Two dozen butterflies of several sessions, with gaps and missing quotes."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(24):
        cost = float(random.uniform(50, 150)) if random.random() > 0.1 else None
        ages = [age for age in range(2, 9) if random.random() > 0.1]
        closes = {age: (float(random.uniform(20, 260)) if random.random() > 0.1 else None) for age in ages}
        spot, found = float(random.uniform(93, 107)), offset(FOUND, int(random.integers(0, 4)))
        made.append(Held(f"{number:02}", {0: 90.0, 1: cost}, closes, spot, found))
    return made


def plainly(held: Held) -> dict[str, Any]:
    """The label of one butterfly, said without SQL."""
    cost, value = held.costs[1], held.values.get(8)
    told: dict[str, Any] = dict.fromkeys(("profit_pct", "is_profitable", "hit_target", "hit_stop", "hold_sessions"))
    if cost is not None and value is not None:
        path = {age: 100 * (close - cost) / cost for age, close in held.values.items() if close is not None}
        touches = [(age, pct >= 50.0) for age, pct in sorted(path.items()) if pct >= 50.0 or pct <= -50.0]
        first = touches[0] if touches else (8, None)
        told = {
            "profit_pct": 100 * (value - cost) / cost,
            "is_profitable": int(value > cost),
            "hit_target": int(first[1] is True),
            "hit_stop": int(first[1] is False),
            "hold_sessions": first[0] - 1,
        }
    return told


def stored(database: Store) -> str:
    asked = Reading(vendor=label_worlds.VENDOR, first=SESSIONS[0], last=SESSIONS[-1], as_of=NOW)
    return content_hash(frames.read(database, BUTTERFLY_OUTCOMES, asked))


def test_every_label_is_what_a_plain_computation_says(database: Store, matured: Callable[..., None]) -> None:
    butterflies = market(1)
    keep(database, butterflies)
    matured(BUTTERFLY_OUTCOMES, *SESSIONS)
    found = read(database, BUTTERFLY_OUTCOMES)
    assert sorted(found) == [held.name for held in butterflies]
    for held in butterflies:
        expected = plainly(held)
        assert {name: found[held.name][name] for name in expected} == expected, held
        assert found[held.name]["session"] == offset(held.found, 8)


@pytest.mark.slow
def test_session_by_session_gives_the_bits_of_the_whole_range_with_corrections_on_the_way(
    database: Store, matured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from butter_pipeline.market.sessions import as_of

    butterflies = market(2)
    corrected = as_of(offset(FOUND, 10)) + timedelta(hours=1)
    keep(database, butterflies)
    keep(database, [replace(held, underlying=120.0) for held in butterflies[:12]], received_at=corrected)
    for session in SESSIONS:
        matured(BUTTERFLY_OUTCOMES, session, received_at=as_of(session))
    for session in SESSIONS:
        matured(BUTTERFLY_OUTCOMES, session)
    single = stored(database)
    monkeypatch.setattr(label_worlds, "VENDOR", "all at once")
    keep(database, butterflies)
    keep(database, [replace(held, underlying=120.0) for held in butterflies[:12]], received_at=corrected)
    matured(BUTTERFLY_OUTCOMES, *SESSIONS)
    assert stored(database) == single
