"""A model as a run names it: registry name, label, and its hyper-parameters as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from core.errors import ConfigError
from core.models.base import Model
from core.models.older import translated
from core.models.registry import model_class
from core.parameters import Value, parameters

LONGEST_LABEL = 120


@dataclass(frozen=True)
class ModelSpec:
    """`label` is unique in a run; `config` holds the fields of the model's dataclass, those left out at their default."""

    name: str
    label: str
    config: dict[str, Value] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (self.label.isprintable() and 0 < len(self.label) <= LONGEST_LABEL):
            raise ConfigError(f"a model's label has 1 to {LONGEST_LABEL} visible characters; {self.label[:40]!r} has not")

    @classmethod
    def of_json(cls, fields: Mapping) -> Self:
        """What was stored or sent, by this version or an earlier one, whose settings become those of today."""
        return cls(fields["name"], fields["label"], translated(fields["name"], fields["config"]))

    def build(self) -> Model:
        """The model.  Raises ConfigError for an unknown name, an unknown field or a bad value."""
        model = model_class(self.name)
        known = {parameter.name for parameter in parameters(model)}
        if unknown := sorted(set(self.config) - known):
            raise ConfigError(f"{self.name} has no setting {unknown[0]!r}; choose one of {', '.join(sorted(known)) or 'none'}")
        return model(**self.config)

    def closed(self, model: Model) -> Self:
        """The same with the settings of `model`."""
        return replace(self, config=model.config())
