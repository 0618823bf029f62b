"""What can be downloaded of a run."""

from __future__ import annotations

import re
from functools import partial

import streamlit as st

from core.charts.drawing import Drawing
from core.charts.picture import picture
from core.report.downloads import forecasts_csv, run_json, scores_csv
from core.report.outcome import Outcome


def downloads(outcome: Outcome, drawing: Drawing) -> None:
    """Forecasts and scores as CSV, the whole result as JSON, the chart of the forecasts as SVG and PNG."""
    name = re.sub(r"[^\w-]+", "_", outcome.title).strip("_")[:60] or "run"
    with st.container(horizontal=True):
        st.download_button("Forecasts (CSV)", forecasts_csv(outcome), f"{name}_forecasts.csv", "text/csv", on_click="ignore")
        st.download_button("Scores (CSV)", scores_csv(outcome), f"{name}_scores.csv", "text/csv", on_click="ignore")
        if outcome.comparison is not None and outcome.panel is not None:
            st.download_button("Everything (JSON)", run_json(outcome), f"{name}.json", "application/json", on_click="ignore")
        for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
            st.download_button(
                f"Chart ({kind.upper()})", partial(picture, drawing, kind), f"{name}.{kind}", mime, on_click="ignore"
            )  # fmt: skip
