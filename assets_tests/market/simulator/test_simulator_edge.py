"""The oracle of the embedded market: how much edge there is, where it comes from, and that a placebo has none."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from assets_tests.market.simulator.worlds import WORLD
from butter_pipeline.market.simulator.chains import strip
from butter_pipeline.market.simulator.edge import (
    Butterflies,
    butterfly_edge,
    butterfly_edges,
    edge_size,
    standard_butterflies,
)
from butter_pipeline.market.simulator.parameters import BROKEN, OVERCORRECTED, UNKNOWN, USUAL
from butter_pipeline.market.simulator.path import simulate

CALM, WILD = 0, 2


def weekdays(count: int) -> list[date]:
    days = (WORLD.first_session + timedelta(days=k) for k in range(2 * count + 10))
    return [day for day in days if day.weekday() < 5][:count]


@pytest.fixture(scope="module")
def path():
    sessions = weekdays(560)
    return simulate(WORLD.with_(break_session=sessions[300]), sessions)


@pytest.fixture(scope="module")
def placebo(path):
    return simulate(path.world.with_(mode="placebo"), path.sessions)


def by_state(path, indices):
    wanted = standard_butterflies(path, indices)
    found = butterfly_edges(path, wanted)
    hidden = path.hidden[wanted.session, wanted.symbol]
    share = 100.0 * found.edge / found.price
    return {state: share[hidden == state].mean() for state in (CALM, WILD)}


def test_a_placebo_has_no_edge(placebo):
    size = edge_size(placebo, range(0, 480, 3))
    assert size.count == 160 * 12
    assert size.largest_of_spot < 1e-6 and size.mean_abs_pct < 1e-3


def test_the_edge_is_five_to_fifteen_per_cent_of_the_debit(path):
    size = edge_size(path, range(0, 300, 2))
    assert 5.0 < size.mean_abs_pct < 15.0
    assert size.mean_abs_pct < size.rms_pct
    assert abs(size.mean_pct) < 0.4 * size.mean_abs_pct


def test_the_break_turns_the_sign_of_what_the_hidden_state_means_for_a_butterfly(path):
    before, after = by_state(path, range(0, 300, 2)), by_state(path, range(300, 480, 2))
    assert before[CALM] > 5.0 and before[WILD] < -5.0
    assert after[CALM] < -3.0 and after[WILD] > 3.0


def test_a_mirrored_belief_keeps_the_sign_and_widens_the_edge(path):
    change = replace(WORLD.change, belief="mirror")
    mirrored = simulate(path.world.with_(change=change), path.sessions)
    before, after = by_state(path, range(0, 300, 2)), by_state(mirrored, range(300, 480, 2))
    assert after[CALM] > before[CALM] and after[WILD] < before[WILD]
    place = (np.array([320]), np.array([path.column("NUMA")]), np.array([8]))
    true, priced = mirrored.true_situations(*place), mirrored.priced_situations(*place)
    assert priced.hidden[0] == WILD - true.hidden[0] and priced.own_law[0] == true.own_law[0] == BROKEN


def test_the_market_makers_are_ignorant_before_the_break_and_sure_of_too_much_after_it(path, placebo):
    lane, ahead = np.array([path.column("NUMA")]), np.array([8])
    early, late = (path.priced_situations(np.array([t]), lane, ahead) for t in (299, 300))
    assert (early.hidden[0], early.own_law[0]) == (UNKNOWN, USUAL)
    assert (late.hidden[0], late.own_law[0]) == (path.hidden[300, lane[0]], OVERCORRECTED)
    known = placebo.priced_situations(np.array([300]), lane, ahead)
    assert (known.hidden[0], known.own_law[0]) == (path.hidden[300, lane[0]], USUAL)


def test_the_market_price_of_the_oracle_is_the_mid_of_the_chain(path):
    rows = strip(path, [310])
    wanted = standard_butterflies(path, [310])
    found = butterfly_edges(path, wanted)
    for k in range(wanted.session.size):
        here = (rows.groups.symbol[rows.group] == wanted.symbol[k]) & (
            rows.groups.expiry[rows.group] == wanted.expiry[k]
        )
        mid = [rows.put[here & (rows.strike == strike)] for strike in wanted.strikes[k]]
        assert all(each.size == 1 for each in mid)
        assert found.price[k] == pytest.approx(
            float((mid[0] - 2.0 * mid[1] + mid[2])[0]), abs=1e-8 * rows.spot[here][0]
        )


def test_one_butterfly_is_what_it_is_among_many(path):
    wanted = standard_butterflies(path, range(200, 230))
    found = butterfly_edges(path, wanted)
    for k in (0, 17, 200):
        one = butterfly_edge(
            path,
            int(wanted.session[k]),
            path.world.symbols[wanted.symbol[k]],
            tuple(wanted.strikes[k]),
            path.sessions[wanted.expiry[k]],
        )
        assert (one.value[0], one.price[0], one.edge[0]) == (found.value[k], found.price[k], found.edge[k])


def test_the_drift_alone_gives_the_index_an_edge(path, placebo):
    index, t = path.column("INDX"), np.arange(0, 280, 10)
    body = np.rint(path.bars.close[t, index] / 5.0) * 5.0
    wanted = Butterflies(t, np.full(t.size, index), t + 8, np.stack([body - 10.0, body, body + 10.0], axis=1))
    found = butterfly_edges(path, wanted)
    assert np.max(np.abs(found.edge) / found.price) > 1e-4
    assert not np.any(butterfly_edges(placebo, wanted).edge)


def test_the_oracle_turns_the_cycle_with_the_break():
    """A cycle that changes sign at the first session is a cycle half a period later that does not."""
    sessions = weekdays(120)
    still = replace(WORLD.change, variance_scale=1.0)
    later = tuple(replace(each, cycle_phase=each.cycle_phase + 0.5) for each in WORLD.listings)
    turned = simulate(WORLD.with_(break_session=sessions[0], change=still), sessions)
    shifted = simulate(WORLD.with_(break_session=None, listings=later), sessions)
    plain = simulate(WORLD.with_(break_session=None), sessions)
    wanted = standard_butterflies(shifted, range(20, 40))
    value = butterfly_edges(shifted, wanted).value
    assert np.allclose(butterfly_edges(turned, wanted).value, value, rtol=1e-9)
    assert not np.allclose(butterfly_edges(plain, wanted).value, value, rtol=1e-3)


def test_the_truth_is_what_butterflies_earn_on_average():
    """Entered at every seed's first session: what standard butterflies pay at expiry, less their true value."""
    sessions, errors, edges = weekdays(75), [], []
    small = tuple(each for each in WORLD.listings if each.symbol in ("INDX", "GRYD", "HEMA", "VYTA"))
    laws = None
    for seed in range(250):
        path = simulate(WORLD.with_(seed=seed, listings=small), sessions)
        if laws is not None:
            # tables depend on the world but for its seed
            object.__setattr__(path, "laws", laws)
        laws = path.laws
        wanted = standard_butterflies(path, [0])
        found, close = butterfly_edges(path, wanted), path.bars.close
        reached = close[wanted.expiry, wanted.symbol][:, None]
        paid = np.sum(np.maximum(wanted.strikes - reached, 0.0) * np.array([1.0, -2.0, 1.0]), axis=1)
        paid = paid * np.exp(-WORLD.rate / 252.0 * (wanted.expiry - wanted.session))
        errors.append((paid - found.value) / found.price)
        edges.append(found.edge / found.price)
    error = np.concatenate(errors)
    assert abs(error.mean()) < 4.0 * error.std() / error.size**0.5
    # whoever knows the truth earns: payoffs over the price follow the edge with slope one
    edge = np.concatenate(edges)
    slope = np.sum(edge * (error + edge)) / np.sum(edge * edge)
    assert abs(slope - 1.0) < 4.0 * error.std() / np.sum(edge * edge) ** 0.5
    assert slope > 0.2


@pytest.mark.parametrize(("day", "message"), [(0, "was 0 to 0 sessions ahead, must be 1 to 70"), (80, "was 80 to 80")])
def test_an_expiry_that_cannot_be_valued_is_refused(day, message, path):
    with pytest.raises(ValueError, match=message):
        butterfly_edge(path, 10, "NUMA", (90.0, 95.0, 100.0), path.sessions[10 + day])


def test_an_expiry_outside_the_calendar_is_refused(path):
    with pytest.raises(ValueError, match="expiry: was 2023-01-07, must be a session of the path"):
        butterfly_edge(path, 1, "NUMA", (90.0, 95.0, 100.0), date(2023, 1, 7))
