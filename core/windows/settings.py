"""What a network is, how it reads a series and how it is trained: the fields of its form, and what follows from them.

The networks of `core.models` are put together from the small classes here, in the order of a form, and what is shown to a
network (here) and computed with it (`core.nets`) reads them as they are, once their open settings are closed.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.parameters import param

DIRECT, SYNCED = "many_to_many_direct", "many_to_many_synced"
STEPWISE = ("many_to_one", SYNCED)  # these say the next value, and a forecast is fed back step by step
TOPOLOGIES = (DIRECT, "many_to_one", SYNCED, "encoder_decoder")
DISTRIBUTIONS = ("quantile", "gaussian", "student_t")  # losses that say how uncertain a forecast is
AUTOMATIC = "automatic"
SHORTEST_LOOKBACK = 4
HELD_OUT = 0.25  # of a series while epochs are chosen, at least a horizon; a large panel holds out a horizon of each
UNSEGMENTED = 96  # steps of a window from which on the cell reads segments
READS = 24  # segments that a window then has, about


@dataclass(frozen=True)
class Settings:
    """What all networks have in common. The values below are those of a network that has no such field.

    They bear no annotation, with which they would undo the fields of the same names.

    cell      "rnn", "lstm", "gru", or "window": no cell, a feed-forward network that sees the window at once
    segment   steps of the series that the cell reads at once, as one step of its own
    k1, k2    steps of the cell between two updates, and those that gradients run back, where `bptt` is not "full"
    """

    cell = "window"
    topology = DIRECT
    bidirectional = False
    teacher_forcing = 0.0
    bptt = "full"
    k1 = None
    k2 = None
    segment = 1
    skip = "on"
    lags = None

    def ahead(self, horizon: int) -> int:
        """How many steps ahead one answer reaches."""
        return 1 if self.topology in STEPWISE else horizon

    @property
    def answers_at_every_step(self) -> bool:
        """Whether one pass over a window gives an answer at each of its steps, and not at its end alone."""
        return self.cell != "window" and not self.bidirectional and self.topology != "many_to_one"

    @property
    def reads(self) -> int:
        """Steps of the cell in a window."""
        return self.lookback // self.segment

    @property
    def reach(self) -> int:
        """Steps of the series that an answer at the window's end has seen: fewer where the state is reset in training."""
        return self.k2 * self.segment if self.bptt == "reset" and self.k2 else self.lookback


@dataclass(frozen=True)
class Reading(Settings):
    """How a network reads a series."""

    lookback: int | None = param(
        None, "Lookback", "How many past values the cell reads. Empty: two seasons, or four of 24 steps and more; from 24 to "
        "192 steps.",
        low=SHORTEST_LOOKBACK, high=2000, unit="steps",
    )  # fmt: skip
    seasonal_lag: str = param(
        AUTOMATIC, "Last season as an input", "At each step also shows how the last season went on from there. Automatic: "
        "where there are ten series and more to learn it from.", choices=(AUTOMATIC, "yes", "no"), advanced=True,
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
    """The linear skip connection of a network, and the scale that both work in."""

    skip: str = param(
        AUTOMATIC, "Skip connection", "A linear map from the last values straight to the forecast, trained together with the "
        "rest from where the model Linear is. Automatic: both ways are tried on held-out windows.",
        choices=(AUTOMATIC, "on", "off"),
    )  # fmt: skip
    lags: int | None = param(
        None, "Lags of the skip connection", "How many past values it reads. Empty: as many as Linear chooses.", low=1,
        high=2000, unit="steps", advanced=True, when=(("skip", (AUTOMATIC, "on")),),
    )  # fmt: skip
    start: str = param(
        AUTOMATIC, "Start of the skip connection", "Direct: weights fitted to each step ahead. Fed back: those fitted to the "
        "next value, worked out for all steps ahead. Automatic: as Linear chooses; direct with covariates or calendar "
        "inputs, and fed back where the network's forecast is.", choices=(AUTOMATIC, "direct", "fed_back"), advanced=True,
        when=(("skip", (AUTOMATIC, "on")),),
    )  # fmt: skip
    log: str = param(
        AUTOMATIC, "Logarithms", "Works in logarithms where all values of a series are positive: for growth in percent. "
        "Automatic: as Linear chooses.", choices=(AUTOMATIC, "yes", "no"), advanced=True,
    )  # fmt: skip
    mean: str = param(
        AUTOMATIC, "Returns to its mean", "Also reads how far the level is from the mean of all values so far. Automatic: as "
        "Linear chooses.", choices=(AUTOMATIC, "yes", "no"), advanced=True,
    )  # fmt: skip
    penalty: float | None = param(
        None, "Penalty of the start", "Pulls the weights that the skip connection starts from towards 0. Empty: as Linear "
        "chooses.", low=0.0, high=1e9, advanced=True, when=(("skip", (AUTOMATIC, "on")),),
    )  # fmt: skip


@dataclass(frozen=True)
class Training(Settings):
    """How a network is trained."""

    loss: str = param(
        "mae", "Loss", "What training makes small: absolute errors, squared ones, or Huber's, squared while they are small. "
        "Quantile, gaussian and student_t also learn how uncertain a forecast is, and give intervals of their own.",
        choices=("mae", "huber", "mse", *DISTRIBUTIONS),
    )  # fmt: skip
    learning_rate: float = param(
        0.004, "Learning rate", "Largest step of the optimiser; halved by itself when the loss is not finite.",
        low=1e-6, high=1e6,
    )  # fmt: skip
    epochs: int = param(
        60, "Epochs", "Passes over the training part, or 50 updates where that is less: at most so many, of which those that "
        "forecast best on held-out windows are kept; exactly so many where the patience is 0.", low=1, high=5000,
    )  # fmt: skip
    patience: int = param(
        12, "Patience", "Epochs without a better loss on held-out windows before their number is settled. 0: nothing is held "
        "out, and all epochs are trained.", low=0, high=5000, unit="epochs", advanced=True,
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
        "constant", "Schedule", "The learning rate over time: constant stays, while the weights are averaged; one_cycle rises "
        "and falls along a cosine.", choices=("constant", "one_cycle"), advanced=True,
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
        None, "Hidden units", "Size of the memory that is carried from step to step. Empty: 64, or 32 for a series of more "
        "than 50,000 points.",
        low=1, high=512,
    )  # fmt: skip
    segment: int | None = param(
        None, "Segment", "Steps of the series that the cell reads at once, as one step of its own: a long window takes fewer "
        "steps and is remembered better. Empty: 1, or a 24th of a lookback of 96 steps and more.", low=1, high=500,
        unit="steps", advanced=True, when=(("topology", (DIRECT, "encoder_decoder")),),
        otherwise="1: where a forecast is fed back, the cell reads value by value.",
    )  # fmt: skip
    layers: int = param(1, "Layers", "Cells stacked on each other.", low=1, high=4)
    topology: str = param(
        DIRECT, "Topology", "What is read and what is said: the next value, or all steps ahead at once, at the end of the "
        "window or at every step of it.", choices=TOPOLOGIES,
    )  # fmt: skip
    bidirectional: bool = param(
        False, "Bidirectional", "Reads the observed window from both ends. It says something at the window's end only, so it "
        "learns from one answer a window.", when=(("topology", (DIRECT, "many_to_one", "encoder_decoder")),),
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
        when=(("bidirectional", (False,)), ("topology", (DIRECT, *STEPWISE))),
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
