"""Descent: momentum against torch's own, clipping by value by hand, and the rates of every schedule."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.nets.optimizer import DECAY, SGD, Adam, clip, make_optimizer, one_cycle
from core.windows.settings import Settings
from tests.nets.small import CHEAP, series_of, trainer_of, walk


def test_plain_descent_is_torchs_with_nesterovs_momentum():
    generator = torch.Generator().manual_seed(2)
    start = [torch.randn(3, 5, generator=generator), torch.randn(7, generator=generator)]
    ours, theirs = ([one.clone().requires_grad_() for one in start] for _ in range(2))
    oracle, mine = torch.optim.SGD(theirs, lr=0.1, momentum=0.9, nesterov=True), SGD(ours)
    for step in range(15):
        gradients = [torch.randn(one.shape, generator=generator) for one in start]
        oracle.param_groups[0]["lr"] = 0.1 / (1 + step)
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient.clone()
        mine.update(gradients, 0.1 / (1 + step))
        oracle.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


def test_every_optimiser_has_its_name():
    weights = [torch.zeros(2)]
    assert isinstance(make_optimizer("sgd", weights), SGD)
    adam, adamw = make_optimizer("adam", weights), make_optimizer("adamw", weights)
    assert isinstance(adam, Adam)
    assert (adam.decay, adamw.decay) == (0.0, DECAY)


def test_clipping_by_value_cuts_each_number_by_itself():
    gradients = [torch.tensor([[3.0, -4.0]]), torch.tensor([0.5, -12.0])]
    norm, is_clipped = clip(gradients, 2.0, "value")
    assert norm == pytest.approx(np.sqrt(9 + 16 + 0.25 + 144))  # before
    assert is_clipped
    assert gradients[0].tolist() == [[2.0, -2.0]]
    assert gradients[1].tolist() == [0.5, -2.0]


def test_by_value_a_long_gradient_of_small_numbers_is_not_clipped():
    gradients = [torch.full((9,), 1.5)]
    assert clip(gradients, 2.0, "value") == (pytest.approx(4.5), False)
    assert gradients[0].tolist() == [1.5] * 9


def logs_of(settings: Settings, series) -> list:
    trainer = trainer_of(settings, series)
    return [trainer.epoch()[0] for _ in range(settings.epochs)]


def test_a_constant_rate_rises_over_fifty_updates_and_one_cycle_rises_and_falls():
    constant, cycle = (
        [log.learning_rate for log in logs_of(replace(CHEAP, schedule=schedule, epochs=8, batch=8), series_of(walk(60)))]
        for schedule in ("constant", "one_cycle")
    )
    # told is the rate of the update after an epoch of 8
    np.testing.assert_allclose(constant, [0.004 * min(1, (8 * epoch + 1) / 50) for epoch in range(1, 9)])
    np.testing.assert_allclose(cycle, [one_cycle(8 * epoch / 64, 0.004) for epoch in range(1, 9)])


def test_a_skip_connection_goes_at_a_tenth_of_the_rate_and_does_not_decay():
    """Adam's first step is the rate, whatever the gradient; decay shrinks a weight by 0.001 times the rate."""
    beside, rest = torch.tensor([50.0, -50.0]), torch.tensor([50.0, -50.0])
    make_optimizer("adamw", [rest, beside], [False, True]).update([torch.tensor([3.0, 0.01])] * 2, 0.5)
    np.testing.assert_allclose(beside, [50 - 0.05, -50 - 0.05], rtol=1e-6)
    np.testing.assert_allclose(rest, [50 * (1 - 0.0005) - 0.5, -50 * (1 - 0.0005) - 0.5], rtol=1e-6)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("clip_by", ["norm", "value"])
def test_every_way_down_learns(optimizer, clip_by):
    rate = {"adam": 0.02, "sgd": 0.1}[optimizer]
    logs = logs_of(
        replace(CHEAP, skip="off", optimizer=optimizer, clip_by=clip_by, learning_rate=rate, epochs=8, batch=8),
        series_of(walk(150)),
    )
    assert logs[-1].train_loss < 0.97 * logs[0].train_loss
