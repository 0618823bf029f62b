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
    """Forecasts and scores as CSV, the whole result as JSON, the chart of the forecasts as SVG and PNG; made when asked for."""
    name = re.sub(r"[^\w-]+", "_", outcome.title).strip("_")[:60] or "run"
    files = [
        ("Forecasts (CSV)", f"{name}_forecasts.csv", "text/csv", partial(forecasts_csv, outcome)),
        ("Scores (CSV)", f"{name}_scores.csv", "text/csv", partial(scores_csv, outcome)),
    ]
    if outcome.comparison is not None and outcome.panel is not None:
        files.append(("Everything (JSON)", f"{name}.json", "application/json", partial(run_json, outcome)))
    for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
        files.append((f"Chart ({kind.upper()})", f"{name}.{kind}", mime, partial(picture, drawing, kind)))
    with st.container(horizontal=True):
        for label, file, mime, content in files:
            st.download_button(label, content, file, mime, on_click="ignore")
