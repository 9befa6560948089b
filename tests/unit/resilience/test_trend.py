import numpy as np
import pytest

from residency.resilience.trend import (
    LEAST_VALUES,
    MEASURED_FALSE_ALARM_RATE,
    concordance,
    persistence,
    trend,
)


def stationary(phi, length, count, seed):
    noise = np.random.default_rng(seed).standard_normal((count, length))
    series = np.empty_like(noise)
    series[:, 0] = noise[:, 0] / np.sqrt(1 - phi**2)
    for week in range(1, length):
        series[:, week] = phi * series[:, week - 1] + noise[:, week]
    return series


def false_alarms(series):
    return float(np.mean([trend(line).rising for line in series]))


def test_false_alarms_on_steady_series_are_as_rare_as_printed():
    rates = {
        phi: false_alarms(stationary(phi, LEAST_VALUES, 1000, seed))
        for seed, phi in enumerate((0.0, 0.25, 0.5, 0.7), start=1)
    }
    assert max(rates.values()) <= 0.07, rates
    assert abs(max(rates.values()) - MEASURED_FALSE_ALARM_RATE) < 0.002, rates


@pytest.mark.parametrize("length", [13, 26])
def test_false_alarms_stay_rare_on_longer_series(length):
    for phi in (0.0, 0.5):
        assert false_alarms(stationary(phi, length, 1000, seed=length)) <= 0.07


def test_false_alarms_stay_rare_on_counts_with_many_ties():
    counts = np.random.default_rng(3).poisson(0.8, (1000, LEAST_VALUES)).astype(float)
    assert false_alarms(counts) <= 0.05


def test_clear_rises_are_found():
    noise = np.random.default_rng(4).standard_normal((300, LEAST_VALUES))
    assert false_alarms(noise + 0.5 * np.arange(LEAST_VALUES)) > 0.85
    assert false_alarms(noise - 0.5 * np.arange(LEAST_VALUES)) == 0


def test_a_steady_climb_is_certain_and_a_fall_never_rises():
    assert trend(range(12)).rising
    assert trend(range(12)).tau == 1
    assert not trend(range(12, 0, -1)).rising
    assert trend(range(12, 0, -1)).tau == -1


def test_a_constant_series_does_not_rise():
    flat = trend([7.0] * 12)
    assert (flat.tau, flat.rising) == (0, False)
    assert flat.p > 0.4


def test_scale_and_offset_do_not_matter():
    series = np.random.default_rng(9).standard_normal(14)
    assert trend(series) == trend(1e6 + 250 * series)


def test_too_few_values_are_refused():
    with pytest.raises(ValueError, match="11 values are too few"):
        trend(range(LEAST_VALUES - 1))


def test_concordance_counts_rising_less_falling_pairs():
    values = [3.0, 1.0, 2.0, 2.0]
    pairs = [(a, b) for i, a in enumerate(values) for b in values[i + 1 :]]
    assert concordance(np.array(values)) == sum((b > a) - (b < a) for a, b in pairs) == -1


def test_persistence_is_estimated_without_the_bias_of_short_series():
    for phi in (0.0, 0.3, 0.6):
        found = [persistence(line) for line in stationary(phi, 200, 200, seed=8)]
        assert abs(float(np.mean(found)) - phi) < 0.05
    assert persistence(np.full(12, 4.0)) == 0
