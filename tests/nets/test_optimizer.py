"""Adam against torch's own, the learning rate's path at its corners, and clipping by hand."""

import numpy as np
import pytest
import torch

from core.nets.optimizer import Adam, clip, one_cycle


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.01, 0.3])
def test_adam_is_torchs_adamw(fused, decay):
    generator = torch.Generator().manual_seed(2)
    start = [torch.randn(3, 5, generator=generator), torch.randn(7, generator=generator)]
    ours, theirs = ([one.clone().requires_grad_() for one in start] for _ in range(2))
    adam = Adam(ours, decay)
    oracle = torch.optim.AdamW(theirs, betas=(0.9, 0.99), eps=1e-8, weight_decay=decay, fused=fused)
    for step in range(20):
        rate = 0.03 / (1 + step)
        gradients = [torch.randn(one.shape, generator=generator) * 10 ** (step % 4 - 2) for one in start]
        wide = [torch.stack([one, one], -1)[..., 0] for one in gradients]  # with gaps in memory, as a view has them
        adam.update(wide if step % 2 else [one.clone() for one in gradients], rate)
        oracle.param_groups[0]["lr"] = rate
        for parameter, gradient in zip(theirs, gradients, strict=True):
            parameter.grad = gradient.clone()
        oracle.step()
    for mine, other, before in zip(ours, theirs, start, strict=True):
        assert not torch.allclose(mine, before, atol=0.01)
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


def test_the_learning_rate_rises_from_a_hundredth_and_falls_back_to_it():
    assert one_cycle(0.0, 0.5) == pytest.approx(0.005)
    assert one_cycle(0.05, 0.5) == pytest.approx(0.2525)  # half of the rise: 0.5 · (0.01 + 0.99 / 2)
    assert one_cycle(0.1, 0.5) == pytest.approx(0.5)
    assert one_cycle(0.55, 0.5) == pytest.approx(0.2525)  # half of the fall: cos(π/2) = 0
    assert one_cycle(1.0, 0.5) == pytest.approx(0.005)


def test_the_learning_rate_has_no_jump_and_one_top():
    rates = np.array([one_cycle(share, 2.0, rise=0.3) for share in np.linspace(0, 1, 1001)])
    assert np.abs(np.diff(rates)).max() < 0.01
    assert rates.argmax() == 300
    assert (np.diff(rates[:301]) > 0).all()
    assert (np.diff(rates[300:]) < 0).all()


def test_clipping_scales_all_gradients_together():
    gradients = [torch.tensor([[3.0, -4.0]]), torch.tensor([12.0])]  # √(9 + 16 + 144) = 13
    assert clip(gradients, 6.5) == (pytest.approx(13.0), True)
    torch.testing.assert_close(gradients, [torch.tensor([[1.5, -2.0]]), torch.tensor([6.0])])


def test_a_small_gradient_is_left_alone():
    gradients = [torch.tensor([3.0, -4.0])]
    assert clip(gradients, 5.5) == (pytest.approx(5.0), False)
    assert gradients[0].tolist() == [3.0, -4.0]
