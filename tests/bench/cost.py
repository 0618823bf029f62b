"""Predicted seconds against real ones: ten unlike runs on a new home, then the same ten on a home that has learned from them.

    python -m tests.bench.cost             the ten runs on which the constants were fitted
    python -m tests.bench.cost held_out    ten others, by which they were corrected once

A task's seconds are those of its worker's computation; a run's, those from its launch to its end with two workers. Good is a
factor of 1.5 either way on nine runs of ten. Each worker imports this file anew, so what is heavy is imported in `main`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """A run: example, horizon, models as (name, settings), and settings of the run."""

    example: str
    horizon: int
    models: tuple[tuple[str, dict], ...]
    more: dict = field(default_factory=dict)


CASES = (
    Case("sunspots", 12, (("naive", {}), ("ar", {}), ("rnn", {}), ("lstm", {}), ("gru", {}))),
    Case("sunspots", 1, (("lstm", {"topology": "many_to_many_synced"}), ("gru", {"topology": "many_to_one"}))),
    Case("co2_monthly", 12, (("ar", {}), ("ets", {}), ("theta", {}), ("lstm", {}))),
    Case("co2_monthly", 24, (("encoder_decoder", {}), ("feedforward", {}))),
    Case("macro", 8, (("arima", {}), ("bridge", {}))),
    Case("sunspots", 12, (("lstm", {"bidirectional": True}), ("gru", {"layers": 2, "hidden": 32}))),
    Case("ar1", 12, (("lstm", {"loss": "quantile"}), ("rnn", {"loss": "gaussian", "topology": "many_to_many_synced"}))),
    Case("mackey_glass", 12, (("gru", {"lookback": 48, "hidden": 64}), ("ar", {}))),
    Case("nile", 5, (("rnn", {}), ("lstm", {"bptt": "detached"})), {"seeds": 5}),
    Case("sunspots", 6, (("lstm", {"epochs": 20}), ("ar", {})), {"refit": True, "seeds": 1}),
)

HELD_OUT = (
    Case("elnino", 12, (("lstm", {}), ("ar", {}), ("ets", {}))),
    Case("elnino", 6, (("gru", {"topology": "many_to_many_synced", "hidden": 24}), ("theta", {}))),
    Case("co2_monthly", 6, (("rnn", {"lookback": 36}), ("lstm", {"topology": "many_to_one"}))),
    Case("nile", 3, (("gru", {}), ("bridge", {}), ("naive", {})), {"seeds": 5}),
    Case("macro", 4, (("encoder_decoder", {}), ("feedforward", {"hidden": 64}))),
    Case("ar1", 6, (("gru", {"bidirectional": True}), ("lstm", {"epochs": 30}))),
    Case("mackey_glass", 24, (("lstm", {"hidden": 64}), ("rnn", {"hidden": 64}))),
    Case("sunspots", 3, (("lstm", {"loss": "student_t"}), ("rnn", {"layers": 2}))),
    Case("mackey_glass", 6, (("gru", {"bptt": "reset"}), ("feedforward", {}))),
    Case("co2_monthly", 12, (("arima", {}), ("gru", {})), {"seeds": 1}),
)


def main() -> None:
    """Both passes over the cases."""
    import psutil

    from core.jobs.planning.limits import Host
    from tests.bench.job_figures import workbench

    print(f"load of the machine before: {psutil.getloadavg()[0]:.1f}")
    with workbench(Host(2, "forkserver")) as bench:
        for title in ("new home", "the same home again"):
            print(f"\n{title}\n{'run':60} {'predicted':>10} {'real':>8} {'factor':>8}")
            cases = HELD_OUT if "held_out" in sys.argv[1:] else CASES
            factors = [measured(bench, number, case) for number, case in enumerate(cases, 1)]
            good = sum(max(one, 1 / one) <= 1.5 for one in factors)
            print(f"within a factor of 1.5: {good} of {len(factors)} runs", flush=True)


def measured(bench, number: int, case: Case) -> float:
    """Real seconds of one run by predicted ones; prints both, and those of its tasks."""
    import time

    from core.evaluation.spec import RunSpec
    from core.models.registry import MODELS
    from core.models.spec import ModelSpec
    from tests.bench.job_figures import OWNER, until

    keys = bench.add_series(OWNER, bench.example(case.example).panel, case.example)
    models = tuple(ModelSpec(name, MODELS[name].label, settings) for name, settings in case.models)
    start = time.perf_counter()
    launch = bench.launch(OWNER, RunSpec(keys, models, case.horizon, device="cpu", **case.more))
    until(lambda: not bench.run(OWNER, launch.run_id).is_live and not bench.supervisor.slots, 0.1)
    real, expected = time.perf_counter() - start, launch.wall_clock(2)
    title = f"{number}. {case.example}, {case.horizon} ahead"
    print(f"{title:60} {expected:10.1f} {real:8.1f} {real / expected:8.2f}", flush=True)
    for task in bench.run(OWNER, launch.run_id).record.tasks:
        if task.label in launch.predictions:
            predicted = launch.predictions[task.label].seconds
            settings = dict(case.models).get(next(one.name for one in models if one.label == task.label), {})
            detail = f"   {task.label} {settings or ''} {task.state}"
            print(f"{detail:60.60} {predicted:10.1f} {task.seconds or 0:8.1f} {(task.seconds or 0) / predicted:8.2f}")
    return real / expected


if __name__ == "__main__":
    main()
