"""Recurrent networks: RNN, LSTM, GRU, and the encoder-decoder made of them. Hyper-parameters only.

All read a window of the series step by step. What they say, and when, is their topology:

    many_to_many_direct  last state -> all H steps. While training, every step is taken as the end of a window: one pass gives
                         as many examples as the window has steps, and no step sees what comes after it
    many_to_one          window -> next value, learned at the window's end alone; H steps by feeding forecasts back
    many_to_many_synced  next value at every step of the window; H steps by feeding forecasts back, the state carried on
    encoder_decoder      one cell reads the window, another starts from what it knows and says one step after another
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from core.errors import ConfigError
from core.models.base import Look
from core.models.network import Network
from core.parameters import param
from core.windows.settings import DIRECT, SYNCED, Beside, Cells, Reading, Training


@dataclass(frozen=True)
class Recurrence(Training, Reading, Cells, Network):
    """A recurrent network with all that belongs to it, whatever stands beside."""

    family: ClassVar[str] = "recurrent"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bidirectional and self.topology == SYNCED:
            raise ConfigError(
                f"{self.label} cannot be bidirectional in the synced topology: reading from the end, it would see at each step "
                f"the very value that it is to say there; choose {DIRECT}, many_to_one or encoder_decoder"
            )
        if self.bptt != "full" and (self.bidirectional or self.topology == "encoder_decoder"):
            what = "bidirectional" if self.bidirectional else "an encoder-decoder"
            raise ConfigError(
                f"{self.name}.bptt is {self.bptt!r}, and {what} network reads its window as one piece; choose full, or another "
                "topology that reads onward only"
            )

    def resolved(self, length: int, horizon: int, season: int) -> Self:
        closed = super().resolved(length, horizon, season)
        if self.bptt == "full":  # one piece
            return replace(closed, k1=closed.reads, k2=closed.reads)
        k1 = self.k1 or max(1, closed.reads // 4)
        k2 = self.k2 or k1
        if k2 % k1 or k2 > closed.reads:
            raise ConfigError(
                f"{self.name}.k2 is {k2} and k1 {k1}; choose for k2 a multiple of k1 that is at most the lookback, "
                f"{closed.reads} steps of the cell"
            )
        return replace(closed, k1=k1, k2=k2)


@dataclass(frozen=True)
class Recurrent(Beside, Recurrence):
    """What the three cells share."""


@dataclass(frozen=True)
class RNN(Recurrent):
    """h(t) = tanh(W x(t) + R h(t−1) + b).  Source: Elman 1990, Cognitive Science 14(2)."""

    name: ClassVar[str] = "rnn"
    cell: ClassVar[str] = "rnn"
    look: ClassVar[Look] = Look("#90146b", "#f6acd5")
    label: ClassVar[str] = "RNN"
    help: ClassVar[str] = "The plain recurrent network: one state, overwritten at every step, so its memory fades fast."


@dataclass(frozen=True)
class LSTM(Recurrent):
    """Forget, input and output gates around a cell state that is added to, not overwritten.

    Source: Hochreiter & Schmidhuber 1997, Neural Computation 9(8); Gers et al. 2000 (forget gate).
    """

    name: ClassVar[str] = "lstm"
    cell: ClassVar[str] = "lstm"
    is_best_guess: ClassVar[bool] = True  # of the two gated cells the one that has a fused kernel on every processor
    look: ClassVar[Look] = Look("#d55e00", "#ff8b3d")
    label: ClassVar[str] = "LSTM"
    help: ClassVar[str] = "Gates decide what its cell keeps, adds and shows, so that it can remember over many steps."


@dataclass(frozen=True)
class GRU(Recurrent):
    """An update and a reset gate around one state.  Source: Cho et al. 2014, arXiv:1406.1078."""

    name: ClassVar[str] = "gru"
    cell: ClassVar[str] = "gru"
    look: ClassVar[Look] = Look("#61470f", "#eed983")
    label: ClassVar[str] = "GRU"
    help: ClassVar[str] = "Like the LSTM with two gates and no separate cell: fewer weights, often as good."


@dataclass(frozen=True)
class EncoderDecoder(Recurrent):
    """h = encoder(y(t−L+1) … y(t));  d(0) = tanh(V h), d(k) = decoder(ŷ(t+k−1), d(k−1)), ŷ(t+k) = U d(k).

    Source: Cho et al. 2014, arXiv:1406.1078; Sutskever, Vinyals & Le 2014, arXiv:1409.3215.
    """

    name: ClassVar[str] = "encoder_decoder"
    label: ClassVar[str] = "Encoder-decoder"
    look: ClassVar[Look] = Look("#8b3a48", "#d3416c")
    help: ClassVar[str] = (
        "One cell reads the window into a state, a second one spells the forecast out from it, step by step: a GRU, LSTM or "
        "RNN in that topology."
    )

    topology: str = param("encoder_decoder", "Topology", "What is read and what is said.", choices=("encoder_decoder",))
    cell: str = param("gru", "Cell", "What encoder and decoder are made of.", choices=("gru", "lstm", "rnn"))
