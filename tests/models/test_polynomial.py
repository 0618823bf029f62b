"""ψ-weights and roots against closed forms and statsmodels."""

import numpy as np
import pytest
from statsmodels.tsa.ar_model import AutoReg
from statsmodels.tsa.arima_process import arma2ma

from core.models.polynomial import deviations, inverse_roots, is_stable, responses


def test_the_answer_of_an_ar_of_order_one_to_a_shock_is_geometric():
    np.testing.assert_allclose(responses(np.array([0.5]), 0, 5), [1, 0.5, 0.25, 0.125, 0.0625])
    np.testing.assert_allclose(responses(np.array([0.5]), 1, 4), [1, 1.5, 1.75, 1.875])  # its sums: to 1 / (1 − φ) = 2
    np.testing.assert_allclose(responses(np.array([0.5]), 0, 1), [1])


@pytest.mark.parametrize("differences", [0, 1])
@pytest.mark.parametrize("lags", [(0.4,), (1.2, -0.5), (0.3, 0.0, 0.0, 0.6)], ids=str)
def test_responses_are_those_of_the_whole_polynomial(lags, differences):
    polynomial = np.polymul([1.0, -1.0] if differences else [1.0], [1.0, *(-one for one in lags)])
    np.testing.assert_allclose(responses(np.array(lags), differences, 12), arma2ma(polynomial, [1.0], 12), rtol=1e-12)


def test_variances_add_up():
    # φ = 0.8: 1, 1 + 0.64, 1 + 0.64 + 0.4096
    np.testing.assert_allclose(deviations(responses(np.array([0.8]), 0, 3)) ** 2, [1, 1.64, 2.0496])
    assert np.isfinite(deviations(np.array([1.0, -1e200, 1e250]))).all()


def test_a_root_tells_its_cycle():
    # 1.8 · cos(2π/12) and −0.81: a swing of 12 steps that shrinks by 0.9 a step
    roots = inverse_roots(np.array([1.8 * np.cos(np.pi / 6), -0.81]))
    assert [one.modulus for one in roots] == pytest.approx([0.9, 0.9])
    assert [one.cycle for one in roots] == pytest.approx([12, 12])
    assert [one.argument for one in roots] == pytest.approx([np.pi / 6, -np.pi / 6])


def test_real_roots_swing_by_two_steps_or_not_at_all():
    up, down = inverse_roots(np.array([0.1, 0.3]))  # z² − 0.1 z − 0.3 = (z − 0.6)(z + 0.5)
    assert (up.modulus, up.cycle) == (pytest.approx(0.6), None)
    assert (down.modulus, down.cycle) == (pytest.approx(0.5), pytest.approx(2))


def test_inverse_roots_are_those_of_statsmodels(sunspots):
    result = AutoReg(sunspots.values, 9).fit()
    found = [one.modulus for one in inverse_roots(result.params[1:])]
    np.testing.assert_allclose(found, np.sort(1 / np.abs(result.roots))[::-1], rtol=1e-8)
    cycles = [one.cycle for one in inverse_roots(result.params[1:])]
    expected = [1 / abs(one) for one in result.arfreq if abs(one) > 1e-12]
    np.testing.assert_allclose(sorted(one for one in cycles if one), sorted(expected), rtol=1e-8)


def test_weights_that_end_in_zeros_have_roots_of_zero():
    roots = inverse_roots(np.array([0.5, 0.0, 0.0]))
    assert [one.modulus for one in roots] == [0.5, 0.0, 0.0]
    assert roots[1].cycle is None


def test_stability_is_decided_by_the_largest_root():
    assert is_stable(np.array([1.2, -0.5]))
    assert not is_stable(np.array([1.0]))
    assert not is_stable(np.array([0.5, 0.6]))
