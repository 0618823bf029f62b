"""A series as bytes, and back without loss."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from core.codec import decode, encode, pack, unpack
from core.series.timeseries import Index, Inputs, TimeSeries


def encode_series(series: TimeSeries) -> bytes:
    """A series with its covariates. The index is kept as start, frequency and length."""
    arrays = {"values": series.values, "observed": series.observed}
    names = {name: getattr(series, name) for name in ("id", "season", "unit", "zone")}
    inputs = series.inputs
    if inputs is not None:
        arrays["inputs"] = inputs.values
    covariates = inputs and {"names": list(inputs.names), "roles": list(inputs.roles)}
    return pack(encode({**names, "index": index_fields(series.index), "inputs": covariates}, arrays))


def decode_series(content: bytes) -> TimeSeries:
    """The series that `encode_series` was given, with the same key.  Raises DamagedError."""
    found, arrays = decode(unpack(content))
    covariates = found.pop("inputs")
    inputs = covariates and Inputs(tuple(covariates["names"]), tuple(covariates["roles"]), arrays["inputs"])
    index = index_of(found.pop("index"))
    return TimeSeries(index=index, values=arrays["values"], observed=arrays["observed"], inputs=inputs, **found)


def index_fields(index: Index) -> dict[str, object]:
    if isinstance(index, pd.RangeIndex):
        return {"start": int(index.start), "step": int(index.step), "length": len(index)}
    zone = None if index.tz is None else str(index.tz)
    found = {"start": index[0].isoformat(), "freq": index.freqstr, "unit": index.unit, "zone": zone, "length": len(index)}
    assert index_of(found).equals(index), f"frequency {index.freqstr} does not say all of its dates"
    return found


def index_of(found: Mapping) -> Index:
    if "step" in found:
        start, step = found["start"], found["step"]
        return pd.RangeIndex(start, start + step * found["length"], step)
    start = pd.Timestamp(found["start"])
    if found["zone"] is not None:
        start = start.tz_convert(found["zone"])
    return pd.date_range(start, periods=found["length"], freq=found["freq"], unit=found["unit"])
