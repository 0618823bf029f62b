"""The house: what stands at the top level, what the README says of it, and what may never be called."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "core").rglob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_lint_and_format_are_clean():
    for command in (("check",), ("format", "--check")):
        found = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
        assert found.returncode == 0, found.stdout + found.stderr


def test_the_readme_names_every_room_of_the_core():
    tree = README.partition("## The tree")[2].partition("```")[2].partition("```")[0]
    rooms = [path.parent for path in SOURCES if path.name == "__init__.py" and path.parent.name not in ("core", "versions")]
    files = [path for path in SOURCES if path.parent.name == "core" and path.name != "__init__.py"]
    assert rooms
    assert [str(room) for room in rooms if f"{room.name}/" not in tree] == []
    assert [str(path) for path in files if not re.search(rf"\b{path.stem}\b", tree)] == []


def test_every_requirement_is_pinned_and_has_its_reason():
    for name in ("requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9-]+==[0-9.]+(post[0-9])? +# .+", line), line


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_pickle_and_no_unbounded_file(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert not imported & {"pickle", "dill", "joblib", "shelve", "marshal"}
    assert "torch.load" not in text
    assert len(text.splitlines()) <= 320
    assert ast.get_docstring(tree), "every module says what it is"


def test_every_limit_is_in_the_readme_with_its_default():
    from dataclasses import fields

    from core.bounds import PREFIX
    from core.data.limits import Limits
    from core.jobs.planning.limits import JobLimits

    for field in (*fields(Limits), *fields(JobLimits)):
        assert f"| `{PREFIX}{field.name.upper()}` | {field.default}" in README


def test_every_model_is_in_the_readme():
    from core.models.registry import MODELS

    assert [name for name in MODELS if f"`{name}`" not in README] == []
