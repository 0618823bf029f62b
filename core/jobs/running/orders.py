"""What an executor is handed for a queued task or a question."""

from __future__ import annotations

from core.jobs.kinds.base import Kind, Request
from core.jobs.kinds.registry import kind_of
from core.jobs.planning.limits import Host, JobLimits
from core.jobs.running.asks import Ask
from core.jobs.running.messages import Order
from core.store.records import QueuedTask
from core.store.store import Store


def order_of_task(store: Store, task: QueuedTask, limits: JobLimits, host: Host) -> tuple[Kind, Order]:
    """The order for a task of a run.  Raises AppError where its data cannot be read."""
    kind = kind_of(task.kind, {})
    spec, model, panel = store.payload(task.id)
    outcomes = {}
    if "outcomes" in kind.needs:
        outcomes = {label: error if found is None else found for label, found, error in store.outcomes(task.run_id)}
    request = Request(panel, spec, model.label if model else "", outcomes)
    expects_gpu = host.has_gpu and model is not None and model.build().is_random and spec.device != "cpu"
    return kind, _order(kind, request.encode(), limits, expects_gpu=expects_gpu)


def order_of_ask(ask: Ask, limits: JobLimits) -> tuple[Kind, Order]:
    """The order for a question."""
    return ask.kind, _order(ask.kind, ask.request, limits)


def _order(kind: Kind, request: bytes, limits: JobLimits, *, expects_gpu: bool = False) -> Order:
    bounds = kind.limits(limits)
    return Order(kind.name, kind.config(), request, bounds.memory, bounds.largest_file, expects_gpu)
