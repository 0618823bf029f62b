"""Results of tasks as bytes, and back without loss; the arrays of the final fits are set aside, because few readers want them.

A metric that is not a finite number is never written: it becomes absent, with that reason.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple

import numpy as np

from core.codec import Encoded, decode, decode_arrays, encode
from core.evaluation.backtest import Backtest
from core.evaluation.certificate import Certificate
from core.evaluation.results import LogEntry, SeriesResult, TaskResult
from core.evaluation.scores import Scores
from core.models.spec import ModelSpec
from core.progress import EpochLog
from core.series.codec import index_fields, index_of
from core.series.forecast import Forecast

FITS = ("backtest", "final", "selection")
PAST = ("origins", "actual", "point", "quantiles", "observed")  # of a backtest: arrays that every one has
MAYBE = ("own", "held_out")  # arrays that the result of a series may lack
UNLEARNED = (  # of a result with "is_learned": false, which an earlier version wrote where a linear path had forecast
    "made by an earlier version of Unroll: no epoch was kept in the backtest, and these are forecasts of the linear path, "
    "not of the network"
)
Arrays = Mapping[str, np.ndarray]


def encode_result(result: TaskResult) -> Encoded:
    """A task's result: what is short and read often in the summary, all arrays and the log in the array part."""
    arrays: dict[str, np.ndarray] = {}
    series = [_series_fields(one, f"series/{number}/", arrays) for number, one in enumerate(result.series)]
    if result.log:
        arrays["log"] = np.array([astuple(one.epoch) for one in result.log], dtype=np.float64)  # (E, 7), may hold NaN
        arrays["log.of"] = np.array([(one.seed, FITS.index(one.fit)) for one in result.log], dtype=np.int64)  # (E, 2)
    plain = {name: getattr(result, name) for name in ("state", "seconds", "error", "parameters")}
    scores = {"scores": scores_fields(result.scores), "seed_scores": [scores_fields(one) for one in result.seed_scores]}
    plain |= {"notes": list(result.notes), "absent": dict(result.absent), "model": asdict(result.model)}
    plain["certificate"] = result.certificate and asdict(result.certificate)
    return encode({**plain, "series": series, **scores}, arrays, result.arrays)


def decode_result(encoded: Encoded) -> TaskResult:
    """The result that `encode_result` was given; it has no arrays of its fits where the bytes have nothing aside.

    Raises DamagedError.
    """
    found, arrays = decode(encoded)
    return TaskResult(
        model=ModelSpec.of_json(found["model"]),
        **{name: found[name] for name in ("state", "seconds", "error", "parameters")},
        series=tuple(_series_result(one, f"series/{number}/", arrays) for number, one in enumerate(found["series"])),
        notes=(*([UNLEARNED] if found.get("is_learned") is False else []), *found["notes"]),
        absent=found.get("absent", {}),  # before series could be absent there were none
        scores=scores_of(found["scores"]),
        seed_scores=tuple(scores_of(one) for one in found["seed_scores"]),
        log=_log(arrays),
        arrays=decode_arrays(encoded.aside),
        certificate=Certificate(**found["certificate"]) if found.get("certificate") else None,
    )


def _series_fields(one: SeriesResult, prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, object]:
    """The short part of one series' result; its arrays go to `arrays`, under names that begin with `prefix`."""
    forecast, past = one.forecast, one.backtest
    arrays |= {f"{prefix}point": forecast.point, f"{prefix}quantiles": forecast.quantiles}
    if past is not None:
        names = [name for name in (*PAST, "own") if getattr(past, name) is not None]
        arrays |= {f"{prefix}backtest/{name}": getattr(past, name) for name in names}
    arrays |= {f"{prefix}{name}": getattr(one, name) for name in MAYBE if getattr(one, name) is not None}
    return {
        "id": one.series_id,
        "length": one.length,
        "forecast": [forecast.series_id, forecast.label, index_fields(forecast.index), list(forecast.levels)],
        "backtest": None if past is None else list(past.levels),
        "scores": scores_fields(one.scores),
        "seed_scores": [scores_fields(scores) for scores in one.seed_scores],
    }


def _series_result(found: Mapping, prefix: str, arrays: Arrays) -> SeriesResult:
    series_id, label, index, levels = found["forecast"]
    point, quantiles = arrays[f"{prefix}point"], arrays[f"{prefix}quantiles"]
    return SeriesResult(
        series_id=found["id"],
        forecast=Forecast(series_id, label, index_of(index), point, tuple(levels), quantiles),
        backtest=_backtest(found["backtest"], f"{prefix}backtest/", arrays),
        scores=scores_of(found["scores"]),
        seed_scores=tuple(scores_of(one) for one in found["seed_scores"]),
        **{name: arrays.get(f"{prefix}{name}") for name in MAYBE},
        length=found.get("length"),
    )


def _backtest(levels: Sequence[float] | None, prefix: str, arrays: Arrays) -> Backtest | None:
    if levels is None:
        return None
    return Backtest(levels=tuple(levels), own=arrays.get(f"{prefix}own"), **{name: arrays[prefix + name] for name in PAST})


def scores_fields(scores: Scores | None) -> dict[str, object] | None:
    """Scores as plain JSON without NaN."""
    if scores is None:
        return None
    bad = {name: value for name, value in scores.values.items() if not math.isfinite(value)}
    reasons = {name: f"it is not a finite number ({value})" for name, value in bad.items()}
    return {
        "values": {name: float(value) for name, value in scores.values.items() if name not in bad},
        "by_step": {name: [_finite(value) for value in row] for name, row in scores.by_step.items()},
        "absent": {**scores.absent, **reasons},
        "counts": dict(scores.counts),
    }


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def scores_of(found: Mapping | None) -> Scores | None:
    """The scores that were written."""
    return None if found is None else Scores(**found)


def _log(arrays: Arrays) -> tuple[LogEntry, ...]:
    if "log" not in arrays:
        return ()
    owners, rows = arrays["log.of"].tolist(), arrays["log"].tolist()
    return tuple(
        LogEntry(seed, FITS[fit], EpochLog(int(row[0]), *row[1:])) for (seed, fit), row in zip(owners, rows, strict=True)
    )
