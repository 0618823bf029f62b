"""What a model is, its own file says: nothing above the models branches on a registry name."""

import ast
from pathlib import Path

import pytest

from core.models.registry import MODELS

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for folder in ("core", "pages")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.parent != ROOT / "core" / "models"
]
OTHER = ("topology", "cell")  # fields of a network, of which some values are words of the registry too


def branches(source: str) -> list[str]:
    """Comparisons and cases with the name of a model."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.MatchValue) and names_in(node):
            found.append(ast.unparse(node))
        if isinstance(node, ast.Compare) and names_in(node):
            compared = {getattr(side, "attr", getattr(side, "id", "")) for side in (node.left, *node.comparators)}
            found += [] if compared & set(OTHER) else [ast.unparse(node)]
    return found


def names_in(node: ast.AST) -> list[str]:
    return [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and one.value in tuple(MODELS)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_branches_on_the_name_of_a_model(path):
    assert branches(path.read_text(encoding="utf-8")) == []


def test_such_a_branch_would_be_seen():
    source = """
if model.name == "arima" or spec.name in ("ets", "theta") or settings.topology == "encoder_decoder":
    match name:
        case "ar":
            pass
"""
    assert branches(source) == ["model.name == 'arima'", "spec.name in ('ets', 'theta')", "'ar'"]


def test_charts_name_no_model():
    for path in sorted((ROOT / "core" / "charts").rglob("*.py")):
        words = set(names_in(ast.parse(path.read_text(encoding="utf-8")))) - {"encoder_decoder"}  # a topology too
        assert words == set(), path.name
