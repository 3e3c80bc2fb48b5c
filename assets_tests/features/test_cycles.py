import numpy as np
import pytest

from assets_tests.features.feature_tables import LAST, SESSIONS, bars_of, value, walk
from butter_pipeline.features.compute import compute

AGES = np.arange(-127, 1)


def cycles_of(log_price: np.ndarray):
    return compute("cycles", {"bars": bars_of("A", SESSIONS[-len(log_price) :], 50.0 * np.exp(log_price))}, [LAST])


@pytest.mark.parametrize("passes", [4, 8, 16])
@pytest.mark.parametrize("phase", [-2.5, -0.4, 0.0, 1.0, 3.0])
def test_a_wave_is_found_with_its_period_phase_and_continuation(passes: int, phase: float) -> None:
    turn = 2.0 * np.pi * passes / 128.0
    table = cycles_of(0.05 * np.cos(turn * AGES + phase) + 0.002 * AGES)
    assert value(table, "fourier_period_sessions", "A") == 128.0 / passes
    assert value(table, "fourier_phase", "A") == pytest.approx(phase, abs=0.25)
    assert value(table, "fourier_power_share", "A") > 0.9
    to_come = 100.0 * 0.05 * (np.cos(turn * 7.0 + phase) - np.cos(phase))
    assert value(table, "fourier_7_pct", "A") == pytest.approx(to_come, abs=1.2)


def test_the_strongest_wave_is_that_of_the_fast_fourier_transform() -> None:
    log_price = np.log(walk(128, 3))
    slope = np.polyfit(AGES, log_price, 1)
    found = np.fft.rfft(log_price - np.polyval(slope, AGES))
    power = 2.0 * np.abs(found[2:26] / 128.0) ** 2
    table = cycles_of(log_price)
    assert value(table, "fourier_period_sessions", "A") == 128.0 / (2 + np.argmax(power))
    share = power.max() / np.mean((log_price - np.polyval(slope, AGES)) ** 2)
    assert value(table, "fourier_power_share", "A") == pytest.approx(share)


def test_a_straight_line_has_hardly_a_wave_to_continue() -> None:
    assert value(cycles_of(0.001 * AGES), "fourier_7_pct", "A") == pytest.approx(0.0, abs=1e-9)


def test_fewer_than_128_rows_have_no_cycles() -> None:
    assert value(cycles_of(np.log(walk(127, 3))), "fourier_period_sessions", "A") is None
