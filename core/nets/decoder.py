"""The second half of an encoder-decoder: a cell that starts from what the encoder knows and says one step ahead after another.

At each step it is given the value that came before. In training that may be the true one (teacher forcing, Williams & Zipser
1989, Neural Computation 1(2)); in a forecast it is always the network's own answer.
Source: Cho et al. 2014, arXiv:1406.1078; Sutskever et al. 2014, arXiv:1409.3215; answers from every step of the encoder: Wen et
al. 2017, arXiv:1711.11053 (forking sequences).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core.nets.cells import Carried, make_cell
from core.windows.settings import Settings


class Decoder(nn.Module):
    """states (N, D) of an encoder -> what the head reads at each of H steps ahead, (N, H, D)."""

    def __init__(self, settings: Settings, width: int, known: int) -> None:
        super().__init__()
        self.parts = 2 if settings.cell == "lstm" else 1
        self.hidden = settings.hidden
        self.first = nn.Linear(width, settings.hidden * self.parts)
        self.cell = make_cell(settings.cell, settings.activation, 2 + known, settings.hidden, 1, 0.0)

    def forward(self, states: Tensor, base: Tensor, known: Tensor, truth: Tensor | None, head: nn.Module) -> Tensor:
        """Answers (N, H, K), base already added.

        base (N, H) what the skip connection says, known (N, H, E) what is known of each step beforehand, truth (N, H) the
        targets, or None for a decoder that hears itself; head (…, D) -> (…, K).
        """
        carried = self._started(states)
        if truth is not None:
            before = torch.cat([torch.zeros_like(base[:, :1]), truth[:, :-1]], 1)
            seen, _ = self.cell(torch.cat([torch.stack([before, base], 2), known], 2), carried)
            return located(head(seen), base)
        answers, before = [], torch.zeros_like(base[:, 0])
        for step in range(base.shape[1]):
            entering = torch.cat([torch.stack([before, base[:, step]], 1), known[:, step]], 1)
            seen, carried = self.cell(entering[:, None], carried)
            answers.append(located(head(seen[:, 0]), base[:, step]))
            before = answers[-1][:, 0]
        return torch.stack(answers, 1)

    def _started(self, states: Tensor) -> Carried:
        parts = torch.tanh(self.first(states))[None].chunk(self.parts, -1)  # each (1, N, D)
        return tuple(part.contiguous() for part in parts) if self.parts > 1 else parts[0]


def located(answers: Tensor, base: Tensor) -> Tensor:
    """answers (..., K) with base (...) added to where they lie."""
    if answers.shape[-1] == 1:
        return answers + base[..., None]
    return torch.cat([answers[..., :1] + base[..., None], answers[..., 1:]], -1)
