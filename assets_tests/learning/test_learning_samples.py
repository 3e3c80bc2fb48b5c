import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets_tests.learning.learning_worlds import World, dataset
from butter_pipeline.learning.dataset import feature_names
from butter_pipeline.learning.samples import Sample, cut, logit, sample_of, sigmoid


def sample(sessions: int = 100) -> Sample:
    table = dataset(World(sessions=sessions, features=1)).table
    return sample_of(table, feature_names(table))


@given(st.integers(1, 60))
def test_nothing_teaches_that_had_not_matured_before_the_first_session_that_judges(share: int) -> None:
    whole = sample()
    found = cut(whole, share)
    first = whole.opened[found.later].min()
    assert len(found.earlier) and whole.matured[found.earlier].max() < first
    overlapping = (whole.opened < first) & (whole.matured >= first)
    assert overlapping.any() and not set(np.flatnonzero(overlapping)) & {*found.earlier, *found.later}


def test_the_later_part_is_the_most_recent_share_of_sessions() -> None:
    whole = sample()
    found = cut(whole, 25)
    sessions = np.unique(whole.opened)
    assert np.array_equal(np.unique(whole.opened[found.later]), sessions[-(len(sessions) // 4) :])


def test_log_odds_and_probability_are_each_other_s_inverse_within_the_clip() -> None:
    probability = np.array([0.01, 0.2, 0.5, 0.99])
    assert np.allclose(sigmoid(logit(probability)), probability, atol=1e-15)
    assert sigmoid(logit(np.array([0.0])))[0] == sigmoid(logit(np.array([0.01])))[0]
