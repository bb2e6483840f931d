"""The public face: every name is there, documented, checked at the door and in the reference."""

import ast
import doctest
import inspect
import re
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import yaml

import confidence_neurons as cn
import contents
from api_reference import PAGES, reference

ROOT = Path(__file__).parents[1]
NAMES = [
    f"{module}.{name}"
    for module in PAGES.values()
    for name in import_module(module).__all__
    if not isinstance(getattr(import_module(module), name), ModuleType)
]
VALUES = {
    name: getattr(import_module(name.rpartition(".")[0]), name.split(".")[-1]) for name in NAMES
}
FUNCTIONS = [name for name, value in VALUES.items() if inspect.isfunction(value)]
HEAVY = ("altair", "numpy", "pandas", "torch", "transformer_lens", "transformers")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_documented(name):
    assert inspect.getdoc(VALUES[name])


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if signature(VALUES[name]).parameters])
def test_every_function_checks_its_arguments_before_anything_else(name):
    function = VALUES[name]
    required = [p for p in signature(function).parameters.values() if p.default is p.empty]
    what_nothing_takes = {p.name: object() for p in required}
    optional = next(iter(signature(function).parameters))
    with pytest.raises((TypeError, ValueError), match=r"^expected"):
        function(**what_nothing_takes or {optional: object()})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example(name):
    assert re.search(r"^Examples\n-{8}$", inspect.getdoc(VALUES[name]) or "", re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_examples_run_for_a_reader_who_has_imported_the_library_and_pandas(name):
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    told: list[str] = []
    for example in finder.find(VALUES[name], name, module=False, globs={"cn": cn, "pd": pd}):
        runner.run(example, out=told.append)
    assert runner.failures == 0, "".join(told)


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_has_every_name(page):
    written = re.findall(r"^\.\. auto\w+:: (.+)$", "\n".join(reference(PAGES[page])), re.MULTILINE)
    assert sorted(written) == sorted(
        name for name in NAMES if name.rpartition(".")[0] == PAGES[page]
    )


def test_the_reference_is_in_the_book():
    assert set(PAGES) <= set(contents.NAMES)


def test_the_type_checker_sees_the_same_names_in_the_same_homes():
    tree = ast.parse(Path(cn.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {
        alias.name: (node.module or "").removeprefix("confidence_neurons").lstrip(".")
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {**cn.HOME, **dict.fromkeys(cn.NAMESPACES, "")}


def test_importing_the_library_imports_nothing_heavy():
    code = "import sys, confidence_neurons; print(*sys.modules, sep='\\n')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(HEAVY).isdisjoint(done.stdout.split())


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == cn.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)[0] == cn.__version__
