"""Sphinx extension: what a page says of itself to search engines and where its link is shared."""

import re
from html import escape, unescape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

DESCRIPTION = (
    "An executable book on how language models regulate their confidence: "
    "entropy neurons, token frequency neurons and the final scale."
)
LONGEST = 200
TAG = re.compile(r"<[^>]+>")
PICTURE = "_static/pictures/card.png"
PICTURE_SIZE = (1200, 630)
PICTURE_SAYS = (
    "Bars of a language model's next-token distribution, sharp on the left and flat on the right; "
    "their order is the same."
)


def description_of(doctree: nodes.document | None) -> str:
    """Return the first paragraph of a page, cut after a word; of a page without one, the book's."""
    if doctree is None:
        return DESCRIPTION
    texts = (" ".join(node.astext().split()) for node in doctree.findall(nodes.paragraph))
    first = next((text for text in texts if text), DESCRIPTION)
    if len(first) <= LONGEST:
        return first
    return first[:LONGEST].rpartition(" ")[0].rstrip(",;:") + " \N{HORIZONTAL ELLIPSIS}"


def tags(title: str, description: str, address: str, page: str) -> str:
    """Return the page's description and its Open Graph tags; where it is, if the site has one."""
    properties = {
        "og:type": "website",
        "og:site_name": "Confidence Regulation Neurons",
        "og:title": title,
        "og:description": description,
    }
    named = {"description": description}
    canonical = ""
    if address:
        here = f"{address}/{page}.html"
        properties |= {"og:url": here} | picture(address)
        named["twitter:card"] = "summary_large_image"
        canonical = f'\n<link rel="canonical" href="{escape(here)}" />'
    metas = "\n".join(
        f'<meta {kind}="{name}" content="{escape(value)}" />'
        for kind, values in (("name", named), ("property", properties))
        for name, value in values.items()
    )
    return metas + canonical


def picture(address: str) -> dict[str, str]:
    """Return the Open Graph properties of the picture that a link to a page shows."""
    width, height = PICTURE_SIZE
    return {
        "og:image": f"{address}/{PICTURE}",
        "og:image:type": "image/png",
        "og:image:width": str(width),
        "og:image:height": str(height),
        "og:image:alt": PICTURE_SAYS,
    }


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Put the tags into the page's head."""
    title = unescape(TAG.sub("", context.get("title") or "")) or app.config.project
    said = tags(title, description_of(doctree), app.config.site_address, pagename)
    context["metatags"] = f"{context.get('metatags', '')}\n{said}\n"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_config_value("site_address", "", "html", str)
    app.connect("html-page-context", describe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
