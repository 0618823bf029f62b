"""Unroll's own models, by the same requests.  `python -m tests.bench.peers.unroll`

An epoch of a series this short has 8 updates; whole epochs are trained, as many as reach the updates asked for, and none to
choose their number. The choice of lags and scale and the start of the skip connection are in the seconds: every fit has them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.models.registry import MODELS
from core.nets import training
from core.progress import Context
from core.series.timeseries import Panel
from core.stats.season import propose_season
from tests.bench.known import plain
from tests.bench.peers.request import HIDDEN, HORIZON, LOOKBACK, Request, Trained, serve


def train(request: Request) -> Trained:
    values = np.array(request.values[: request.trained])
    series = plain(values, season=propose_season(values, None).length)
    epochs = math.ceil(request.updates / training.FEWEST_UPDATES)
    model = MODELS[request.cell](
        hidden=HIDDEN, lookback=LOOKBACK, batch=request.batch, epochs=epochs, patience=0,
        skip="on" if request.linear else "off",
    )  # fmt: skip
    fitted = model.fit(Panel((series,)), HORIZON, Context(seed=request.seed))

    def forecast(histories: Sequence[np.ndarray]) -> np.ndarray:
        return np.stack([fitted.forecast(plain(history), HORIZON).point for history in histories])

    return Trained(epochs * training.FEWEST_UPDATES * request.batch * LOOKBACK * HORIZON, forecast)


if __name__ == "__main__":
    serve(train)
