"""What every page has around it: the line that says what is at hand, and errors in words."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps

import altair as alt
import streamlit as st

from core.charts.drawing import Drawing, drawn
from core.charts.theme import Theme, theme_of
from core.errors import AppError
from core.series.timeseries import Panel
from core.store.records import LIVE, RunRecord
from pages.parts import services, state
from pages.parts.text import STATES, length_of, of_settings, safe

LOG = logging.getLogger("unroll")
DEFECT = "Something went wrong that is our fault, not yours. Nothing that was kept is lost; reload the page to go on."


class EndOfPage(Exception):
    """A page has no more to show. `st.stop` would end the whole run, with what the app still does after the page."""


def theme() -> Theme:
    """The colours for charts: light or dark, as the visitor sees the page."""
    return theme_of(st.context.theme.type)


def chart(key: tuple[object, ...], build: Callable[[], alt.TopLevelMixin], words: str) -> Drawing:
    """Show a chart, made once for all that it depends on, which `key` names; `words` say what it shows. The drawing."""
    drawing = _drawing((*map(str, key), theme().name), build)
    st.vega_lite_chart(drawing.spec(), width="stretch", alt=words)
    return drawing


@st.cache_resource(show_spinner=False, max_entries=64)
def _drawing(key: tuple[str, ...], _build: Callable[[], alt.TopLevelMixin]) -> Drawing:  # noqa: ARG001
    return drawn(_build())


def shown(body: Callable[[], None]) -> None:
    """Run a page or a piece of one; whatever goes wrong is said in words."""
    try:
        body()
    except EndOfPage:
        return
    except AppError as error:
        problem(error)
    except Exception:
        LOG.exception("a page failed")
        st.error(DEFECT, icon=":material/error:")


def guarded(body: Callable) -> Callable:
    """The same for a function that runs by itself, as fragments do."""

    @wraps(body)
    def run(*arguments: object) -> None:
        shown(lambda: body(*arguments))

    return run


def problem(error: AppError, place: object = st) -> None:
    """An error that a person can do something about."""
    text = of_settings(str(error))
    place.error(safe(text[:1].upper() + text[1:], 2000))


def warn(sentence: str) -> None:
    """A warning of the core, as a sentence."""
    st.warning(safe(sentence[:1].upper() + sentence[1:], 2000))


def no_series() -> None:
    """A page that needs a series, and has none."""
    st.info("There is no series yet. Bring one, or take an example; that is one click.", icon=":material/show_chart:")
    st.page_link("pages/data.py", label="Go to Data", icon=":material/arrow_forward:")


def no_run() -> None:
    """A page that needs a run, and has none."""
    st.info(
        "There is no run yet. Train some models first; with an example that is three clicks.", icon=":material/model_training:"
    )
    st.page_link("pages/train.py", label="Go to Train", icon=":material/arrow_forward:")


def context_line() -> None:
    """The series and the run at hand, each a link. What is gone is left out."""
    bench = services.workbench()
    if bench.notice and not state.get("frame.noticed"):
        state.put("frame.noticed", True)
        st.warning(safe(bench.notice, 1000))
    if state.cookies_refused():
        st.warning("Your browser keeps no cookies: what you do here is yours only until you close or reload this page.")
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="context"):
        try:
            keys = services.series_at_hand()
            if keys:
                _series_link(services.panel(keys))
        except AppError as error:
            state.set_series(())
            problem(error)
        run_id = state.run_id()
        if run_id:
            try:
                _run_link(services.run(run_id))
            except AppError as error:
                state.set_run(None)
                state.put("run.lost", True)
                problem(error)


def _series_link(panel: Panel) -> None:
    first = panel.series[0]
    name = safe(first.id, 40) if len(panel) == 1 else f"{len(panel)} series"
    st.page_link("pages/data.py", label=f"**{name}** · {length_of(first)}", icon=":material/show_chart:")


def _run_link(record: RunRecord) -> None:
    """To the comparison, or to where it can be watched, which the address says."""
    is_live = record.state in LIVE
    page, query = ("pages/train.py", {"live": record.id}) if is_live else ("pages/compare.py", None)
    best = f" · best {safe(record.best, 40)}" if record.best else ""
    label = f"**{safe(record.title, 40)}**{best} · {'in progress' if is_live else STATES[record.state]}"
    st.page_link(page, label=label, icon=":material/leaderboard:", query_params=query)
