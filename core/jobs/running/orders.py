"""What a worker computes: an order's bytes in, a result's bytes out. Nothing of processes."""

from __future__ import annotations

import json
from collections.abc import Callable

from core.codec import Encoded, pack
from core.evaluation.design import Experiment, design
from core.evaluation.spec import RunSpec
from core.experiment import TaskResult, finish, run_task
from core.jobs.running.messages import Order
from core.progress import Progress
from core.series.codec import decode_series
from core.series.timeseries import Panel
from core.store.codecs.results import decode_result, encode_result
from core.store.codecs.snapshots import encode_comparison

Watch = Callable[[Progress, int, str], None]


def compute(order: Order, watch: Watch) -> tuple[str | None, bytes]:
    """Why the task failed, or None and the packed result."""
    panel = Panel(tuple(decode_series(content) for content in order.series))
    experiment = design(RunSpec.of_json(json.loads(order.spec)), panel, is_accepted=True)
    if not order.label:
        return None, pack(encode_comparison(finish(experiment, _finished(order, experiment))))
    model = next(one for one in experiment.spec.models if one.label == order.label)
    result = run_task(experiment, model, lambda progress: watch(progress, progress.seed, progress.fit))
    if result.state == "failed":
        return result.error, b""
    return None, pack(encode_result(result))


def _finished(order: Order, experiment: Experiment) -> tuple[TaskResult, ...]:
    """The other tasks' results in the order of the specification; those without a result failed."""
    found = []
    for model in experiment.spec.models:
        if model.label in order.results:
            found.append(decode_result(Encoded(*order.results[model.label])))
        else:
            found.append(TaskResult(model, "failed", 0.0, order.errors.get(model.label, "it was not computed")))
    return tuple(found)
