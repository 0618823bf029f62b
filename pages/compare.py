"""Compare: which model forecasts best, by how much, and whether that could be chance."""

from dataclasses import replace

import streamlit as st

from core.store.records import LIVE
from pages.parts import board, evidence, frame, learned, residuals, results, scope, services, setup, share, state, takeaway
from pages.parts.router import through_the_router

through_the_router()

ACROSS = "Across series"
VIEWS = ("Error by step", "Significance", ACROSS, "Residuals", "Training", "What AR learned", "Table", "Downloads")

# Ask
if state.take("run.lost"):
    st.page_link("pages/runs.py", label="Go to your runs", icon=":material/arrow_forward:")
    raise frame.EndOfPage
run_id = services.run_or_newest()
if run_id is None:
    st.title("Compare", anchor=False)
    frame.no_run()
    raise frame.EndOfPage

# Compute
record = services.opened_run(run_id)
outcome = services.outcome(record)

# Show
st.caption(results.heading_of(record))
left, right = st.columns([8, 1], vertical_alignment="center")
with left:
    results.verdict(outcome)
    if (more := results.more_origins(outcome)) and st.button(f"Replay {more:,} past forecasts", icon=":material/history:"):
        setup.fill(replace(record.spec, origins=more, stride=1, timetable=None))
        st.switch_page("pages/train.py")
if record.state == "done" and right.button("Share", icon=":material/link:", width="stretch"):
    share.dialog(record)
if record.state in LIVE:
    st.info("The run is not finished; this is what there is so far.", icon=":material/hourglass_top:")
    if st.button("Watch it"):
        state.put("train.live", run_id)
        st.switch_page("pages/train.py")
if not outcome.done:
    board.board(outcome, None)
    raise frame.EndOfPage

seen = scope.ask(outcome, "compare")
series_id = seen.series_id
chart = st.container()
left, right = st.columns([3, 1], gap="large", vertical_alignment="bottom")
with left:
    origin = results.ask_origin(outcome, series_id, "compare")
with right:
    coverage = results.ask_band(outcome, "compare")
with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
    is_own = results.ask_whose(outcome, series_id, "compare")
    is_combined = results.ask_combined(outcome, "compare")
chosen = results.Selection(series_id, origin, coverage, is_own, is_combined)
with chart:
    drawn = results.fan(outcome, chosen)

st.subheader(f"Leaderboard{scope.heading(outcome, seen)}", anchor=False)
board.board(outcome, seen.scored)

views = tuple(one for one in VIEWS if one != ACROSS or evidence.has_panel(outcome))
state.among("compare.view", views, views[0])
view = st.segmented_control(
    "More", views, key="compare.view", required=True, persist_state="session", label_visibility="collapsed"
)
if view == "Error by step":
    results.steps(outcome, seen)
elif view == "Significance":
    evidence.show(outcome)
elif view == ACROSS:
    evidence.across(outcome)
elif view == "Residuals":
    residuals.show(record, outcome, series_id, is_own=is_own)
elif view == "Training":
    results.training(outcome)
elif view == "What AR learned":
    learned.show(record, outcome.panel, series_id)
elif view == "Table":
    results.table(outcome, chosen)
else:
    takeaway.downloads(outcome, drawn)
