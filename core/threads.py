"""One thread for numerical libraries, so that the sum of parts does not depend on how many parts there are.

The same computation then gives the same numbers, bit for bit, in a worker and in a process that has the machine for itself.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from threadpoolctl import threadpool_limits


def one_thread() -> AbstractContextManager[object]:
    """One thread for every such library that is loaded now; what is loaded while it lasts needs another call."""
    return threadpool_limits(limits=1)
