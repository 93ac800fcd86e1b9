"""The public page: every name is there, is loaded late, and says what it is."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import cnnmath
from cnnmath import ops
from cnnmath.errors import SettingError
from tests.support import every_operator

HOME = Path(cnnmath.__file__).parent.parent
HEAVY = ("numpy", "scipy", "sympy", "networkx", "hypothesis", "typer", "rich")
PAGES = [name for _, name, _ in pkgutil.walk_packages(cnnmath.__path__, "cnnmath.") if not name.endswith("__main__")]


def declared():
    """Where the type checker finds each public name, as the page's TYPE_CHECKING block says."""
    tree = ast.parse(Path(cnnmath.__file__).read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    return {name.name: node.module for node in block.body for name in node.names}


def test_every_public_name_resolves():
    assert cnnmath.__all__ == sorted(set(cnnmath.__all__))
    assert all(getattr(cnnmath, name) is not None for name in cnnmath.__all__)


def test_importing_the_page_loads_nothing_heavy_until_a_name_is_used():
    code = f"import sys, cnnmath; print(*(set({HEAVY}) & set(sys.modules))); {{}}"
    for use, wanted in (("pass", set()), ("cnnmath.Window, cnnmath.ops", set()), ("cnnmath.derive", {"sympy"})):
        after = f"{use}; print(*(set({HEAVY}) & set(sys.modules)))"
        ran = subprocess.run(
            [sys.executable, "-c", code.format(after)], cwd=HOME, capture_output=True, text=True, check=True
        )
        before, then = ran.stdout.split("\n")[:2]
        assert before == ""
        assert wanted <= set(then.split()) if wanted else then == ""


def test_late_names_are_declared_to_type_checkers_where_they_live():
    late = {name: home.removeprefix("cnnmath.") for name, home in declared().items() if home != "cnnmath"}
    modules = {name for name, home in declared().items() if home == "cnnmath"}
    assert late == cnnmath._HOMES
    assert modules | set(late) | {"ops", "Window", "CnnmathError"} == set(cnnmath.__all__)
    for name, home in late.items():
        assert getattr(cnnmath, name) is getattr(import_module(f"cnnmath.{home}"), name)


@pytest.mark.parametrize("page", PAGES)
def test_every_module_says_what_it_is_in_one_line(page):
    assert summary(import_module(page)).endswith((".", ":"))


@pytest.mark.parametrize("page", [p for p in PAGES if hasattr(import_module(p), "__all__")])
def test_every_public_class_and_function_has_a_summary_line(page):
    module = import_module(page)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert summary(thing).endswith((".", ":")), f"{page}.{name}"
            assert not summary(thing).startswith(f"{name}("), f"{page}.{name} has only dataclass's own docstring"


def summary(thing):
    """First paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


@every_operator
def test_every_operator_cites_a_source_and_shows_an_example(kind):
    sections = [line.strip() for line in inspect.getdoc(kind).splitlines()]
    assert "References" in sections
    assert "Examples" in sections
    assert any(line.startswith(">>> ") for line in sections)


def test_the_list_of_operators_is_what_the_page_of_operators_exports():
    assert {kind.__name__ for kind in ops.ALL} <= set(ops.__all__)
    exported = {getattr(ops, name) for name in ops.__all__}
    operators = {thing for thing in exported if inspect.isclass(thing) and issubclass(thing, ops.Operator)}
    assert operators - {ops.Operator} == set(ops.ALL)
    assert len(set(ops.ALL)) == len(ops.ALL)


@pytest.mark.parametrize("module", ["", ".graph", ".interchange", ".interchange.onnx", ".numeric", ".zoo"])
def test_names_that_are_loaded_late_are_listed_for_completion(module):
    code = f"import cnnmath{module} as home; print(set(home.__all__) <= set(dir(home)), '__doc__' in dir(home))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda op: cnnmath.cost(op, (1, 3, 8, 8)),
        lambda op: cnnmath.reach(op, (0, 0, 0, 0), (1, 3, 8, 8)),
        lambda op: cnnmath.forward(op, 0),
        lambda op: cnnmath.numeric.choose_method(op, (1, 3, 8, 8)),
        cnnmath.verify.telling,
    ],
)
@pytest.mark.parametrize("op", ["conv(8, 3)", ops.Conv, None])
def test_what_is_no_operator_is_refused_by_name(ask, op):
    with pytest.raises(SettingError, match="this is no operator"):
        ask(op)
