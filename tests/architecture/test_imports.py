"""Who may import whom, and what the process that serves pages must never load."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "statsmodels", "scipy", "streamlit")


def test_the_import_contract_holds():
    found = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache'])"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout


def loaded_by(code: str) -> set[str]:
    """The heavy packages that a fresh process has loaded after running `code`."""
    report = f"import sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(found.stdout.splitlines()[-1].split()) if found.stdout.strip() else set()


@pytest.mark.parametrize(
    "code",
    [
        "from core.models.registry import MODELS, describe; describe(); [model() for model in MODELS.values()]",
        "import core.evaluation.design, core.experiment, core.report.summary, core.report.forecasts",
        "import core.data.examples as e; e.examples_json()",
        "import core.__main__",
    ],
)
def test_forms_examples_and_results_need_no_heavy_library(code):
    assert loaded_by(code) == set()


def test_a_run_can_be_refused_without_a_heavy_library():
    code = """
from core.data.examples import load_example
from core.data.choices import Choices
from core.evaluation.design import design
from core.evaluation.spec import RunSpec
from core.models.registry import MODELS
from core.models.spec import ModelSpec
panel = load_example("sunspots", Choices()).panel
design(RunSpec((), tuple(ModelSpec(name, name) for name in MODELS), 12), panel)
"""
    assert loaded_by(code) == set()
