"""statsforecast's AutoARIMA, AutoETS and AutoTheta: series of a JSON file on standard input, forecasts on standard output."""

from __future__ import annotations

import json
import sys

import numpy as np
from statsforecast.models import AutoARIMA, AutoETS, AutoTheta

MODELS = {"arima": AutoARIMA, "ets": AutoETS, "theta": AutoTheta}


def main() -> None:
    """{"models": [name, …], "series": [[values, season, horizon], …]} gives a list of forecasts for each model."""
    asked = json.load(sys.stdin)
    found = []
    for name in asked["models"]:
        points = []
        for values, season, horizon in asked["series"]:
            forecast = MODELS[name](season_length=season).forecast(y=np.array(values), h=horizon)["mean"]
            points.append([float(value) for value in forecast])
        found.append(points)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
