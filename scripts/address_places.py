"""Where the address of the project stands, and what stands there while it has none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

CAPTURED = r"[^\s\"'<>()]+"  # what may stand for a field when a place is looked for


@dataclass(frozen=True)
class Place:
    """A place in a file: its texts, from that without an address to the fullest.

    A text names the fields of an address that it needs, in braces. An address that
    is not on the web, or not on GitHub, lacks some: then a text before it is taken.
    """

    file: str
    texts: tuple[str, ...]

    def text(self, fields: Mapping[str, str]) -> str:
        """Return what stands here with these fields of an address; none: no address."""
        fitting = [text for text in self.texts if needs(text) <= set(fields)]
        return fitting[-1].format_map(fields)

    def written(self, content: str, fields: Mapping[str, str]) -> str:
        """Return the content of the file with the text for these fields in its place."""
        found = list(self.pattern.finditer(content))
        if len(found) != 1:
            raise ValueError(
                f"expected in {self.file} once one of the texts\n{self._choices()}\n"
                f"got {len(found)}: put the first of them where the address belongs, "
                "or change the place in scripts/address_places.py"
            )
        start, end = found[0].span()
        return content[:start] + self.text(fields) + content[end:]

    @property
    def pattern(self) -> re.Pattern[str]:
        """What this place looks like, whichever address is in it: the fullest text first."""
        return re.compile("|".join(_pattern(text) for text in reversed(self.texts)))

    def _choices(self) -> str:
        return "\n".join(f"  {text!r}" for text in self.texts)


def needs(text: str) -> set[str]:
    """Return the names of the fields in a text."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def _pattern(text: str) -> str:
    parts = Formatter().parse(text)
    return "".join(re.escape(literal) + (CAPTURED if name else "") for literal, name, _, _ in parts)


def _guard(file: str) -> Place:
    """Return the place of a workflow that runs in the project's own repository alone."""
    start = "    if: github.repository == "
    return Place(f".github/workflows/{file}", (f"{start}''\n", f"{start}'{{slug}}'\n"))


PLACES = (
    Place("_config.yml", ('repository:\n  url: ""\n', "repository:\n  url: {repository}\n")),
    Place(
        "_config.yml",
        (
            "  config:\n    add_module_names: false\n",
            "  config:\n    site_address: {site}\n    launch_address: {launch}\n"
            "    add_module_names: false\n",
        ),
    ),
    Place(
        "README.md",
        (
            "# Confidence Regulation Neurons\n\nAn executable book",
            "# Confidence Regulation Neurons\n\n[Read the book]({site}/index.html) or\n"
            "[open its first chapter in Colab]({launch}/01-confidence.ipynb).\n\n"
            "An executable book",
        ),
    ),
    Place(
        "README.md",
        (
            "Each chapter's first cell says what is at hand, or what to do where the library is\n"
            "missing.",
            "On the [website]({site}/index.html), each chapter has a launch button (the rocket)\n"
            "that opens it in Colab. Its first cell installs the library where it is missing.",
        ),
    ),
    Place(
        "CITATION.cff",
        (
            "license: [MIT, CC-BY-4.0]\n",
            'license: [MIT, CC-BY-4.0]\nrepository-code: "{page}"\n',
            'license: [MIT, CC-BY-4.0]\nrepository-code: "{page}"\nurl: "{site}/index.html"\n',
        ),
    ),
    Place(
        "LICENSE-text",
        (
            '"Confidence Regulation Neurons" by the confidence-neurons authors, CC-BY-4.0.\n',
            '"Confidence Regulation Neurons" by the confidence-neurons authors,\n'
            "    {page}, CC-BY-4.0.\n",
        ),
    ),
    Place(
        "pyproject.toml",
        (
            "\n[project.scripts]\n",
            '\n[project.urls]\nRepository = "{page}"\n\n[project.scripts]\n',
            '\n[project.urls]\nHomepage = "{site}/index.html"\nRepository = "{page}"\n'
            'Changelog = "{files}/CHANGELOG.md"\n\n[project.scripts]\n',
        ),
    ),
    Place(
        "book/index.md",
        (
            "Install the package once and work offline:",
            "Open a chapter in Colab with the rocket at the top of its page, such as the "
            "[first]({launch}/01-confidence.ipynb), or install the package once and work offline:",
        ),
    ),
    Place(
        "book/index.md",
        (
            "its code or its models, give its title and the version",
            "its code or its models, give the address of the [repository]({page}) and the version",
        ),
    ),
    Place(
        "book/command.md",
        (
            "there is a workflow, in the project's folder `workflows/scan`.",
            "there is a [workflow]({files}/workflows/scan).",
        ),
    ),
    Place(
        "book/09-training-dynamics.ipynb",
        (
            "can be followed with the project's workflow (`workflows/scan`): its",
            "can be followed with the project's [workflow]({files}/workflows/scan): its",
        ),
    ),
    _guard("pages.yml"),
    _guard("release.yml"),
    _guard("weekly.yml"),
    Place(
        ".github/ISSUE_TEMPLATE/config.yml",
        (
            "blank_issues_enabled: true\n",
            "blank_issues_enabled: true\ncontact_links:\n  - name: The book\n"
            "    url: {site}/index.html\n    about: Chapters, glossary and reference\n",
        ),
    ),
)
