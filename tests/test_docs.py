"""Tests, folders, names and link targets that the documentation mentions exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")), *sorted(ROOT.glob("docs/**/*.md"))]

_NAMED_TEST = re.compile(r"(tests/[\w/]+\.py)::(test_\w+)")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_NAME_IN_FILE = re.compile(r"`([A-Za-z_][\w.]*)`\s+in\s+`((?:bot|workers|tests)/[\w/.]+\.py)`")
_FILE_WITH_NAMES = re.compile(r"`((?:bot|workers|tests)/[\w/.]+\.py)` \(((?:`[A-Za-z_]\w*`(?:, )?)+)\)")
_METHOD = re.compile(r"`(_?[A-Z]\w*)\.((?!md`)[a-z_]\w*)`")
_NAMED_PATH = re.compile(r"`((?:bot|workers|tests|docs)/[\w./-]+)`")


def functions_in(file: Path) -> set[str]:
    """Returns the names of all functions and methods of a module; empty if there is no such file."""
    if not file.is_file():
        return set()
    tree = ast.parse(file.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def names_in(file: Path) -> set[str]:
    """Returns the names of a module's functions, methods, classes and variables; empty if there is no such file."""
    tree = ast.parse(file.read_text("utf-8")) if file.is_file() else ast.Module([], [])
    classes = {node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    targets = [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return functions_in(file) | classes | {target.id for target in targets if isinstance(target, ast.Name)}


@cache
def members_of(owner: str) -> frozenset[str]:
    """Returns methods and fields of the classes of that name in both packages."""
    files = [file for package in ("bot", "workers") for file in sorted((ROOT / package).rglob("*.py"))]
    classes = [
        node
        for file in files
        if f"class {owner}" in (text := file.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ClassDef) and node.name == owner
    ]
    methods = {
        each.name for node in classes for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    fields = {
        each.target.id
        for node in classes
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    return frozenset(methods | fields)


def heading_anchors(page: Path) -> set[str]:
    """Returns the anchors that GitHub makes from a page's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_promise_names_tests_that_exist() -> None:
    text = ARCHITECTURE.read_text("utf-8")
    named = _NAMED_TEST.findall(text)
    missing = [f"{file}::{name}" for file, name in named if name not in functions_in(ROOT / file)]
    assert missing == []
    promises = re.split(r"^### (?=\d+\. )", text, flags=re.MULTILINE)[1:]
    assert len(promises) == 11
    assert [promise.splitlines()[0] for promise in promises if not _NAMED_TEST.search(promise)] == []


@pytest.mark.parametrize("package", ["bot", "workers"])
def test_every_folder_has_its_line_in_the_architecture(package: str) -> None:
    text = ARCHITECTURE.read_text("utf-8")
    folders = [path.name for path in sorted((ROOT / package).iterdir()) if path.is_dir() and path.name[0] not in "._"]
    lines = {name: f"| `{package}/{name}/` |" for name in folders}
    assert [name for name, line in lines.items() if line not in text] == []
    assert len(folders) > 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file(page: Path) -> None:
    for target in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in heading_anchors(file), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_path_in_code_marks_exists(page: Path) -> None:
    """A path may be missing if the reader is to write that file; a fenced block of the page then lists it."""
    text = page.read_text("utf-8")
    to_write = "\n".join(_FENCE.findall(text))
    named = _NAMED_PATH.findall(_FENCE.sub("", text))
    assert [path for path in named if not (ROOT / path).exists() and path not in to_write] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_name_that_a_page_places_in_a_file_is_there(page: Path) -> None:
    """Finds "`Class.method` in `FILE`" and "`FILE` (`name`, `name`)"."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    located = [(file, name) for name, file in _NAME_IN_FILE.findall(text)]
    located += [(file, name) for file, names in _FILE_WITH_NAMES.findall(text) for name in re.findall(r"\w+", names)]
    missing = [f"{file}: {name}" for file, name in located if not set(name.split(".")) <= names_in(ROOT / file)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_method_that_a_page_names_exists(page: Path) -> None:
    named = _METHOD.findall(_FENCE.sub("", page.read_text("utf-8")))
    assert [f"{owner}.{name}" for owner, name in named if name not in members_of(owner)] == []
