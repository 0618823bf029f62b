"""darts' BlockRNNModel: all H steps at once.  `python -m tests.bench.peers.darts_block` in the peers' environment

What costs time without learning (progress bar, logger, checkpoints) is off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from darts import TimeSeries
from darts.models import BlockRNNModel

from tests.bench.peers.request import HIDDEN, HORIZON, LOOKBACK, Request, Trained, serve

QUIET = {
    "accelerator": "cpu", "enable_progress_bar": False, "logger": False, "enable_checkpointing": False,
    "enable_model_summary": False,
}  # fmt: skip


def train(request: Request) -> Trained:
    values = np.array(request.values[: request.trained])
    mean, spread = values.mean(), values.std()
    model = BlockRNNModel(
        LOOKBACK, HORIZON, model=request.cell.upper(), hidden_dim=HIDDEN, n_rnn_layers=1, batch_size=request.batch,
        n_epochs=request.updates, optimizer_kwargs={"lr": request.rate}, random_state=request.seed,
        pl_trainer_kwargs={"max_steps": request.updates, **QUIET},
    )  # fmt: skip

    def scaled(history: np.ndarray) -> TimeSeries:
        return TimeSeries.from_values(((history - mean) / spread).astype(np.float32))

    model.fit(scaled(values))

    def forecast(histories: Sequence[np.ndarray]) -> np.ndarray:
        answers = model.predict(HORIZON, [scaled(history[-LOOKBACK:]) for history in histories])
        return np.stack([answer.values()[:, 0] for answer in answers]) * spread + mean

    return Trained(request.updates * request.batch * HORIZON, forecast)


if __name__ == "__main__":
    serve(train)
