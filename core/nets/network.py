"""The module: a reader, a head that says what comes next, and a linear skip connection beside them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from core.nets.cells import Carried
from core.nets.decoder import Decoder, located
from core.nets.losses import LOSSES
from core.nets.readers import make_reader
from core.windows.settings import Settings

FORKS = 8  # steps of a window from which a decoder sets out in one update: each costs H steps of its own


class Network(nn.Module):
    """inputs (B, K, C), linear (B, P, F) -> answers (B, P, H, Q), in units of `unit`, at P = K steps or at the end alone.

    An answer at a step has seen everything of the window up to that step and nothing after it, except where the window is
    read from both ends, and then there is only the answer at its end.
    """

    def __init__(self, settings: Settings, channels: int, width: int, horizon: int, known: int = 0) -> None:
        """width: F, 0 for no skip connection.  known: how many of the last channels tell of each of the H steps ahead."""
        super().__init__()
        loss = LOSSES[settings.loss]
        self.ahead, self.outputs, self.known = horizon, loss.outputs, known
        self.reader = make_reader(settings, channels * settings.segment)
        self.dropout = nn.Dropout(settings.dropout)
        self.skip = nn.Linear(width, horizon) if width else None
        if settings.topology == "encoder_decoder":
            self.decoder = Decoder(settings, self.reader.width, known // horizon)
            self.head = nn.Linear(settings.hidden, loss.outputs)
        else:
            self.decoder = None
            self.head = nn.Linear(self.reader.width, horizon * loss.outputs)
        self.register_buffer("unit", torch.ones(horizon))
        with torch.no_grad():  # training starts at what the skip connection says, with errors of size one
            self.head.weight.zero_()
            self.head.bias.copy_(loss.start().repeat(len(self.head.bias) // loss.outputs))

    def start_from(self, weights: np.ndarray, bias: np.ndarray, unit: np.ndarray) -> None:
        """Set the unit (H,) of answers, and what the skip connection says at first: weights (H, F), bias (H,)."""
        with torch.no_grad():
            self.unit.copy_(torch.from_numpy(unit))
            if self.skip is not None:
                self.skip.weight.copy_(torch.from_numpy(weights / unit[:, None]))
                self.skip.bias.copy_(torch.from_numpy(bias / unit))

    def forward(
        self, inputs: Tensor, linear: Tensor | None, carried: Carried | None = None, *,
        at: Tensor | None = None, truth: Tensor | None = None,
    ) -> tuple[Tensor, Carried | None]:  # fmt: skip
        """The answers, and the state that is carried on.

        at     (P,) the steps to answer at, where not at all of them: linear and truth are of those
        truth  (B, P, H) the targets that a decoder is told, None where it hears itself
        """
        states, carried = self.reader(inputs, carried)
        if at is not None:
            states = states[:, at]
        shape = (*states.shape[:2], self.ahead)
        base = states.new_zeros(shape) if self.skip is None else self.skip(linear)  # (B, P, H)
        if self.decoder is None:
            answers = self.head(self.dropout(states)).view(*shape, self.outputs)
            return located(answers, base), carried
        told = inputs[:, -states.shape[1] :] if at is None else inputs[:, at]
        known = told[..., told.shape[-1] - self.known :].reshape(base[..., 0].numel(), self.ahead, -1)
        answers = self.decoder(
            self.dropout(states).flatten(0, 1), base.flatten(0, 1), known, None if truth is None else truth.flatten(0, 1),
            self.head,
        )  # fmt: skip
        return answers.view(*base.shape, self.outputs), carried
