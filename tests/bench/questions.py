"""What a question of a page costs beyond its computation: seconds from asking to the answer.  `python -m tests.bench.questions`

Prints JSON, medians and the largest of 20, each question another one so that none is a look-up; then the look-ups. Idle, beside
two trainings on two workers, and on a host with one worker whose training stands still meanwhile. Limit: 0.3 s beyond the
computation, warm.
"""

from __future__ import annotations

import json
import statistics
import time


def main() -> None:
    """Measure, and print."""
    from core.jobs.planning.limits import Host
    from tests.bench.job_figures import OWNER, workbench

    found = {}
    for name, workers, trainings in (("idle", 2, 0), ("two trainings, two workers", 2, 2), ("a training, one worker", 1, 1)):
        with workbench(Host(workers, "forkserver")) as bench:
            bench.add_series(OWNER, bench.example("sunspots").panel, "sunspots")
            found[name] = measured(bench, trainings)
    print(json.dumps(found, indent=1))


def measured(bench: object, trainings: int) -> dict[str, dict[str, float]]:
    """Overheads with so many trainings running."""
    from core.jobs.kinds.autocorrelation import Autocorrelation
    from core.jobs.kinds.states import States
    from tests.bench.job_figures import LASTING, OWNER, launched, stopped, until

    done = launched(bench, ("lstm",), {"epochs": 5})
    until(lambda: not bench.run(OWNER, done).is_live and not bench.supervisor.slots, 0.1)
    key = bench.series(OWNER)[0].key
    panel = bench.panel(OWNER, (key,))
    busy = launched(bench, ("rnn", "gru")[:trainings], LASTING) if trainings else None
    if busy:
        until(lambda: len(bench.run(OWNER, busy).epochs) == trainings)
    series = panel.series[0]
    correlations = [
        timed(bench, lambda lags=lags: bench.questions.of_series(OWNER, Autocorrelation(lags=lags), key, wait=60))
        for lags in range(10, 30)
    ]
    states = [
        timed(
            bench,
            lambda origin=origin: bench.questions.of_model(
                OWNER, States(series=series.id, origin=origin), done, "LSTM", wait=60
            ),
        )
        for origin in range(100, 120)
    ]
    again = [
        timed(bench, lambda lags=lags: bench.questions.of_series(OWNER, Autocorrelation(lags=lags), key, wait=60))
        for lags in range(10, 30)
    ]
    if busy:
        stopped(bench, busy)
    return {
        "autocorrelation, overhead s": figures(correlations),
        "states, overhead s": figures(states),
        "look-up, s": {
            "median": round(statistics.median(whole for whole, _ in again), 4),
            "largest": round(max(one for one, _ in again), 4),
        },
    }


def timed(bench: object, ask: object) -> tuple[float, float]:
    """Seconds until the answer, and those that its worker computed."""
    from sqlalchemy import select

    from core.store.tables import answers

    began = time.perf_counter()
    answer = ask()
    whole = time.perf_counter() - began
    assert answer.state == "done", answer
    with bench.store.database.reading() as connection:
        seconds = connection.execute(select(answers.c.seconds).where(answers.c.digest == answer.digest)).scalar_one()
    return whole, seconds


def figures(times: list[tuple[float, float]]) -> dict[str, float]:
    over = sorted(whole - computed for whole, computed in times)
    return {
        "median": round(statistics.median(over), 3),
        "largest": round(over[-1], 3),
        "computation, median": round(statistics.median(computed for _, computed in times), 3),
    }


if __name__ == "__main__":
    main()
