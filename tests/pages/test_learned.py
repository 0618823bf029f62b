"""What an AR learned: its coefficients and roots, from what was kept, and in a sentence."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.models.arx import Summary
from core.models.polynomial import inverse_roots, is_stable
from pages.parts import learned
from tests.pages.visiting import alt, read, sound


def test_what_an_ar_learned_is_shown_from_what_was_kept(bench, ran, monkeypatch):
    def page(record, panel):
        from pages.parts import learned

        learned.show(record, panel)

    monkeypatch.setenv("UNROLL_WORKSPACE", "finished")
    record = bench.run("finished", ran["finished"]).record
    panel = bench.panel("finished", record.spec.series)
    at = sound(AppTest.from_function(page, args=(record, panel)).run())
    table = at.dataframe[0].value
    (ar,) = [one for one in bench.results("finished", ran["finished"]) if one.model.name == "ar"]
    assert len(table) == ar.parameters
    assert "lag 1" in list(table["Term"])
    assert "months" in read(at) or "no swing" in read(at)
    assert "Inverse roots of AR" in alt(at)
    at = sound(AppTest.from_function(page, args=(replace(record, tasks=record.tasks[:1]), panel)).run())
    assert "No AR has finished in this run." in read(at)


def summary(*weights, differences=0):
    lags = np.array(weights)
    return Summary("AR", differences, 1.0, (), inverse_roots(lags), is_stable(lags))


@pytest.mark.parametrize(
    ("found", "freq", "words"),
    [
        # roots 0.9 e^(±2πi/10.6): φ₁ = 2 · 0.9 cos(2π/10.6), φ₂ = −0.81
        (summary(2 * 0.9 * np.cos(2 * np.pi / 10.6), -0.81), "YS",
         "every shock dies away, the slowest part of it by 10 % a step; it implies a damped cycle of about 10.6 years."),
        (summary(0.5), "MS", "It is stable: every shock dies away, the slowest part of it by 50 % a step; no swing"),
        (summary(0.5, differences=1), None, "Its changes are stable: every shock"),
        (summary(2 * np.cos(2 * np.pi / 7) * 1.1, -1.21), "D", "a lasting cycle of about 7 days"),
        (summary(1.2), "h", "It is not stable: a root lies on or outside the circle"),
    ],
)  # fmt: skip
def test_what_roots_imply_is_a_sentence(found, freq, words):
    assert words in learned.implied(found, freq)


def test_a_summary_is_restored_without_statsmodels():
    code = """
import sys
import numpy as np
from core.models.autoregression import AR
from core.models.spec import ModelSpec
from pages.parts.learned import restored
from core.series.ids import encode_ids
arrays = {
    "ids": encode_ids(["y"]), "notes": encode_ids([]), "0.form": np.array([1, 0, 1, 0, 0]), "0.fixed": np.array([0.1]),
    "0.lags": np.array([0.5]), "0.scaling": np.array([2.0, 3.0]), "0.deviation": np.array([1.0]), "0.names": encode_ids([]),
    "0.covariates": np.empty((4, 0)), "0.terms": encode_ids(["constant", "lag 1"]),
    "0.table": np.array([[1, 2], [0.5, 0.1]]),
}
found = restored(ModelSpec("ar", "AR", AR().config()), {f"7/{k}": v for k, v in arrays.items()}).summary("y")
print(found.label, found.deviation, found.coefficients[1].estimate, "statsmodels" in sys.modules, "torch" in sys.modules)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.split() == ["AR(1)", "3.0", "0.5", "False", "False"]
