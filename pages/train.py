"""Train: choose models and settings, see what that will cost, launch, and watch."""

from dataclasses import replace

import streamlit as st

from core.charts.plan import plan_chart
from core.errors import AppError
from pages.parts import chooser, frame, live, presets, services, setup, state
from pages.parts.router import through_the_router
from pages.parts.text import count, duration, megabytes

through_the_router()

watched = state.get("train.live")
if watched:
    live.watch(str(watched))
    raise frame.EndOfPage

# Ask
keys = services.series_or_newest()
if not keys:
    st.title("Train", anchor=False)
    frame.no_series()
    raise frame.EndOfPage
panel = services.panel(keys)
st.title("Train models side by side", anchor=False)
setup.ask(panel)
strip = st.container()
presets.ask(chooser.start_anew, chooser.choose)
basis = presets.basis(keys, panel, chooser.names())
models = chooser.chosen(basis)

# Compute
experiment, launch, refusal, costs = None, None, None, {}
try:
    experiment, launch = services.plan(setup.spec(keys, models), setup.budget())
    costs = launch.predictions
except AppError as error:
    refusal = error
    costs = services.predictions(setup.spec(keys, models)) if setup.budget() is not None else {}

# Show
with strip:
    if experiment is not None:
        longest = max(experiment.panel, key=lambda one: (len(experiment.plans[one.id].origins) > 0, len(one)))
        plan = experiment.plans[longest.id]
        frame.chart(
            ("plan", longest.key, plan),
            lambda: plan_chart(longest, plan, theme=frame.theme()),
            f"{plan.train_end} values train, {count(len(plan.scored), 'past forecast')} tested",
        )
        st.caption(setup.divided(experiment, longest))
        setup.can_show(experiment, longest)
        for sentence in launch.warnings:
            frame.warn(sentence)
    if refusal is not None:
        frame.problem(refusal)
chooser.show(costs, basis)

with st.container(horizontal=True, vertical_alignment="center", key="launch"):
    title = st.text_input("Title of the run", key="train.title", max_chars=120, placeholder="Title of the run (optional)",
                          label_visibility="collapsed", width=320)  # fmt: skip
    pressed = st.button(
        f"Train {count(len(models), 'model')}", type="primary", disabled=launch is None, icon=":material/play_arrow:"
    )
    if launch is not None:
        at_once = services.workbench().limits.host.workers
        largest = max(one.memory for one in launch.predictions.values())
        st.caption(f"about {duration(launch.wall_clock(at_once))}, {megabytes(largest)} a model · {at_once} at once")
if pressed:
    planned = replace(setup.spec(keys, models), models=experiment.spec.models)
    run_id = services.launch(planned, title, state.request_token("train.request"))
    state.forget("train.request")
    state.set_run(run_id)
    state.put("train.live", run_id)
    st.rerun()
