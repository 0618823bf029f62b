"""What the past forecasts of a model say of it: residuals in time, their correlation, the largest misses, and reliability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import ClassVar

import numpy as np

from core.codec import Encoded, decode, encode, pack, unpack
from core.errors import ConfigError
from core.evaluation.diagnosis import Calibration, Diagnosis, diagnose
from core.jobs.kinds.base import Kind, Request, Watch
from core.jobs.planning.cost import Prediction
from core.jobs.planning.limits import MIB
from core.parameters import param
from core.progress import Progress
from core.stats.calibration import Reliability
from core.stats.correlation import Correlogram
from core.stats.residual_checks import Miss, ResidualChecks

LAGS = ("acf", "acf_band", "pacf")
LEVELS = ("levels", "observed", "low", "high", "counts", "expected")


@dataclass(frozen=True)
class Diagnostics(Kind):
    """Of the model `request.label` of a finished run, on one series. Read by `Diagnostics.read`."""

    name: ClassVar[str] = "diagnostics"
    needs: ClassVar[frozenset[str]] = frozenset({"spec", "outcomes"})

    series: str = param("", "Series", "The id of a series of the run.")

    def compute(self, request: Request, watch: Watch) -> bytes:
        from core.store.codecs.results import decode_result

        watch(Progress(0.0, "diagnostics"))
        outcome = request.outcomes.get(request.label)
        if not isinstance(outcome, Encoded):
            raise ConfigError(f"the run has no result of {request.label!r}; train it first")
        past = next((one.backtest for one in decode_result(outcome).series if one.series_id == self.series), None)
        if past is None:
            raise ConfigError(f"{request.label} has no past forecasts of {self.series!r}; ask for some to be scored")
        return pack(_encoded(diagnose(past, request.spec.stride or 1, request.spec.season or 1)))

    def price(self, request: Request) -> Prediction:
        size = sum(len(one.arrays) for one in request.outcomes.values() if isinstance(one, Encoded))
        return Prediction(0.2 + 2e-8 * size, 64 * MIB + 8 * size)

    @staticmethod
    def read(content: bytes) -> Diagnosis:
        """The answer as values.  Raises DamagedError."""
        fields, arrays = decode(unpack(content))
        return Diagnosis(
            arrays["origins"],
            arrays["residuals"],
            fields["missing"],
            fields["checks"] and _checks(fields["checks"], arrays),
            fields["reason"],
            tuple(_calibration(one, f"{number}/", arrays) for number, one in enumerate(fields["calibrations"])),
        )


def _encoded(found: Diagnosis) -> Encoded:
    arrays = {"origins": found.origins, "residuals": found.residuals}
    fields = {"missing": found.missing, "reason": found.reason, "checks": None, "calibrations": []}
    if found.checks is not None:
        checks = asdict(found.checks)
        arrays |= {name: checks["correlogram"].pop(name) for name in LAGS}
        fields["checks"] = checks
    for number, one in enumerate(found.calibrations):
        plain = {"is_own": one.is_own, "is_all": one.is_all, "reason": one.reason, "blocks": one.found and one.found.blocks}
        fields["calibrations"].append(plain)
        arrays |= {f"{number}/{name}": getattr(one.found, name) for name in LEVELS} if one.found is not None else {}
    return encode(fields, arrays)


def _checks(fields: Mapping, arrays: Mapping[str, np.ndarray]) -> ResidualChecks:
    correlogram = Correlogram(**fields["correlogram"], **{name: arrays[name] for name in LAGS})
    return ResidualChecks(**{**fields, "correlogram": correlogram, "largest": tuple(Miss(**one) for one in fields["largest"])})


def _calibration(fields: Mapping, prefix: str, arrays: Mapping[str, np.ndarray]) -> Calibration:
    found = None
    if fields["blocks"] is not None:
        found = Reliability(**{name: arrays[prefix + name] for name in LEVELS}, blocks=fields["blocks"])
    return Calibration(fields["is_own"], fields["is_all"], found, fields["reason"])
