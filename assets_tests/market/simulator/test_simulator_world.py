"""The parameters of the embedded market: what a configuration may say, and what is said when it may not."""

from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from butter_pipeline.market.simulator.parameters import HIDDEN_STATES, stationary
from butter_pipeline.market.simulator.world import world_from_config

CONFIG: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[3] / "configs" / "simulator.yml").read_text(encoding="utf-8")
)


def test_the_shipped_configuration_makes_twelve_stocks_in_four_sectors_and_an_index():
    world = world_from_config(CONFIG)
    stocks = [each for each in world.listings if each.sector]
    sectors = [each.sector for each in stocks]
    assert len(stocks) == 12 and len(world.symbols) == 13 and world.index_symbol == "INDX"
    assert {name: sectors.count(name) for name in set(sectors)} == dict.fromkeys(set(sectors), 3)
    assert len(set(sectors)) == 4
    assert (world.seed, world.mode, world.break_session) == (7, "edge", date(2026, 7, 1))


def test_symbols_are_sorted_whatever_the_order_of_the_configuration():
    config = deepcopy(CONFIG)
    config["listings"].reverse()
    assert world_from_config(config) == world_from_config(CONFIG)


def test_hidden_scales_keep_the_long_run_variance():
    own = world_from_config(CONFIG).own
    share = stationary(own.transition)
    assert len(share) == len(HIDDEN_STATES)
    assert np.sum(share * np.square(own.scales)) == pytest.approx(1.0, abs=1e-12)
    assert np.allclose(share @ np.array(own.transition), share, atol=1e-14)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("mode",), "real", "simulator.mode: was 'real', must be one of edge, placebo"),
        (("seed",), -1, "simulator.seed: was -1, must be a whole number of at least 0"),
        (("seed",), True, "simulator.seed: was True, must be a whole number"),
        (("first_session",), "2023", "simulator.first_session: was '2023', must be a date"),
        (("break_session",), 3, "simulator.break_session: was 3, must be a date"),
        (("market", "vol_pct"), "high", "simulator.market.vol_pct: was 'high', must be a number from 0 to 200"),
        (("market", "variance", "persistence"), 1.2, "variance.persistence: was 1.2, must be a number from 0.01"),
        (("own", "hidden_transition", "calm"), [0.9, 0.0, 0.0], "hidden_transition.calm: was .*sum to 1"),
        (("own", "hidden_transition", "wild"), [1.0], "hidden_transition.wild: was .*a list of 3 numbers"),
        (("own", "hidden_scale"), {"calm": 0, "neutral": 0, "wild": 0}, "hidden_scale: was .*above 0"),
        (("break", "belief"), "both", "simulator.break.belief: was 'both', must be one of overcorrect, mirror"),
        (("market", "regimes"), None, "simulator.market.regimes: was None, must be a mapping"),
        (("listings",), [], r"simulator.listings: was \[\], must be a list of mappings"),
        (("sessions", "weekday_volume"), [1.0] * 4, "weekday_volume: was .*a list of 5 numbers"),
        (("quotes", "spred"), 1, "simulator.quotes.spred: was 1, must be absent: no such key"),
        (("seeed",), 1, "simulator.seeed: was 1, must be absent: no such key"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_there_and_what_is_allowed(place, value, message):
    config = deepcopy(CONFIG)
    at = config
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    with pytest.raises(ValueError, match=message):
        world_from_config(config)


def test_a_missing_key_is_named():
    config = deepcopy(CONFIG)
    del config["listings"][2]["beta"]
    with pytest.raises(ValueError, match=r"simulator.listings\[2\].beta: was missing, must be a number"):
        world_from_config(config)


def test_a_symbol_twice_is_refused():
    config = deepcopy(CONFIG)
    config["listings"].append(dict(config["listings"][0]))
    with pytest.raises(ValueError, match="must name every symbol once"):
        world_from_config(config)


def test_with_changes_only_what_is_named_and_checks_it():
    world = world_from_config(CONFIG)
    other = world.with_(seed=8)
    assert other.seed == 8 and other.with_(seed=world.seed) == world
    with pytest.raises(ValueError, match="simulator.mode: was 'both'"):
        world.with_(mode="both")
