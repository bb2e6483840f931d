"""Sphinx extension: the pages of the API reference, written from `__all__` and the docstrings.

A page named in `PAGES` ends with every public name of its module: in sections
by the module that a name lives in, each section with an overview and then the
names in full. The page itself holds no more than an introduction.
"""

import re
from collections.abc import Iterator
from importlib import import_module
from inspect import isclass, isroutine
from types import ModuleType

from sphinx.application import Sphinx
from sphinx.domains.python._object import PyObject
from sphinx.errors import ExtensionError

PAGES = {
    "api": "confidence_neurons",
    "api-charts": "confidence_neurons.charts",
    "api-induction": "confidence_neurons.induction",
    "api-exercises": "confidence_neurons.exercises",
}
SECTIONS = {
    "Models": ("confidence_neurons.model",),
    "Text": ("confidence_neurons.text", "confidence_neurons.weights.counts"),
    "A text through a network": (
        "confidence_neurons.model.state",
        "confidence_neurons.measure.interventions",
    ),
    "What the output says": (
        "confidence_neurons.measure.outputs",
        "confidence_neurons.measure.calibration",
    ),
    "What the weights say": ("confidence_neurons.weights",),
    "What neurons do": ("confidence_neurons.engine", "confidence_neurons.measure"),
    "Groups of neurons": ("confidence_neurons.groups",),
    "Charts": (
        "confidence_neurons.charts.bands",
        "confidence_neurons.charts.bars",
        "confidence_neurons.charts.dots",
        "confidence_neurons.charts.neurons",
        "confidence_neurons.charts.stepper",
    ),
    "Axes, controls and theme": ("confidence_neurons.charts",),
    "Induction": ("confidence_neurons.induction",),
    "Exercises": ("confidence_neurons.exercises",),
}
# A field of a docstring after napoleon: the type with brackets, ", optional" not included.
SHAPED_TYPE = re.compile(r"^(\s*:(?:rtype|type [^:]+|vartype [^:]+): )([^`]*\[.*\])")


def public_names(module_name: str) -> list[str]:
    """Return the public names of a module that are no modules, in its own order."""
    module = import_module(module_name)
    return [name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)]


def section_of(module_name: str, name: str) -> str:
    """Return the title of the section for a name: that of the longest prefix of its home."""
    home = getattr(import_module(module_name), name).__module__
    fitting = [
        (len(prefix), title)
        for title, prefixes in SECTIONS.items()
        for prefix in prefixes
        if f"{home}.".startswith(f"{prefix}.")
    ]
    if not fitting:
        raise ExtensionError(
            f"expected a section of the API reference for {name}, which lives in {home}: "
            "add the module to SECTIONS in book/_ext/api_reference.py"
        )
    return max(fitting)[1]


def directive(module_name: str, name: str) -> str:
    """Return autodoc's directive for a name."""
    value = getattr(import_module(module_name), name)
    kind = "class" if isclass(value) else "function" if isroutine(value) else "data"
    members = "\n   :members:" if kind == "class" else ""
    return f".. auto{kind}:: {module_name}.{name}{members}\n"


def reference(module_name: str) -> Iterator[str]:
    """Yield the blocks of a page: headings in Markdown, what autodoc fills in as directives."""
    names = public_names(module_name)
    sections = {name: section_of(module_name, name) for name in names}
    for title in SECTIONS:
        here = [name for name in names if sections[name] == title]
        if here:
            overview = [".. autosummary::", "   :nosignatures:", ""]
            overview += [f"   ~{module_name}.{name}" for name in here]
            directives = [directive(module_name, name) for name in here]
            yield f"## {title}"
            yield "\n".join(["```{eval-rst}", *overview, "", *directives, "```"])


def write_reference(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the reference to a page when Sphinx reads it."""
    if docname in PAGES:
        source[0] = "\n\n".join([source[0], *reference(PAGES[docname])])


def write_types_as_code(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    """Mark shapes, as in `Float[Tensor, "*batch d_vocab"]`, as code: a star is no emphasis."""
    lines[:] = [SHAPED_TYPE.sub(r"\1``\2``", line) for line in lines]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    for field in PyObject.doc_field_types:
        if field.name == "variable":
            field.label = "Attributes"  # as in the docstrings
    app.connect("source-read", write_reference)
    app.connect("autodoc-process-docstring", write_types_as_code, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
