"""What a network is and how it is trained, with nothing left open."""

from __future__ import annotations

from dataclasses import dataclass

STEPWISE = ("many_to_one", "synced")  # these say the next value, and a forecast is fed back step by step


@dataclass(frozen=True)
class Settings:
    """The fields of the forms in `core.models`, all closed; what a network does not have stays at its default.

    cell      "rnn", "lstm", "gru", or "window": no cell, a feed-forward network that sees the window at once
    topology  "one_to_many", "many_to_one", "synced" or "encoder_decoder"
    bptt      "full", "detached" or "reset"; k1 steps between two updates, gradients through k2 steps
    """

    cell: str
    label: str
    hidden: int
    lookback: int
    skip: int = 0
    layers: int = 1
    topology: str = "one_to_many"
    bidirectional: bool = False
    activation: str = "tanh"
    dropout: float = 0.0
    teacher_forcing: float = 0.5
    bptt: str = "full"
    k1: int | None = None
    k2: int | None = None
    normalisation: str = "series"
    seasonal_lag: bool = False
    calendar: bool = False
    covariates: bool = True
    mask: bool = True
    loss: str = "huber"
    epochs: int = 60
    patience: int = 30
    learning_rate: float = 0.006
    schedule: str = "one_cycle"
    optimizer: str = "adamw"
    batch: int = 32
    clip: float = 1.0
    clip_by: str = "norm"
    precision: str = "single"

    def ahead(self, horizon: int) -> int:
        """How many steps ahead one answer reaches."""
        return 1 if self.topology in STEPWISE else horizon

    @property
    def answers_at_every_step(self) -> bool:
        """Whether one pass over a window gives an answer at each of its steps, and not at its end alone."""
        return self.cell != "window" and not self.bidirectional and self.topology != "many_to_one"

    @property
    def reach(self) -> int:
        """Steps of the window that an answer at its end has seen: fewer where the state is reset in training."""
        return self.k2 or self.lookback if self.bptt == "reset" else self.lookback

    @property
    def window(self) -> int | None:
        """How many of the last changes say how large changes are, None for those of the whole training slice."""
        return self.lookback if self.normalisation == "window" else None
