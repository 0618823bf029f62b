"""What jobs cost: seconds until something is seen, writes of progress, idle CPU, memory.  `python -m tests.bench.jobs [small]`

Prints JSON. "small" is a host without a preloaded parent; it needs a process of its own. Each worker imports this file anew, as
it does with the entry script of any program, so what is heavy is imported in `main`.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Measure, and print."""
    from tests.bench import job_figures

    measure = job_figures.small_host if sys.argv[1:] == ["small"] else job_figures.usual_host
    print(json.dumps(measure(), indent=1))


if __name__ == "__main__":
    main()
