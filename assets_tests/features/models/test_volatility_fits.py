"""GARCH, GJR and EGARCH: against arch, published estimates, brute force, and whatever else a caller may hand in."""

import numpy as np
import pytest
from arch import arch_model

from assets_tests.features.models.returns import garch_returns, mark_against_the_pound, published
from assets_tests.shared_data import shared_data
from butter_pipeline.features.models.volatility import Fits, Model, Presample, Reason, fit, forecast

NAMES = {
    Model.GARCH: ("mu", "omega", "alpha[1]", None, "beta[1]"),
    Model.GJR: ("mu", "omega", "alpha[1]", "gamma[1]", "beta[1]"),
    Model.EGARCH: ("mu", "omega", "alpha[1]", "gamma[1]", "beta[1]"),
}
EACH = pytest.mark.parametrize("model", list(Model))


def by_arch(model: Model, returns: np.ndarray):
    kind = "EGARCH" if model == Model.EGARCH else "GARCH"
    return arch_model(returns, mean="Constant", vol=kind, p=1, o=int(model != Model.GARCH), q=1, rescale=False)


def arch_law(model: Model, parameters: np.ndarray) -> np.ndarray:
    return np.array([value for name, value in zip(NAMES[model], parameters, strict=True) if name])


def one(model: Model, returns: np.ndarray, **how) -> Fits:
    return fit(model, np.asarray(returns)[None], **how)


@EACH
def test_no_law_that_arch_finds_is_likelier(model: Model) -> None:
    for seed in range(12):
        made = garch_returns(250 + 70 * seed, seed)
        found, theirs = one(model, made), by_arch(model, made).fit(disp="off", show_warning=False)
        if model == Model.EGARCH and theirs.params["alpha[1]"] < 0.0:
            continue  # out of our box, because the likelihood is noise there
        assert found.log_likelihood[0] > theirs.loglikelihood - 1e-6 * len(made)
        assert found.converged[0]


def within_bounds(model: Model, law) -> bool:
    """Whether arch's law keeps the bounds that it was asked to keep: its search may end a little beyond them."""
    return model != Model.GJR or (law["alpha[1]"] >= 0.0 and law["alpha[1]"] + law["gamma[1]"] >= 0.0)


@pytest.mark.slow
@EACH
def test_no_law_that_arch_finds_for_real_returns_is_likelier(model: Model) -> None:
    for name in ("SPY", "AAPL", "IBM"):
        rows = np.genfromtxt(shared_data("bars", f"{name}.csv"), delimiter=",", names=True, usecols=(1, 2, 3, 4))
        returns = np.clip(100.0 * np.diff(np.log(rows["close"])), -25.0, 25.0)
        windows = np.array([returns[first : first + 1000] for first in range(0, len(returns) - 1000, 400)])
        found = fit(model, windows)
        assert found.converged.mean() > 0.9
        for window, likelihood in zip(windows, found.log_likelihood, strict=True):
            theirs = by_arch(model, window).fit(disp="off", show_warning=False)
            inside = model != Model.EGARCH or theirs.params["alpha[1]"] >= 0.0
            inside = inside and within_bounds(model, theirs.params)
            assert not inside or likelihood > theirs.loglikelihood - 1e-6 * len(window)


@EACH
def test_the_likelihood_is_archs_at_the_law_that_was_found(model: Model) -> None:
    made = garch_returns(400, 3)
    found = one(model, made)
    theirs = by_arch(model, made).fix(arch_law(model, found.parameters[0]))
    assert found.log_likelihood[0] == pytest.approx(theirs.loglikelihood, rel=1e-10)


@EACH
def test_the_forecast_is_archs(model: Model) -> None:
    made = garch_returns(600, 8)
    found = one(model, made)
    method = "simulation" if model == Model.EGARCH else "analytic"
    theirs = by_arch(model, made).fix(arch_law(model, found.parameters[0]))
    ahead = theirs.forecast(horizon=7, method=method, simulations=40000, reindex=False).variance.to_numpy()[0]
    variance, _ = forecast(found, made[None], (1, 7))
    assert variance[0, 0] == pytest.approx(ahead[0], rel=1e-9)
    assert variance[0, 1] == pytest.approx(ahead.mean(), rel=0.01 if model == Model.EGARCH else 1e-9)


def test_the_published_estimates_of_the_mark_against_the_pound_are_met() -> None:
    found = one(Model.GARCH, mark_against_the_pound(), presample=Presample.MEAN_SQUARE)
    told, where = published("garch_fcp"), [0, 1, 2, 4]
    assert found.parameters[0, where] == pytest.approx(told["params"], rel=2e-5)
    assert found.standard_errors[0, where] == pytest.approx(told["se_hessian"], rel=2e-5)
    assert found.log_likelihood[0] == pytest.approx(told["loglike"], abs=1e-6)


def test_a_presample_variance_may_be_given() -> None:
    returns = mark_against_the_pound()
    found = one(Model.GARCH, returns, presample=np.array([np.mean((returns - returns.mean()) ** 2)]))
    # as arch makes it of the same backcast
    assert found.parameters[0, [0, 1, 2, 4]] == pytest.approx(
        (-0.00617319, 0.01076105, 0.15313213, 0.80597736), rel=1e-4
    )
    assert found.log_likelihood[0] == pytest.approx(-1106.60665, abs=1e-4)


@EACH
def test_a_long_series_gives_its_own_law_back(model: Model) -> None:
    found = one(model, garch_returns(20000, 5)).parameters[0]
    if model == Model.EGARCH:
        assert abs(found[3]) < 0.02 and found[4] == pytest.approx(0.97, abs=0.02)
    else:
        assert found[1:] == pytest.approx((0.05, 0.09, 0.0, 0.88), abs=0.02)
        assert found[0] == pytest.approx(0.02, abs=0.03)  # three standard errors of a mean


@EACH
def test_a_converged_fit_is_a_top_that_no_step_aside_betters(model: Model) -> None:
    made = garch_returns(500, 11)
    found = one(model, made)
    top, law = by_arch(model, made), found.parameters[0]
    best = top.fix(arch_law(model, law)).loglikelihood
    for place in [0, 1, 2, 3, 4]:
        for side in (-1.0, 1.0):
            error = found.standard_errors[0, place]
            if np.isnan(error):
                continue
            aside = law.copy()
            aside[place] += side * 0.05 * error
            assert top.fix(arch_law(model, aside)).loglikelihood < best


@EACH
def test_one_series_has_the_bits_that_it_has_among_many_on_however_many_threads(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butter_pipeline.features.models.kernels import compiled

    many = np.array([garch_returns(200, seed) for seed in range(150)])
    monkeypatch.setattr(compiled, "_cores", lambda: 3)
    together = fit(model, many)
    monkeypatch.setattr(compiled, "_cores", lambda: 1)
    alone = fit(model, many[77:78])
    assert alone.parameters.tobytes() == together.parameters[77:78].tobytes()
    assert alone.covariance.tobytes() == together.covariance[77:78].tobytes()
    assert fit(model, many).parameters.tobytes() == together.parameters.tobytes()
    told, sure = forecast(together, many, (1, 7))
    told_alone, sure_alone = forecast(alone, many[77:78], (1, 7))
    assert told_alone.tobytes() == told[77:78].tobytes() and sure_alone.tobytes() == sure[77:78].tobytes()


@EACH
@pytest.mark.parametrize("unit", [1e-9, 0.01, 1e6])
def test_the_unit_of_returns_changes_nothing_but_the_unit(model: Model, unit: float) -> None:
    made = garch_returns(400, 2)
    one_way, other = one(model, made), one(model, unit * made)
    assert other.parameters[0, 2:] == pytest.approx(one_way.parameters[0, 2:], abs=1e-6)
    assert other.log_likelihood[0] + 400 * np.log(unit) == pytest.approx(one_way.log_likelihood[0], abs=1e-6)


@EACH
@pytest.mark.parametrize(
    ("returns", "reason"),
    [
        (np.zeros(300), Reason.CONSTANT),
        (np.full(300, 0.1), Reason.CONSTANT),
        (np.where(np.arange(300) == 7, np.nan, garch_returns(300, 1)), Reason.NOT_FINITE),
        (np.where(np.arange(300) == 299, np.inf, garch_returns(300, 1)), Reason.NOT_FINITE),
        (garch_returns(12, 1), Reason.TOO_SHORT),
        (np.zeros(0), Reason.TOO_SHORT),
    ],
    ids=["zeros", "one value", "nan", "inf", "short", "empty"],
)
def test_what_cannot_be_fitted_is_nan_with_a_reason_and_harms_no_neighbour(
    model: Model, returns: np.ndarray, reason: Reason
) -> None:
    good = garch_returns(300, 4)
    both = np.full((2, 300), np.nan)
    both[0, : len(returns)], both[1] = returns, good
    found = fit(model, both, np.array([len(returns), 300]))
    assert found.reason[0] == reason and not found.converged[0]
    assert np.isnan(found.parameters[0]).all() and np.isnan(found.log_likelihood[0])
    assert found.parameters[1].tobytes() == one(model, good).parameters[0].tobytes()


@EACH
@pytest.mark.parametrize("seed", range(4))
def test_laws_stay_within_their_bounds_even_for_strange_returns(model: Model, seed: int) -> None:
    rng = np.random.default_rng(seed)
    strange = [
        rng.standard_normal(300),
        np.where(np.arange(300) == 150, 50.0, 0.01) * rng.standard_normal(300),
        np.exp(np.linspace(-3.0, 3.0, 300)) * rng.standard_normal(300),
        np.where(rng.random(300) < 0.9, 0.0, rng.standard_normal(300)),
        np.tile([1.0, -1.0], 150),
    ]
    found = fit(model, np.array(strange))
    _, constant, shock, leverage, persistence = found.parameters.T
    assert np.isfinite(found.parameters).all() and np.isfinite(found.log_likelihood).all()
    assert (shock >= 0.0).all() and (persistence >= 0.0).all() and (persistence <= 1.0).all()
    if model != Model.EGARCH:
        assert (constant > 0.0).all() and (shock + leverage >= -1e-12).all()
        assert (shock + leverage / 2.0 + persistence <= 1.0 + 1e-12).all()
    assert np.isin(found.reason, (Reason.FITTED, Reason.UNPROVED)).all()


def test_a_top_at_the_edge_is_a_top_and_its_parameter_has_no_error() -> None:
    found = fit(Model.GARCH, np.random.default_rng(3).standard_normal((20, 400)))
    flat = found.parameters[:, 2] == 0.0
    assert flat.any() and found.converged[flat].all()
    assert np.isnan(found.standard_errors[flat, 2]).all()


def test_the_interval_holds_the_true_variance_as_often_as_it_says() -> None:
    law, returns, truth = (0.05, 0.09, 0.88), [], []
    for seed in range(400):
        made = garch_returns(800, 1000 + seed, law)
        returns.append(made)
        variance = 0.05 / 0.03
        for each in made - 0.02:
            variance = law[0] + law[1] * each**2 + law[2] * variance
        truth.append(variance)
    told, sure = forecast(fit(Model.GARCH, np.array(returns)), np.array(returns), (1,))
    within = np.abs(np.log(told[:, 0] / np.array(truth))) < 1.645 * sure[:, 0]
    assert 0.84 < within.mean() < 0.95
