"""The work that a task's settings ask for: in seconds on the machine on which the constants were measured, and in bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from core.evaluation.spec import RunSpec
from core.models.arima import is_usable
from core.models.spec import ModelSpec
from core.parameters import Value

MIB = 1 << 20
UPDATE = {"rnn": 0.0021, "lstm": 0.0023, "gru": 0.0031, "window": 0.0012}  # seconds of an update without its arithmetic
STEP = {"rnn": 1.8e-7, "lstm": 5e-7, "gru": 6e-7, "window": 2e-8}  # seconds for a step of a window in a batch, at 16 units
WRITTEN_OUT = {"rnn": 0.004, "lstm": 0.010, "gru": 0.011, "window": 0.0012}  # where no fused cell has the activation
DECODED = 0.00026  # seconds of an update for each step that a decoder spells out
QUANTILES = 0.003  # seconds of an update for the quantile loss
FIT = 0.05  # seconds of a fit without its epochs
FORECAST = 0.001  # seconds of one forecast from one origin
FED_BACK = {"many_to_one": 0.0006, "synced": 0.0005, "encoder_decoder": 0.0002}  # seconds for each step ahead of it
PATHS = 8  # times as long where paths are drawn for intervals
CLASSICAL = {  # seconds of a fit, and of a forecast from one origin, at 1,000 values; from how many values on they grow no more
    "ets": (0.45, 0.035, 5_000),
    "theta": (0.05, 0.0006, 100_000),
}
ARIMA_VALUES, ARIMA_TRIES = 1_000, 25  # values that an ARIMA is fitted to, and orders that a search tries, at most
BOTTOM = 0.07  # seconds of a task whatever it does
LIKELY = 0.25  # where the best epoch lies, as a share of all of them
LEAST_MEMORY = 64 * MIB


def work(spec: RunSpec, model: ModelSpec, points: int, series: int) -> float:
    """Seconds of a task on a panel of so many series with so many points together."""
    origins = (spec.origins or 0) + 19 if spec.origins else 0
    fits = (origins if spec.refit else min(origins, 1)) + 1
    if "learning_rate" in model.config:
        shape = _shape(model)
        forecasts = series * (origins + 1) * _forecast(shape, spec.horizon)
        return BOTTOM + spec.seeds * (forecasts + fits * (FIT + _training(shape, spec.horizon, points)))
    forecasts, length = series * (origins + 1) * FORECAST, points / series
    if model.name == "ar":
        return BOTTOM + forecasts + fits * series * 0.04 * (1 + min(length, 10_000) / 4_000)
    if model.name == "arima":
        fit, forecast = _arima(model, spec.season or 1, length)
        return BOTTOM + series * (fits * fit + (origins + 1) * forecast)
    if model.name in CLASSICAL:
        fit, forecast, longest = CLASSICAL[model.name]
        share = min(length, longest) / 1_000
        return BOTTOM + fits * series * fit * (0.2 + share) + series * (origins + 1) * forecast * (0.2 + share)
    return BOTTOM + forecasts


def _arima(model: ModelSpec, season: int, length: float) -> tuple[float, float]:
    """Seconds of a fit and of a forecast. A search tries orders of any size: its seconds are known within a factor of two."""
    share, steps = min(length, ARIMA_VALUES) / 1_000, season if is_usable(season) else 1
    each = 0.03 + 0.05 * share if steps == 1 else 0.08 + (1 + steps / 24) * share**1.5
    is_open = any(model.config[name] is None for name in ("p", "d", "q"))
    tries = min(int(model.config["tries"]), ARIMA_TRIES) if is_open else 0.3
    return tries * each, 0.006 + 0.006 * share + (0.0 if steps == 1 else 0.01 * steps * share)


def memory(spec: RunSpec, model: ModelSpec, points: int) -> int:
    """Bytes of a task beyond what the libraries take: the features of all points, and the activations of one batch."""
    if "learning_rate" not in model.config:
        return LEAST_MEMORY + 8 * 80 * min(points, 1_000_000)
    shape = _shape(model)
    lookback, hidden = int(shape["lookback"]), int(shape["hidden"])
    rows = points * 4 * (int(shape["skip"] or 0) + 2 * spec.horizon + 4) * 4
    width = hidden * int(shape["layers"]) * (2 if shape["bidirectional"] else 1)
    forks = 8 * spec.horizon if shape["topology"] == "encoder_decoder" else 0
    batch = int(shape["batch"]) * (lookback + forks) * width * 4 * 20
    window = 256 * (lookback + (spec.horizon if forks else 0)) * width * 4 * 6
    return LEAST_MEMORY + rows + batch + window


def _shape(model: ModelSpec) -> dict[str, Value]:
    """The settings of a network that its cost depends on, all closed."""
    config = {
        "topology": "one_to_many", "bidirectional": False, "bptt": "full", "skip": 12, "activation": "tanh", "layers": 1,
    } | model.config  # fmt: skip
    network = model.build()
    is_end_only = not network.answers_at_every_step
    return config | {
        "cell": network.cell,
        "is_end_only": is_end_only,
        "lookback": config["lookback"] or 24,
        "hidden": config["hidden"] or 32,
        "batch": config["batch"] or (128 if is_end_only else 32),
    }


def _training(shape: Mapping[str, Value], horizon: int, points: int) -> float:
    """Seconds of all epochs of one fit: updates, and the steps of their windows."""
    cell, lookback, hidden = str(shape["cell"]), int(shape["lookback"]), int(shape["hidden"])
    windows = max(1, int(0.85 * points) // (1 if shape["is_end_only"] else lookback))
    batch = min(int(shape["batch"]), max(4, windows))
    epochs, patience = int(shape["epochs"]), int(shape["patience"])
    expected = max(1, round(min(epochs, patience + LIKELY * epochs)))  # patience ends most trainings early
    updates = expected * max(8, math.ceil(windows / batch))
    ways = 2 if shape["bidirectional"] else 1
    size = max(1.0, hidden / 16) * max(1.0, hidden / 64)
    layers = int(shape["layers"])
    is_fused = cell == "window" or shape["activation"] == "tanh" or (cell == "rnn" and shape["activation"] == "relu")
    update = (UPDATE if is_fused else WRITTEN_OUT)[cell] * ways * (1 + 0.6 * (layers - 1))
    pace = 1.0 if cell in ("lstm", "window") and is_fused else (1 + lookback / 24) / 2
    pieces = 1 if shape["bptt"] == "full" else lookback / int(shape.get("k1") or max(1, lookback // 4))
    seconds = update * pace * (1 + 0.25 * (pieces - 1)) + STEP[cell] * size * ways * layers * batch * lookback
    if shape["topology"] == "encoder_decoder":
        seconds += DECODED * horizon * (1.4 if cell == "gru" else 1.0) * max(1.0, hidden / 32)
    return updates * (seconds + (QUANTILES if shape["loss"] == "quantile" else 0.0))


def _forecast(shape: Mapping[str, Value], horizon: int) -> float:
    """Seconds of one forecast."""
    fed_back = FED_BACK.get(str(shape["topology"]), 0.0) * horizon
    is_drawn = shape["loss"] in ("quantile", "gaussian", "student_t") and shape["topology"] in ("many_to_one", "synced")
    return FORECAST + fed_back * (PATHS if is_drawn else 1)
