"""All kinds of work by name. Adding one is a file beside this and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from core.errors import ConfigError
from core.jobs.kinds.autocorrelation import Autocorrelation
from core.jobs.kinds.base import Kind, Request, Watch
from core.jobs.kinds.diagnostics import Diagnostics
from core.jobs.kinds.finishing import Finishing
from core.jobs.kinds.planned import Planned
from core.jobs.kinds.states import States
from core.jobs.kinds.training import Training
from core.parameters import Value

KINDS: dict[str, type[Kind]] = {
    kind.name: kind for kind in (Training, Finishing, Autocorrelation, Planned, States, Diagnostics)
}


def kind_of(name: str, config: Mapping[str, Value]) -> Kind:
    """The kind called `name` with these parameters.  Raises ConfigError."""
    if name not in KINDS:
        raise ConfigError(f"there is no kind of work {name!r}; choose from {', '.join(KINDS)}")
    return KINDS[name](**config)


def carry_out(name: str, config: Mapping[str, Value], request: bytes, watch: Watch) -> bytes:
    """The whole work of a task: an encoded request in, the result's bytes out."""
    return kind_of(name, config).compute(Request.decode(request), watch)
