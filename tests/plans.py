"""Plans by hand."""

from core.series.splits import Plan


def plan_at(length, horizon, origins, *, starts=(0,), is_scored=True):
    """The plan of a series that is alone, with these origins and a fit at the places `starts` among them."""
    origins = tuple(origins)
    starts = starts if origins else ()
    fits = tuple(sum(start <= place for start in starts) - 1 for place in range(len(origins)))
    return Plan(
        length, horizon, origins, tuple(range(len(origins))), tuple(origins[start] for start in starts), fits, is_scored
    )
