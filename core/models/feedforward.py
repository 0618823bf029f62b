"""The feed-forward network: the memoryless counterpart of the recurrent ones. Hyper-parameters only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.models.base import Look
from core.models.network import Network
from core.parameters import param
from core.windows.settings import Beside, Reading, Settings, Training


@dataclass(frozen=True)
class Layers(Settings):
    """What a feed-forward network is made of."""

    hidden: int | None = param(
        None, "Hidden units", "Units in each layer. Empty: 64, or 32 for a series of more than 50,000 points.", low=1, high=512,
    )  # fmt: skip
    layers: int = param(1, "Layers", "Layers between the window and the forecast.", low=1, high=4)
    dropout: float = param(0.0, "Dropout", "Share of units that is silenced while training.", low=0.0, high=0.9, step=0.05)
    activation: str = param(
        "relu", "Activation", "What bends the layers; without it they would be one linear map.",
        choices=("relu", "tanh", "sigmoid"), advanced=True,
    )  # fmt: skip


@dataclass(frozen=True)
class FeedForward(Beside, Training, Reading, Layers, Network):
    """ŷ(t+1 … t+H) = U φ(W [y(t−L+1) … y(t)] + b) + c, with up to four layers φ(W · + b).

    Source: Rumelhart, Hinton & Williams 1986, Nature 323.
    """

    name: ClassVar[str] = "feedforward"
    label: ClassVar[str] = "Feed-forward"
    family: ClassVar[str] = "feed-forward"
    look: ClassVar[Look] = Look("#521980", "#9b44e9")
    help: ClassVar[str] = (
        "Sees the whole window at once and carries nothing from one to the next: what it cannot do and a recurrent network "
        "can is what memory is worth."
    )
