"""Directives for the pages for teachers: each renders Markdown and has it parsed in its place.

Their argument is the name of a chapter (of the page itself where there is none),
of a plan, or of a form of the assessment.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from teaching_kit import answers, assessment, editions, kit, plans

STYLE = "teach.css"
FOLDER = "teach"  # of the pages, and in the site's static files
RENDERERS: dict[str, Callable[[str], Iterator[str]]] = {
    "teach-overview": lambda page: kit.overview(),
    "teach-about": kit.about,
    "teach-timing": kit.timing,
    "teach-misconceptions": kit.misconceptions,
    "course-plan": plans.plan,
    "answers": answers.answers,
    "assessment": assessment.form,
    "editions": lambda page: editions.editions(),
}


class Rendered(SphinxDirective):
    """Markdown made from the chapters and the files in `book/teach`."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the blocks; the page is read again when a source of theirs has changed."""
        for path in [*kit.TEACH.glob("*.toml"), *map(kit.path_of, kit.chapters())]:
            self.env.note_dependency(str(path))
        argument = self.arguments[0] if self.arguments else Path(self.env.docname).name
        lines = "\n\n".join(RENDERERS[self.name](argument)).splitlines()
        box = nodes.container(classes=[self.name])
        self.state.nested_parse(StringList(lines, self.env.docname), self.content_offset, box)
        return [box]


def write_style(app: Sphinx) -> None:
    """Put the style sheet of these pages into a folder that is loaded on no page by itself."""
    if app.builder.format == "html":
        folder = Path(app.outdir) / "_static" / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).parent / STYLE, folder)


def load_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Have the pages for teachers load it."""
    if pagename.startswith(f"{FOLDER}/"):
        app.add_css_file(f"{FOLDER}/{STYLE}")


def register(app: Sphinx) -> None:
    """Register the directives and the style sheet with Sphinx."""
    for name in RENDERERS:
        app.add_directive(name, Rendered)
    app.connect("builder-inited", write_style)
    app.connect("html-page-context", load_style)
