"""What a network is and how it is trained, with nothing left open."""

from __future__ import annotations

from dataclasses import dataclass

from core.nets.network import Network


@dataclass(frozen=True)
class Settings:
    """What a network is and how it is trained; the fields of `core.models.recurrent.Recurrent`, all closed."""

    cell: str
    label: str
    hidden: int
    layers: int
    lookback: int
    skip: int
    dropout: float
    learning_rate: float
    epochs: int
    patience: int
    batch: int
    clip: float
    activation: str

    def network(self, horizon: int) -> Network:
        """A new network, its random weights drawn from torch's current generator."""
        return Network(self.cell, self.activation, 2, self.hidden, self.layers, self.dropout, self.skip, horizon)
