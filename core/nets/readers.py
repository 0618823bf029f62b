"""How a network reads: what it makes of inputs (B, L, C), at every step or at the window's end.

A reader has a `width` D, and is called with the inputs and the state that a former reading left, None at first; it gives
states (B, P, D) and what is carried on. P = L where every step has a state that has seen nothing after it, P = 1 where only the
end has.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from core.nets.cells import ACTIVATIONS, Carried, TwoWay, make_cell
from core.windows.settings import Settings


def make_reader(settings: Settings, channels: int) -> nn.Module:
    """The reader that the settings ask for."""
    if settings.cell == "window":
        return WindowReader(settings, channels)
    return TwoWayReader(settings, channels) if settings.bidirectional else CellReader(settings, channels)


class CellReader(nn.Module):
    """A recurrent cell that reads onward."""

    def __init__(self, settings: Settings, channels: int) -> None:
        super().__init__()
        self.width, self.is_end_only = settings.hidden, not settings.answers_at_every_step
        self.cell = make_cell(settings.cell, settings.activation, channels, settings.hidden, settings.layers, settings.dropout)

    def forward(self, inputs: Tensor, carried: Carried | None = None) -> tuple[Tensor, Carried]:
        states, carried = self.cell(inputs) if carried is None else self.cell(inputs, carried)
        return (states[:, -1:] if self.is_end_only else states), carried


class TwoWayReader(nn.Module):
    """A recurrent cell that reads the window from both ends, and answers at its end."""

    def __init__(self, settings: Settings, channels: int) -> None:
        super().__init__()
        self.width = 2 * settings.hidden
        self.cell = TwoWay(settings.cell, settings.activation, channels, settings.hidden, settings.layers, settings.dropout)

    def forward(self, inputs: Tensor, carried: None = None) -> tuple[Tensor, None]:
        return self.cell(inputs)[:, None], carried


class WindowReader(nn.Module):
    """A feed-forward network that sees all steps of the window at once: no memory, no order but the places of its weights."""

    def __init__(self, settings: Settings, channels: int) -> None:
        super().__init__()
        self.width = settings.hidden
        widths = [settings.lookback * channels, *[settings.hidden] * settings.layers]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        self.dropout = nn.Dropout(settings.dropout if settings.layers > 1 else 0.0)
        self.activation = ACTIVATIONS[settings.activation]

    def forward(self, inputs: Tensor, carried: None = None) -> tuple[Tensor, None]:
        seen = inputs.flatten(1)
        for number, layer in enumerate(self.layers):
            seen = self.activation(layer(self.dropout(seen) if number else seen))
        return seen[:, None], carried
