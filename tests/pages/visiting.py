"""A visitor without a browser: pages are opened through app.py, and what they say is read as a person reads it."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner

from core.models.spec import ModelSpec
from core.series.timeseries import Panel, TimeSeries
from pages.parts.frame import DEFECT
from tests.faults.home import months

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>alert(1)</script>", "![x](http://evil.example/a.png)", "[a](javascript:alert(1))", ":smile:", ":red[x]", "$x^2$",
    "http://evil.example", "=cmd|' /C calc'!A0", "\u202eright to left\u200f", "long " * 100, "two\nlines", "*bold*", "# head",
    "www.evil.example", "me@evil.example",
)  # fmt: skip
BUBBLE = ModelSpec("ar", "AR", {"order": 1, "trend": "none"})  # it explodes on what `bubble` makes
SPOKEN = ("title", "header", "subheader", "markdown", "caption", "error", "warning", "info", "success")
LABELLED = (
    "button",
    "checkbox",
    "page_link",
    "selectbox",
    "number_input",
    "text_input",
    "toggle",
    "expander",
    "download_button",
)


class WarmServer(PagesManager):
    """AppTest makes every run the first one of a server; on a warm one app.py has told that it is the router."""

    def __init__(self, *arguments: object, **more: object) -> None:
        super().__init__(*arguments, **more)
        PagesManager.uses_pages_directory = False


def opened(page: str = "", *, context: dict | None = None, **query: str) -> AppTest:
    """A new session whose first address is that of a page."""
    at = AppTest.from_file(ROOT / "app.py", default_timeout=30)
    at.context = context or {}
    at.query_params.update(query)
    if page:
        at.switch_page(f"pages/{page}.py")
    return at.run()


def turned(at: AppTest, page: str, **query: str) -> AppTest:
    """The same session on another page, as its menu turns to it: without a query."""
    at.query_params = dict(query)
    return at.switch_page(f"pages/{page}.py").run()


def within(at: AppTest) -> AppTest:
    """Run only the newest fragment of the page, as a browser does with the widgets of a dialog."""
    newest = list(at._fragment_storage._fragments)[-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "RerunData", partial(RerunData, fragment_id_queue=[newest]))
        return at.run()


def raw(at: AppTest) -> str:
    """All Markdown of the page, as it is sent."""
    parts = [str(one.value) for kind in SPOKEN for one in getattr(at, kind)]
    parts += [str(one.label) for kind in LABELLED for one in getattr(at, kind)]
    return "\n".join([*parts, *(one.text for one in at.progress)])


def read(at: AppTest) -> str:
    """The same as a person reads it, with escapes read."""
    return unescaped(raw(at))


def unescaped(markdown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace("\u2060", "")


def sound(at: AppTest) -> AppTest:
    """The same, after a look that nothing went wrong that is our fault."""
    assert not at.exception, [one.value for one in at.exception]
    assert DEFECT not in [one.value for one in at.error]
    return at


def button(at: AppTest, label: str):
    """The one button with this label."""
    (found,) = [one for one in at.button if one.label == label]
    return found


def alt(at: AppTest, place: int = 0) -> str:
    """What a chart is called for those who do not see it."""
    return at.get("vega_lite_chart")[place].proto.alt


def partial_panel() -> Panel:
    """Two series, of which an AR can forecast the second alone: the first grows by two fifths a step."""
    grows = TimeSeries("grows", pd.RangeIndex(96), 1.4 ** np.arange(96), np.ones(96, bool))
    calm = TimeSeries("calm", pd.RangeIndex(96), 20 + np.random.default_rng(2).standard_normal(96), np.ones(96, bool))
    return Panel((grows, calm))


def bubble(horizon: int = 330) -> TimeSeries:
    """It grows tenfold at each step, and then it does not."""
    values = np.concatenate([10.0 ** np.arange(-20, 10), np.full(horizon, 1e9) + np.arange(horizon) % 7])
    return TimeSeries("bubble", pd.RangeIndex(len(values)), values, np.ones(len(values), bool))


def hostile_panel() -> Panel:
    return Panel(tuple(months(60, name, seed) for seed, name in enumerate(HOSTILE)))


def hostile_models() -> tuple[ModelSpec, ...]:
    """Those names that a model may have."""
    names = [name for name in HOSTILE if name.isprintable() and len(name) <= 120]
    return tuple(ModelSpec("naive" if place else "drift", name, {}) for place, name in enumerate(names))


def csv(length: int = 60, extra: str = "") -> bytes:
    """A table with months, sales and costs."""
    rows = [f"{stamp:%Y-%m},{100 + step % 12},{50 + step % 7}" for step, stamp in enumerate(months(length).index)]
    return ("month,sales,costs\n" + "\n".join(rows) + "\n" + extra).encode()
