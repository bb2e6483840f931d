"""Sphinx extension: the buttons that lead from a page to Colab and to the repository.

Both are there where the project has an address alone: `make address` writes it
into `_config.yml`. Colab opens the student edition of a chapter, at a release.
"""

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

EDITIONS = "editions/student"  # in the book's folder
ICONS = {"github": "fab fa-github", "gitlab": "fab fa-gitlab"}


def take_repository(app: Sphinx, config: Config) -> None:
    """Keep the address of the repository from the theme, which knows few hosts of such."""
    config.repository_address = config.html_theme_options.pop("repository_url", "")


def launch_button(address: str, page: str) -> dict[str, str]:
    """Return the button that opens a chapter in Colab."""
    return {
        "type": "link",
        "url": f"{address}/{page}.ipynb",
        "icon": "fas fa-rocket",
        "tooltip": "Open in Colab",
        "text": "",
        "label": "launch-button",
    }


def repository_button(address: str) -> dict[str, str]:
    """Return the button that leads to the repository."""
    host = next((name for name in ICONS if name in address), None)
    return {
        "type": "link",
        "url": address,
        "icon": ICONS[host] if host else "fas fa-code-branch",
        "tooltip": "Source repository",
        "text": "",
        "label": "source-repository-button",
    }


def add_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the buttons first of a page's buttons."""
    buttons = []
    edition = Path(app.srcdir, EDITIONS, f"{pagename}.ipynb")
    if app.config.launch_address and edition.is_file():
        buttons.append(launch_button(app.config.launch_address, pagename))
    if app.config.repository_address.startswith("https://"):
        buttons.append(repository_button(app.config.repository_address))
    context["header_buttons"][:0] = buttons


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("launch_address", "", "html", str)
    app.add_config_value("repository_address", "", "html", str)
    app.connect("config-inited", take_repository)
    app.connect("html-page-context", add_buttons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
