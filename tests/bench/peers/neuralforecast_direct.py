"""neuralforecast's RNN, LSTM and GRU, all H steps at once as is their default; the decoder is one linear layer.

    python -m tests.bench.peers.neuralforecast_direct       in the peers' environment

Windows are scaled as it does by itself; what costs time without learning (progress bar, logger, checkpoints) is off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from neuralforecast import NeuralForecast
from neuralforecast.losses.pytorch import MSE
from neuralforecast.models import GRU, LSTM, RNN

from tests.bench.peers.request import HIDDEN, HORIZON, LOOKBACK, Request, Trained, serve

CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
QUIET = {"enable_progress_bar": False, "logger": False, "enable_checkpointing": False, "enable_model_summary": False}


def train(request: Request) -> Trained:
    model = CELLS[request.cell](
        HORIZON, LOOKBACK, encoder_n_layers=1, encoder_hidden_size=HIDDEN, decoder_layers=1, loss=MSE(),
        max_steps=request.updates, windows_batch_size=request.batch, learning_rate=request.rate, random_seed=request.seed,
        accelerator="cpu", **QUIET,
    )  # fmt: skip
    forecaster = NeuralForecast([model], freq=1)
    forecaster.fit(_long([np.array(request.values[: request.trained])]))

    def forecast(histories: Sequence[np.ndarray]) -> np.ndarray:
        answers = forecaster.predict(_long([history[-LOOKBACK:] for history in histories]))
        return answers.sort_values(["unique_id", "ds"]).iloc[:, -1].to_numpy().reshape(len(histories), HORIZON)

    return Trained(request.updates * request.batch * HORIZON, forecast)


def _long(histories: Sequence[np.ndarray]) -> pd.DataFrame:
    """Each history a series of its own, so that one call forecasts from all of them."""
    parts = [pd.DataFrame({"unique_id": n, "ds": np.arange(len(one)), "y": one}) for n, one in enumerate(histories)]
    return pd.concat(parts, ignore_index=True)


if __name__ == "__main__":
    serve(train)
