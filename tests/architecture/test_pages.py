"""The house of the pages: short, through the router, one owner of the session, no way around the escaper."""

import ast
import tomllib
from pathlib import Path

import pytest

from core.data.limits import Limits

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "pages").glob("*.py"))
PARTS = sorted((ROOT / "pages" / "parts").glob("*.py"))
README = (ROOT / "README.md").read_text(encoding="utf-8")


def named(path):
    return str(path.relative_to(ROOT))


def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_a_page_is_short_and_begins_with_the_way_through_the_router(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 120
    body = tree_of(path).body
    assert isinstance(body[0], ast.Expr)
    rest = [node for node in body[1:] if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert ast.unparse(rest[0]) == "through_the_router()"
    assert not [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef | ast.FunctionDef)]


@pytest.mark.parametrize("path", [ROOT / "app.py", *PAGES, *PARTS], ids=named)
def test_nothing_goes_around_the_escaper_or_the_owner_of_the_session(path):
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(tree_of(path)), "every module says what it is"
    assert "unsafe_allow" not in text
    assert path.name == "state.py" or "session_state" not in text
    assert path.name == "router.py" or "st.stop()" not in text, "what app.py does after a page would be left out"
    html = [
        ast.unparse(node)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("st.html", "st.components.v1.html", "st.iframe")
    ]
    assert html == []


def test_every_page_is_in_the_readme():
    assert [path.name for path in PAGES if path.name not in README] == []


@pytest.mark.parametrize("path", sorted((ROOT / "core").rglob("*.py")), ids=named)
def test_the_core_never_imports_streamlit_or_pages(path):
    for node in ast.walk(tree_of(path)):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not [name for name in names if name.split(".")[0] in ("streamlit", "pages", "app")]


def test_every_page_is_in_the_router_and_every_page_of_the_router_is_there():
    pages = {
        ast.literal_eval(node.args[0])
        for node in ast.walk(tree_of(ROOT / "app.py"))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "st.Page"
    }
    assert pages == {named(path) for path in PAGES}


def test_every_page_of_the_menu_has_an_address_that_is_kept():
    from pages.parts.state import ADDRESS

    assert {path.stem for path in PAGES} - {"data", "report"} <= set(ADDRESS)
    assert "" in ADDRESS


def test_the_settings_of_the_app():
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["toolbarMode"] == "minimal"
    assert config["client"]["showSidebarNavigation"] is False
    assert config["runner"]["postScriptGC"] is False
    assert config["server"]["maxUploadSize"] << 20 == Limits().bytes
    assert {"primaryColor", "backgroundColor", "textColor"} <= set(config["theme"]["light"]) & set(config["theme"]["dark"])
