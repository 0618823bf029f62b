"""What a network is, how it reads a series and how it is trained: the fields of its form, and what follows from them.

The networks of `core.models` are put together from the small classes here, in the order of a form, and what is shown to a
network (here) and computed with it (`core.nets`) reads them as they are, once their open settings are closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.parameters import param

STEPWISE = ("many_to_one", "synced")  # these say the next value, and a forecast is fed back step by step
TOPOLOGIES = ("one_to_many", "many_to_one", "synced", "encoder_decoder")
DISTRIBUTIONS = ("quantile", "gaussian", "student_t")  # losses that say how uncertain a forecast is
SHORTEST_LOOKBACK = 4


@dataclass(frozen=True)
class Settings:
    """What all networks have in common. The values below are those of a network that has no such field.

    They bear no annotation, with which they would undo the fields of the same names.

    cell      "rnn", "lstm", "gru", or "window": no cell, a feed-forward network that sees the window at once
    k1, k2    steps between two updates, and steps that gradients run back, where `bptt` is not "full"
    """

    cell = "window"
    topology = "one_to_many"
    bidirectional = False
    teacher_forcing = 0.0
    bptt = "full"
    k1 = None
    k2 = None
    skip = 0

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


@dataclass(frozen=True)
class Reading(Settings):
    """How a network reads a series."""

    lookback: int | None = param(
        None, "Lookback", "How many past values a forecast reads. Empty: two seasons and one, at least 24.",
        low=SHORTEST_LOOKBACK, high=2000, unit="steps",
    )  # fmt: skip
    normalisation: str = param(
        "series", "Normalisation", "Whose changes set the size of one: those of the whole training part, or of each window, "
        "which keeps pace when a series grows wilder.", choices=("series", "window"), advanced=True,
    )  # fmt: skip
    seasonal_lag: bool = param(
        False, "Last season as an input", "At each step also shows how the last season went on from there.", advanced=True,
        trait="season",
    )  # fmt: skip
    calendar: bool = param(
        False, "Calendar inputs", "Also shows the hour, the day of the week and the day of the year, where they vary.",
        advanced=True, trait="dates",
    )  # fmt: skip
    covariates: bool = param(
        True, "Use covariates", "Reads the other columns that came with the series, those known ahead also ahead.",
        advanced=True, trait="covariates",
    )  # fmt: skip
    mask: bool = param(
        True, "Mark filled gaps", "Where a series has gaps, tells the network which values were filled in.", advanced=True,
        trait="gaps",
    )  # fmt: skip


@dataclass(frozen=True)
class Beside(Settings):
    """The linear path beside a network."""

    skip: int | None = param(
        None, "Linear lags", "Past values with a direct linear path to the forecast, fitted before training; 0 for none. "
        "Empty: a season and one, or two where the series is long, at least 12.", low=0, high=2000, unit="steps", advanced=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Training(Settings):
    """How a network is trained."""

    loss: str = param(
        "huber", "Loss", "What training makes small. Huber: squared error that does not run after outliers. Quantile, gaussian "
        "and student_t also learn how uncertain a forecast is, and give intervals of their own.",
        choices=("huber", "mae", "mse", *DISTRIBUTIONS),
    )  # fmt: skip
    learning_rate: float = param(
        0.006, "Learning rate", "Largest step of the optimiser; halved by itself when the loss is not finite.",
        low=1e-6, high=1e6,
    )  # fmt: skip
    epochs: int = param(60, "Epochs", "Passes over the training part at most.", low=1, high=5000)
    patience: int = param(
        30, "Patience", "Epochs without a better validation loss before training stops.", low=1, high=5000, unit="epochs",
        advanced=True,
    )  # fmt: skip
    batch: int | None = param(
        None, "Batch", "Windows in one update. Empty: 32, or 128 where a window teaches only at its end.", low=1, high=1024,
        unit="windows", advanced=True,
    )  # fmt: skip
    optimizer: str = param(
        "adamw", "Optimiser", "Adam adapts the step of every weight, AdamW also shrinks weights a little; SGD, plain descent "
        "with momentum, wants a rate of its own.", choices=("adamw", "adam", "sgd"), advanced=True,
    )  # fmt: skip
    schedule: str = param(
        "one_cycle", "Schedule", "The learning rate over time: one_cycle rises and falls along a cosine, plateau is halved "
        "when validation stands still, constant stays.", choices=("one_cycle", "plateau", "constant"), advanced=True,
    )  # fmt: skip
    clip: float = param(
        1.0, "Gradient clip", "Largest gradient of an update; keeps one odd window from undoing the rest.", low=1e-3, high=1e3,
        advanced=True,
    )  # fmt: skip
    clip_by: str = param(
        "norm", "Clip by", "norm shortens the gradient and keeps its direction, value cuts each number by itself.",
        choices=("norm", "value"), advanced=True,
    )  # fmt: skip
    precision: str = param(
        "single", "Precision", "On a GPU mixed computes products in half as many digits; on a CPU it changes nothing.",
        choices=("single", "mixed"), advanced=True,
    )  # fmt: skip


@dataclass(frozen=True)
class Cells(Settings):
    """What a recurrent network is made of."""

    hidden: int | None = param(
        None, "Hidden units", "Size of the memory that is carried from step to step. Empty: 16 below 500 points, else 32.",
        low=1, high=512,
    )  # fmt: skip
    layers: int = param(1, "Layers", "Cells stacked on each other.", low=1, high=4)
    topology: str = param(
        "one_to_many", "Topology", "What is read and what is said: the next value, or all steps at once, at the end of the "
        "window or at every step of it.", choices=TOPOLOGIES,
    )  # fmt: skip
    bidirectional: bool = param(
        False, "Bidirectional", "Reads the observed window from both ends. It says something at the window's end only, so it "
        "learns from one answer a window.", when=(("topology", ("one_to_many", "many_to_one", "encoder_decoder")),),
        otherwise="Not in the synced topology: reading from the end, the network would see at each step the very value that it "
        "is to say there.",
    )  # fmt: skip
    dropout: float = param(0.0, "Dropout", "Share of the state that is silenced while training.", low=0.0, high=0.9, step=0.05)
    activation: str = param(
        "tanh", "Activation", "What bends the state. tanh is what the literature and the fast kernels have; with ReLU a state "
        "can grow without bound, with the logistic function it is never negative.", choices=("tanh", "relu", "sigmoid"),
        advanced=True,
    )  # fmt: skip
    teacher_forcing: float = param(
        0.5, "Teacher forcing", "Encoder-decoder only: share of updates in which the decoder is told the true last value and "
        "not its own.", low=0.0, high=1.0, step=0.1, advanced=True, when=(("topology", ("encoder_decoder",)),),
    )  # fmt: skip
    bptt: str = param(
        "full", "Back-propagation", "How far gradients run back in time: full, through the whole window; detached, through the "
        "last k2 steps while the state is carried on; reset, and the state is forgotten too.",
        choices=("full", "detached", "reset"), advanced=True,
        when=(("bidirectional", (False,)), ("topology", ("one_to_many", "many_to_one", "synced"))),
        otherwise="Full: a bidirectional or an encoder-decoder network reads its window as one piece.",
    )  # fmt: skip
    k1: int | None = param(
        None, "k1", "Truncated back-propagation: steps between two updates. Empty: a quarter of the lookback.", low=1,
        high=2000, unit="steps", advanced=True, when=(("bptt", ("detached", "reset")),),
    )  # fmt: skip
    k2: int | None = param(
        None, "k2", "Truncated back-propagation: steps that a gradient runs back, a multiple of k1. Empty: k1.", low=1,
        high=2000, unit="steps", advanced=True, when=(("bptt", ("detached", "reset")),),
    )  # fmt: skip
