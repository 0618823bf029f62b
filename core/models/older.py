"""What a stored run of an earlier version asked of a model, in the settings of today: it shows them, and can be run again."""

from __future__ import annotations

from collections.abc import Mapping

from core.models.registry import MODELS
from core.parameters import Value, parameters
from core.windows.settings import AUTOMATIC, DIRECT, SYNCED

TOPOLOGIES = {"one_to_many": DIRECT, "synced": SYNCED}
SCHEDULES = {"plateau": "constant"}  # which averages the weights instead of halving the rate


def translated(name: str, config: Mapping[str, Value]) -> dict[str, Value]:
    """The settings of a stored model; those of today stay as they are, and what it no longer has is left out.

    A linear path of so many lags, 0 for none and None for as many as suit the series, is a skip connection.
    """
    if name not in MODELS:  # a combination, or a model that was taken out
        return dict(config)
    found = dict(config)
    if "skip" in found and not isinstance(found["skip"], str):
        lags = found["skip"]
        found |= {"skip": AUTOMATIC} if lags is None else {"skip": "on", "lags": lags} if lags else {"skip": "off"}
    for setting in ("seasonal_lag", "seasonal"):
        if isinstance(found.get(setting), bool):
            found[setting] = "yes" if found[setting] else "no"
    for setting, names in (("topology", TOPOLOGIES), ("schedule", SCHEDULES)):
        if setting in found:
            found[setting] = names.get(found[setting], found[setting])
    known = {one.name for one in parameters(MODELS[name])}
    return {setting: value for setting, value in found.items() if setting in known}
