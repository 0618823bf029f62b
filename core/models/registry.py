"""All models by name. Adding one is a file beside this and a line here: forms, store and contract tests follow."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from core.errors import ConfigError
from core.models.arima import ARIMA
from core.models.autoregression import AR
from core.models.base import Model
from core.models.bridge import Bridge
from core.models.exponential import ETS
from core.models.feedforward import FeedForward
from core.models.linear import Linear
from core.models.naive import Drift, Mean, Naive, SeasonalNaive
from core.models.recurrent import GRU, LSTM, RNN, EncoderDecoder
from core.models.theta import Theta
from core.parameters import parameters

MODELS: dict[str, type[Model]] = {
    model.name: model
    for model in (
        *(Naive, SeasonalNaive, Mean, Drift, AR, Linear, ARIMA, ETS, Theta),
        *(FeedForward, RNN, LSTM, GRU, EncoderDecoder, Bridge),
    )
}


def model_class(name: str) -> type[Model]:
    """The model called `name`.  Raises ConfigError."""
    if name not in MODELS:
        near = get_close_matches(name, MODELS, 1)
        raise ConfigError(
            f"there is no model {name!r}; {f'did you mean {near[0]}? ' if near else ''}choose from {', '.join(MODELS)}"
        )
    return MODELS[name]


def describe(models: Iterable[type[Model]] = MODELS.values()) -> list[dict]:
    """Every model with its parameters as plain JSON."""
    return [
        {
            "name": model.name,
            "label": model.label,
            "family": model.family,
            "scope": model.scope,
            "help": model.help,
            "parameters": [
                {
                    "name": one.name,
                    "label": one.label,
                    "help": one.help,
                    "default": one.default,
                    "unit": one.unit,
                    "low": one.low,
                    "high": one.high,
                    "step": one.step,
                    "choices": list(one.choices),
                }
                for one in parameters(model)
            ],
        }
        for model in models
    ]
