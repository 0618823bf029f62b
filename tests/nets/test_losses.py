"""Losses against scipy's densities and quantiles, and against their definitions number by number."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from core.nets.losses import LEAST, LEVELS, LOSSES, MIDDLE, inverse_softplus

DISTRIBUTIONS = [name for name, loss in LOSSES.items() if loss.has_intervals]
every_distribution = pytest.mark.parametrize("name", DISTRIBUTIONS)
WANTED = [0.0005, 0.003, 0.04, 0.1, 0.37, 0.5, 0.62, 0.9, 0.96, 0.999]  # beyond the learned levels, between them, and on them


def some(name: str, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
    """answers (..., K), targets (...): irregular, in float64, with small and large errors of both signs."""
    random = np.random.default_rng(7)
    answers = 1.5 * random.standard_normal((*shape, LOSSES[name].outputs))
    return torch.from_numpy(answers), torch.from_numpy(4 * random.standard_normal(shape))


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def quantiles_by_hand(answer: list[float]) -> list[float]:
    """At LEVELS, from the median outwards."""
    found = {MIDDLE: answer[0]}
    for place in range(MIDDLE - 1, -1, -1):
        found[place] = found[place + 1] - softplus(answer[1 + place]) - LEAST
    for place in range(MIDDLE + 1, len(LEVELS)):
        found[place] = found[place - 1] + softplus(answer[place]) + LEAST
    return [found[place] for place in range(len(LEVELS))]


def normal_answer(mean: float, deviation: float) -> torch.Tensor:
    """(11,) float64: the answer whose quantiles are those of this normal distribution."""
    gaps = np.diff(stats.norm.ppf(LEVELS, mean, deviation)) - LEAST
    return torch.tensor([mean, *np.log(np.expm1(gaps))], dtype=torch.float64)


@pytest.mark.parametrize(
    ("name", "of_error"), [("mae", np.abs), ("mse", np.square), ("huber", lambda error: special.huber(1.0, error))]
)
def test_a_point_loss_is_its_function_of_the_error(name, of_error):
    answers, targets = some(name, 5, 4)
    np.testing.assert_allclose(LOSSES[name](answers, targets), of_error((answers[..., 0] - targets).numpy()), rtol=1e-12)
    assert (answers[..., 0] - targets).abs().max() > 1 > (answers[..., 0] - targets).abs().min()  # both sides of Huber's knee


def test_the_gaussian_loss_is_the_normal_log_density_but_for_its_constant():
    answers, targets = some("gaussian", 5, 4)
    place, scale = answers[..., 0].numpy(), np.exp(answers[..., 1].numpy()) + LEAST
    expected = -stats.norm.logpdf(targets, place, scale) - 0.5 * np.log(2 * np.pi)
    np.testing.assert_allclose(LOSSES["gaussian"](answers, targets), expected, rtol=1e-12)


def test_the_student_loss_is_the_log_density_of_students_t():
    answers, targets = some("student_t", 5, 4)
    place, log_scale, free = answers.numpy().transpose(2, 0, 1)
    freedom = 2 + LEAST + np.log1p(np.exp(free))
    expected = -stats.t.logpdf(targets, freedom, place, np.exp(log_scale) + LEAST)
    np.testing.assert_allclose(LOSSES["student_t"](answers, targets), expected, rtol=1e-11)


def test_the_quantile_loss_is_twice_the_mean_pinball_loss():
    answers, targets = some("quantile", 3, 2)
    found = LOSSES["quantile"](answers, targets)
    for row in range(3):
        for column in range(2):
            y, total = float(targets[row, column]), 0.0
            for level, q in zip(LEVELS, quantiles_by_hand(answers[row, column].tolist()), strict=True):
                total += level * (y - q) if y >= q else (1 - level) * (q - y)
            assert float(found[row, column]) == pytest.approx(2 * total / 11, rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_finite_differences(name):
    answers, targets = some(name, 3, 2)
    assert torch.autograd.gradcheck(LOSSES[name], [answers.requires_grad_(), targets], eps=1e-6, atol=1e-6)


def test_the_gaussian_loss_is_least_at_the_mean_and_the_deviation_of_the_sample():
    targets = torch.from_numpy(np.random.default_rng(3).gamma(2.0, 1.5, 40))
    deviation = float(targets.std(correction=0))
    answer = torch.tensor([float(targets.mean()), math.log(deviation - LEAST)], dtype=torch.float64, requires_grad=True)
    LOSSES["gaussian"](answer.expand(40, 2), targets).mean().backward()
    np.testing.assert_allclose(answer.grad, 0, atol=1e-12)


def test_the_quantile_loss_is_least_at_the_quantiles_of_the_sample():
    # 399 values: at each level τ exactly ⌈399 τ⌉ − 1 of them lie below the quantile, so that either way costs more
    targets = torch.from_numpy(np.sort(np.random.default_rng(3).gamma(2.0, 1.5, 399)))
    at = targets[[math.ceil(399 * level) - 1 for level in LEVELS]].numpy()
    gaps = torch.from_numpy(np.log(np.expm1(np.diff(at) - LEAST)))
    best = torch.cat([torch.from_numpy(at[MIDDLE : MIDDLE + 1]), gaps])
    torch.testing.assert_close(LOSSES["quantile"].at_levels(best).numpy(), at)

    def cost(answer: torch.Tensor) -> float:
        return float(LOSSES["quantile"](answer.expand(399, 11), targets).mean())

    for place in range(11):
        for step in (-0.02, 0.02):
            moved = best.clone()
            moved[place] += step
            assert cost(moved) > cost(best)


@every_distribution
def test_quantiles_are_those_of_scipy(name):
    answers, _ = some(name, 4)
    levels = torch.tensor(WANTED, dtype=torch.float64)
    if name == "quantile":
        answers = torch.stack([normal_answer(*one) for one in ((0.0, 1.0), (-3.0, 0.2), (5.5, 7.0), (0.1, 2.5))])
        expected = [stats.norm.ppf(WANTED, *one) for one in ((0.0, 1.0), (-3.0, 0.2), (5.5, 7.0), (0.1, 2.5))]
    elif name == "gaussian":
        expected = [stats.norm.ppf(WANTED, place, math.exp(scale) + LEAST) for place, scale in answers.tolist()]
    else:
        expected = [
            stats.t.ppf(WANTED, 2 + LEAST + softplus(free), place, math.exp(scale) + LEAST)
            for place, scale, free in answers.tolist()
        ]
    found = LOSSES[name].quantiles(answers, levels[:, None])  # (Q, 4)
    np.testing.assert_allclose(found.T, expected, rtol=1e-9, atol=1e-9)
    for number, level in enumerate(WANTED):  # one level for each answer, as paths are drawn
        alone = LOSSES[name].quantiles(answers, torch.full((4,), level, dtype=torch.float64))
        np.testing.assert_array_equal(alone, found[number])


def test_learned_quantiles_are_given_back_as_they_are():
    answers, _ = some("quantile", 6)
    found = LOSSES["quantile"].quantiles(answers, torch.tensor(LEVELS, dtype=torch.float64)[:, None])
    np.testing.assert_allclose(found.T, [quantiles_by_hand(answer) for answer in answers.tolist()], rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=11, max_size=11))
def test_quantiles_never_cross_whatever_a_network_answers(answer):
    for name in DISTRIBUTIONS:
        loss = LOSSES[name]
        answers = torch.tensor(answer[: loss.outputs])
        found = loss.quantiles(answers[None], torch.tensor([*LEVELS, 0.9999]).double()[:, None])[:, 0].double().numpy()
        assert np.isfinite(found).all()
        assert (np.diff(found) >= -1e-6 * np.abs(found).max()).all()  # single precision
    assert (LOSSES["quantile"].at_levels(torch.tensor(answer)).diff() >= 0).all()


@pytest.mark.parametrize("name", LOSSES)
def test_training_starts_at_a_distribution_of_mean_zero_and_deviation_one(name):
    loss = LOSSES[name]
    answer = loss.start()
    assert answer.shape == (loss.outputs,)
    assert loss.point(answer) == 0
    if name == "quantile":
        np.testing.assert_allclose(loss.at_levels(answer), stats.norm.ppf(LEVELS), atol=1e-5)
    elif name == "gaussian":
        assert float(loss.quantiles(answer, torch.tensor(stats.norm.cdf(1.0)))) == pytest.approx(1.0, abs=2 * LEAST)
    elif name == "student_t":
        upper = float(loss.quantiles(answer, torch.tensor(0.975, dtype=torch.float64)))
        assert upper == pytest.approx(stats.t.ppf(0.975, 8) * math.sqrt(6 / 8), abs=3 * LEAST)  # variance 8 / (8 − 2)


@every_distribution
@pytest.mark.parametrize("far", [-1e5, 1e5])
def test_no_scale_however_far_out_costs_an_infinity(name, far):
    answer = torch.full((LOSSES[name].outputs,), far)
    answer[0] = 0.0
    assert torch.isfinite(LOSSES[name](answer, torch.tensor(3.0)))


def test_softplus_is_undone():
    values = torch.tensor([1e-3, 0.4, 3.0, 80.0], dtype=torch.float64)
    np.testing.assert_allclose([softplus(one) for one in inverse_softplus(values).tolist()], values, rtol=1e-12)
