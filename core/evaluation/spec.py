"""What a run is asked to compute, as a value that can be stored, sent and compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from core.errors import ConfigError
from core.evaluation import conformal
from core.models.spec import ModelSpec
from core.models.transform import NONE, TRANSFORMS
from core.progress import DEVICES, Device
from core.series.splits import Timetable


@dataclass(frozen=True)
class RunSpec:
    """What a run computes. None leaves a setting open: `design` closes it.

    series      keys of the series
    season      steps; None: from the frequency, else from what is known before the first origin
    origins     scored origins; 0: no backtest; None: as many as `core.series.splits.timetable` finds
    stride      steps between two origins; None: 1, or as long as the test part needs
    blocks      parts of the test, with a fit at the start of each; None: 3
    refit       a fit at every origin, whatever the blocks
    coverages   None: 80 and 95 %, where the past errors support them
    seeds       how many; they are seed, seed + 1, …
    transform   what all models learn the series under: one of `core.models.transform.TRANSFORMS`
    floor       whether no forecast and no interval is below 0; None: where no value before the first origin is
    device      "auto", "cpu" or "cuda"; settled where it is computed
    certify     every model is computed once more with noise in place of the future: `core.evaluation.certificate`
    timetable   the origins that `design` closed the above to; None in a run that was asked for and not designed yet, and in
                runs of old, whose last origins were scored and whose earlier ones only calibrated intervals
    """

    series: tuple[str, ...]
    models: tuple[ModelSpec, ...]
    horizon: int
    season: int | None = None
    origins: int | None = None
    stride: int | None = None
    refit: bool = False
    coverages: tuple[float, ...] | None = None
    seeds: int = 3
    seed: int = 0
    device: Device = "auto"
    blocks: int | None = None
    timetable: Timetable | None = None
    transform: str = NONE
    floor: bool | None = None
    certify: bool = False

    def __post_init__(self) -> None:
        for name, low, high in (("horizon", 1, 10_000), ("seeds", 1, 100), ("seed", 0, 2**31)):
            _within(name, getattr(self, name), low, high)
        for name, low, high in (("season", 1, 10_000), ("origins", 0, 10_000), ("stride", 1, 10_000), ("blocks", 1, 10_000)):
            if getattr(self, name) is not None:
                _within(name, getattr(self, name), low, high)
        if self.device not in DEVICES:
            raise ConfigError(f"there is no device {self.device!r}; choose one of {', '.join(DEVICES)}")
        if self.transform not in TRANSFORMS:
            raise ConfigError(f"there is no transform {self.transform!r}; choose one of {', '.join(TRANSFORMS)}")
        for coverage in self.coverages or ():
            conformal.fewest(coverage)
        if not self.models:
            raise ConfigError("no model was chosen; choose at least one")
        label, count = Counter(spec.label for spec in self.models).most_common(1)[0]
        if count > 1:
            raise ConfigError(f"{count} models are called {label!r}; give each a label of its own")

    def as_json(self) -> dict[str, object]:
        """Plain JSON, from which `RunSpec.of_json` makes an equal value."""
        return asdict(self) | {
            "series": list(self.series),
            "coverages": None if self.coverages is None else list(self.coverages),
            "timetable": self.timetable and self.timetable.as_json(),
        }

    @classmethod
    def of_json(cls, fields: Mapping) -> RunSpec:
        """The specification that `as_json` wrote."""
        models = tuple(ModelSpec.of_json(one) for one in fields["models"])
        coverages = None if fields["coverages"] is None else tuple(fields["coverages"])
        closed = {"series": tuple(fields["series"]), "models": models, "coverages": coverages}
        if fields.get("timetable") is not None:
            closed["timetable"] = Timetable.of_json(fields["timetable"])
        return cls(**{**fields, **closed})


def _within(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ConfigError(f"{name} is {value!r}; choose a whole number from {low:,} to {high:,}")
